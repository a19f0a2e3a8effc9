/** Which REST interface a connector asks: never one whose prices are not those of its sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environ } from '../../../connector/settings.ts';
import { readStreamOptions } from '../../../connector/stream-options.ts';

function restUrl(environment: string, env: Environ = {}, url?: string): string | undefined {
  return readStreamOptions({ environment, ...(url === undefined ? {} : { url }) }, env, []).restUrl;
}

test("without another word it is the environment's own", () => {
  assert.equal(restUrl('mainnet'), 'https://api.bybit.com');
  assert.equal(restUrl('testnet'), 'https://api-testnet.bybit.com');
  assert.equal(restUrl('simulated'), 'http://127.0.0.1:8765');
});

test('BYBIT_REST_BASE_URL names another one; a host of another network, and what is no base, are refused', () => {
  const named = (environment: string, text: string) => restUrl(environment, { BYBIT_REST_BASE_URL: text });
  assert.equal(named('mainnet', 'https://api.bytick.com/'), 'https://api.bytick.com');
  assert.equal(named('mainnet', 'http://127.0.0.1:1/base'), 'http://127.0.0.1:1/base');
  assert.throws(
    () => named('mainnet', 'https://api-testnet.bybit.com'),
    /BYBIT_REST_BASE_URL=.* is a host of Bybit's testnet, but the environment is mainnet, which needs a host of mainnet/,
  );
  assert.throws(() => named('simulated', 'https://api.bybit.com'), /needs no host of Bybit there/);
  for (const text of ['ftp://x', 'https://', 'api.bybit.com', 'https://x/?a=1', 'http://x:99999'])
    assert.throws(
      () => named('mainnet', text),
      /BYBIT_REST_BASE_URL=.* is not a http:\/\/ or https:\/\/ URL/,
      text,
    );
});

test("sockets that are not Bybit's have no REST unless it is named: Bybit's rows are not theirs", () => {
  const socket = 'ws://127.0.0.1:7777/v5/public';
  assert.equal(restUrl('mainnet', {}, socket), undefined);
  assert.equal(restUrl('mainnet', { SPOT_WEBSOCKET_URL: `${socket}/spot` }), undefined);
  assert.equal(
    restUrl('mainnet', { BYBIT_REST_BASE_URL: 'http://127.0.0.1:7777' }, socket),
    'http://127.0.0.1:7777',
  );
  assert.equal(restUrl('mainnet', {}, 'wss://stream.bytick.com/v5/public'), 'https://api.bybit.com');
});

test('a simulated exchange serves both at one address', () => {
  assert.equal(restUrl('simulated', {}, 'ws://127.0.0.1:7777/v5/public'), 'http://127.0.0.1:7777');
});
