/** A signed question and what its answer says about the key. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readKeyRights } from '../../../connector/bybit/rest-key.ts';
import { signedHeaders } from '../../../connector/bybit/sign.ts';
import { unixMs } from '../../../shared/time.ts';

it('signs moment, key, window and query as they are sent; the digest was made by another program', () => {
  const query = 'category=option&symbol=BTC-29JUL22-25000-C';
  assert.deepEqual(signedHeaders({ key: 'key', secret: 'secret' }, query, unixMs(1_658_384_314_791.9)), {
    'X-BAPI-API-KEY': 'key',
    'X-BAPI-TIMESTAMP': '1658384314791',
    'X-BAPI-RECV-WINDOW': '5000',
    'X-BAPI-SIGN': '8ee00e5ba4e77198454b6e37e87c0977b9f8af4e1e1722f88fcd538232e43f64',
  });
});

const said = {
  readOnly: 0,
  permissions: { Spot: ['SpotTrade'], Wallet: ['Withdraw', 'AccountTransfer'], Options: [] },
  ips: ['203.0.113.7'],
  expiredAt: '2026-12-01T00:00:00Z',
};

it('reads what a key may do', () => {
  assert.deepEqual(readKeyRights(said), {
    ok: true,
    value: {
      readOnly: false,
      permissions: ['Spot.SpotTrade', 'Wallet.AccountTransfer', 'Wallet.Withdraw'],
      canWithdraw: true,
      ips: ['203.0.113.7'],
      expiresAt: Date.UTC(2026, 11, 1),
    },
  });
  const bound = readKeyRights({ ...said, readOnly: 1, ips: ['*'], expiredAt: '1970-01-01T00:00:00Z' });
  assert.ok(bound.ok);
  assert.deepEqual([bound.value.canWithdraw, bound.value.ips, bound.value.expiresAt], [false, [], undefined]);
});

it('does not guess when the answer says nothing of it', () => {
  for (const result of [null, {}, { permissions: 'all' }]) assert.equal(readKeyRights(result).ok, false);
});
