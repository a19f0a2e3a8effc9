/** Secrets are cut out of any text, in the forms in which they can stand in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretCensor, secretsOf } from '../../../shared/settings/secret-texts.ts';

test('a secret is found plain, in JSON, and in JSON within JSON', () => {
  const secret = 'a"b\\c\nd€';
  const censor = secretCensor([secret]);
  const frame = JSON.stringify({ op: 'auth', args: [secret] });
  for (const text of [secret, frame, JSON.stringify({ t: 'send', frame })]) {
    const clean = censor(text);
    assert.match(clean, /\[censored\]/);
    assert.equal(/b\\*c/.test(clean), false, clean);
  }
  assert.deepEqual(JSON.parse(censor(frame)), { op: 'auth', args: ['[censored]'] });
});

test('texts that are in every other line are no secrets', () => {
  assert.equal(secretCensor(['abc', ''])('abc abcd'), 'abc abcd');
  const env = {
    ENABLE_TOKEN: 'true',
    MY_KEY: '12345',
    NO_PROXY: 'localhost',
    PATH: '/usr/bin:/bin',
    API_TOKEN: 't0ken',
  };
  assert.deepEqual(secretsOf(env), ['t0ken']);
});

test('variables of ours and of others are judged by their names, proxies with all their parts', () => {
  const env = {
    BYBIT_API_SECRET: 'secret-1',
    npm_config_password: 'secret-2',
    WEBHOOK: 'https://example.org/secret-3',
    https_proxy: 'http://joe:secret-4@127.0.0.1:1',
    REDIS_URL: 'redis://:secret-5@127.0.0.1',
    SYMBOLS: 'BTCUSDT',
  };
  const censor = secretCensor(secretsOf(env));
  const clean = censor(Object.values(env).join(' ') + Buffer.from('joe:secret-4').toString('base64'));
  assert.equal(/secret-|am9l/.test(clean), false, clean);
  assert.match(clean, /BTCUSDT/);
});
