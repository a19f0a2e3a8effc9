import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEPTHS, DepthChannel } from '../../../../connector/exchange/feeds/depth-channel.ts';
import { INSTRUMENTS } from '../../../../connector/exchange/market/instruments.ts';
import { advance, createMarket, openMarket } from '../../../../connector/exchange/market/market.ts';

function openedMarket(index: number, seed: string) {
  const instrument = INSTRUMENTS[index];
  assert.ok(instrument);
  const market = createMarket(instrument, { seed, tradesPerMatch: undefined });
  openMarket(market, 1);
  return market;
}

function apply(side: Map<number, number>, levels: readonly (readonly [number, number])[]): void {
  for (const [price, size] of levels) {
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

test('snapshot plus deltas is the window of the book, exactly as deep as asked for', () => {
  fc.assert(
    fc.property(
      fc.nat(INSTRUMENTS.length - 1),
      fc.constantFrom(50, 200, 1000),
      fc.string(),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60, size: 'max' }),
      (index, depth, seed, pauses) => {
        const market = openedMarket(index, seed);
        const channel = new DepthChannel(market, depth, 1000);
        channel.publish();
        const first = channel.snapshot();
        const bids = new Map(first.bids);
        const asks = new Map(first.asks);
        let { u } = first;
        for (const steps of pauses) {
          for (let count = 0; count < steps; count += 1) advance(market, count);
          const update = channel.publish();
          if (update !== undefined) {
            assert.equal(update.kind, 'delta');
            assert.equal(update.u, u + 1);
            assert.equal(update.seq, market.seq);
            assert.ok(update.bids.length + update.asks.length > 0, 'a delta says something');
            u = update.u;
            apply(bids, update.bids);
            apply(asks, update.asks);
          }
          const best = (ladder: typeof market.book.bids) =>
            ladder
              .slice(-depth)
              .reverse()
              .map(({ price, size }) => [price, size]);
          assert.deepEqual(
            [...bids].sort(([a], [b]) => b - a),
            best(market.book.bids),
          );
          assert.deepEqual(
            [...asks].sort(([a], [b]) => a - b),
            best(market.book.asks),
          );
          assert.equal(bids.size, Math.min(depth, market.book.bids.length));
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('bids descend and asks ascend, in snapshots and in deltas', () => {
  const market = openedMarket(0, 'sorted');
  const channel = new DepthChannel(market, 200, 5);
  channel.publish();
  for (let count = 0; count < 300; count += 1) {
    for (let steps = 0; steps < 10; steps += 1) advance(market, count);
    for (const update of [channel.publish(), channel.snapshot()]) {
      if (update === undefined) continue;
      assert.ok(
        update.bids.every(([price], place) => place === 0 || price < (update.bids[place - 1]?.[0] ?? 0)),
      );
      assert.ok(
        update.asks.every(([price], place) => place === 0 || price > (update.asks[place - 1]?.[0] ?? 0)),
      );
    }
  }
});

test('level 1 speaks in snapshots only, and only when the top has changed', () => {
  const market = openedMarket(0, 'top');
  const channel = new DepthChannel(market, 1, 5);
  channel.publish();
  let top = JSON.stringify([channel.snapshot().bids, channel.snapshot().asks]);
  let { u } = channel.snapshot();
  let silent = 0;
  for (let count = 0; count < 1000; count += 1) {
    advance(market, count);
    const update = channel.publish();
    if (update === undefined) {
      silent += 1;
      continue;
    }
    assert.equal(update.kind, 'snapshot');
    assert.equal(update.u, u + 1);
    assert.equal(update.bids.length, 1);
    assert.notEqual(JSON.stringify([update.bids, update.asks]), top);
    top = JSON.stringify([update.bids, update.asks]);
    u = update.u;
  }
  assert.ok(silent > 100, 'steps away from the top are not news');
});

test('a restart starts the count at 1', () => {
  const market = openedMarket(0, 'restart');
  const channel = new DepthChannel(market, 50, 777);
  channel.publish();
  assert.equal(channel.snapshot().u, 778);
  assert.equal(channel.restart().u, 1);
  for (let count = 0; count < 50; count += 1) advance(market, count);
  assert.equal(channel.publish()?.u, 2);
});

test('the depths are those that Bybit still has', () => {
  assert.deepEqual(DEPTHS, [1, 50, 200, 1000]);
});
