/** What messages show of a text that somebody wrote: enough to find it, and no password. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { readStreamOptions } from '../../../connector/stream-options.ts';
import { parseEnvText } from '../../../shared/settings/env-text.ts';
import { checkNames } from '../../../shared/settings/known-names.ts';
import { cited, withoutLogin } from '../../../shared/settings/words.ts';

describe('the login in a URL', () => {
  for (const [url, shown] of [
    ['https://user:hunter2@host/path', 'https://[censored]@host/path'],
    ['wss://u:hunter2@[bad', 'wss://[censored]@[bad'],
    ['https://hunter2@host', 'https://[censored]@host'],
    // What is wrong in it may be the very reason why it is shown.
    ['https://u:hun@ter2@host', 'https://[censored]@host'],
    ['https://u:hunter2/#?x@host', 'https://[censored]@host'],
    ['https://u:hunter 2@host', 'https://[censored]@host'],
    ['https:/u:hunter2@host', 'https:/[censored]@host'],
    ['//u:hunter2@host', '//[censored]@host'],
    ['u:hunter2@host', 'u:[censored]@host'],
    [`https://u:${'hunter2'.repeat(20)}@host`, 'https://[censored]@host'],
  ] as const) {
    it(`is not shown of ${shown}`, () => {
      assert.equal(withoutLogin(url), shown);
      assert.equal(cited({ name: 'URL', text: url }), `URL=${JSON.stringify(shown)}`);
    });
  }

  it('is not missed where there is none', () => {
    for (const text of [
      'wss://stream.bybit.com/v5/public/linear',
      'BTC@USDT',
      './data',
      'linear:BTCUSDT',
      '',
    ])
      assert.equal(withoutLogin(text), text);
  });

  it('is shown by no message of a connector that is started by hand', () => {
    const env = {
      BYBIT_REST_BASE_URL: 'ftp://user:hunter2@h',
      SPOT_WEBSOCKET_URL: 'wss://u:hunter2@[bad',
      BYBIT_WEBSOCKET_PUBLIC_URL: 'http://u:hunter2@host',
    };
    assert.throws(
      () => readStreamOptions({}, env, []),
      (error: Error) =>
        !error.message.includes('hunter2') && Object.keys(env).every((name) => error.message.includes(name)),
    );
  });
});

describe('a line of .env that is no name but a secret ending in "="', () => {
  it('is not shown, neither as unknown nor as set twice', () => {
    const secret = 'c2VjcmV0LWtleQ';
    const file = parseEnvText('.env', `${secret}=\n${secret}==\nOTHER_NAME=1\n`, parseEnv);
    const findings = { problems: [...file.problems], warnings: [] };
    checkNames({}, file.values, findings);
    const told = [...findings.problems, ...findings.warnings].join('\n');
    assert.doesNotMatch(told, /2VjcmV0/);
    assert.match(told, /a name that begins with "c2" is set twice \(lines 1 and 2\)/);
    assert.match(told, /\.env sets a name that begins with "c2", which towline does not know/);
    assert.match(told, /\.env sets OTHER_NAME, which/);
  });

  it('does not hide a name that is only spelt otherwise', () => {
    const findings = { problems: [], warnings: [] };
    checkNames({}, { bybit_api_keyy: '' }, findings);
    assert.match(findings.problems.join(), /\.env sets bybit_api_keyy, .* BYBIT_API_KEY was probably meant/);
  });
});
