import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFor } from '../../../shared/settings/proxy.ts';

test('a proxy serves encrypted addresses that NO_PROXY does not except', () => {
  const env = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: '.internal, bytick.com' };
  assert.equal(proxyFor('wss://stream.bybit.com/v5', env), 'http://proxy:3128');
  assert.equal(proxyFor('ws://127.0.0.1:8765/v5', env), undefined);
  assert.equal(proxyFor('wss://a.internal/', env), undefined);
  assert.equal(proxyFor('https://api.bytick.com', env), undefined);
  assert.equal(proxyFor('https://api.bybit.com', env), 'http://proxy:3128');
  assert.equal(proxyFor('wss://stream.bytick.com/', env), undefined);
  assert.equal(proxyFor('wss://stream.bybit.com/v5', { ...env, NO_PROXY: '*' }), undefined);
});
