import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTradeIds } from '../../../../connector/exchange/market/trade-ids.ts';

test('contract trades have UUIDs of version 5 that do not repeat', () => {
  const next = createTradeIds('linear', 'BTCUSDT', 'a');
  const ids = new Set<string>();
  for (let count = 0; count < 100_000; count += 1) ids.add(next());
  assert.equal(ids.size, 100_000);
  for (const id of [...ids].slice(0, 1000)) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('spot trades have ascending numbers of 19 digits, beyond 2^53 and within 64 bits', () => {
  for (const seed of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const next = createTradeIds('spot', 'BTCUSDT', seed);
    let last = 0n;
    for (let count = 0; count < 2000; count += 1) {
      const id = next();
      assert.match(id, /^\d{19}$/);
      assert.ok(BigInt(id) > last && BigInt(id) < 2n ** 63n);
      last = BigInt(id);
    }
  }
});

test('ids repeat with the seed and collide neither between seeds nor between markets', () => {
  const take = (category: 'linear' | 'spot' | 'inverse', symbol: string, seed: string) => {
    const next = createTradeIds(category, symbol, seed);
    return Array.from({ length: 5000 }, next);
  };
  assert.deepEqual(take('linear', 'BTCUSDT', '1'), take('linear', 'BTCUSDT', '1'));
  assert.deepEqual(take('spot', 'BTCUSDT', '1'), take('spot', 'BTCUSDT', '1'));
  const all = [
    ...take('linear', 'BTCUSDT', '1'),
    ...take('linear', 'BTCUSDT', '2'),
    ...take('linear', 'ETHUSDT', '1'),
    ...take('inverse', 'BTCUSD', '1'),
    ...take('spot', 'BTCUSDT', '1'),
    ...take('spot', 'BTCUSDT', '2'),
    ...take('spot', 'ETHUSDT', '1'),
  ];
  assert.equal(new Set(all).size, all.length);
});
