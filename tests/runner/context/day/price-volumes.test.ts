/** Volumes by price: the bound on prices and what happens at it, and the table that finds prices. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseBinSize } from '../../../../runner/context/day/bin-size.ts';
import { PriceIndex } from '../../../../runner/context/day/price-index.ts';
import { TradeSums } from '../../../../runner/context/day/trade-sums.ts';
import { dayTrades, naiveTotals, OF, tradeAt, wildTrades } from './naive.ts';

const tick = parseBinSize('0.1') ?? assert.fail();

describe('too many prices', () => {
  it('become bins of ten times the width, without losing any volume', () => {
    fc.assert(
      fc.property(dayTrades, fc.integer({ min: 16, max: 30 }), (trades, maxPrices) => {
        const sums = new TradeSums(OF, maxPrices);
        for (const trade of trades) {
          sums.add(trade);
          assert.ok(sums.profile.count < maxPrices);
        }
        const totals = sums.totals(tick);
        assert.deepEqual(totals, naiveTotals(trades, totals.bin_size));
      }),
      { numRuns: 150 },
    );
  });

  it('become so in whatever order they come', () => {
    const shuffled = fc
      .oneof(dayTrades, wildTrades)
      .chain((trades) =>
        fc.tuple(
          fc.constant(trades),
          fc.shuffledSubarray([...trades], { minLength: trades.length, maxLength: trades.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 16, max: 60 }), ([trades, order], maxPrices) => {
        const [one, other] = [trades, order].map((list) => {
          const sums = new TradeSums(OF, maxPrices);
          for (const trade of list) sums.add(trade);
          return sums.totals(tick);
        });
        assert.deepEqual(one, other);
        assert.deepEqual(one, naiveTotals(trades, one?.bin_size ?? ''));
      }),
      { numRuns: 150 },
    );
  });

  it('is told by the width of the bins, and holds from then on', () => {
    const sums = new TradeSums(OF, 16);
    for (let step = 0; step < 15; step += 1) sums.add(tradeAt(step, 100 + step / 10));
    assert.equal(sums.totals(tick).bin_size, '0.1');
    sums.add(tradeAt(20, 101.5));
    assert.equal(sums.totals(tick).bin_size, '1');
    sums.add(tradeAt(21, 101.97));
    assert.deepEqual(sums.totals(tick).bins, [
      [100, '10', '0'],
      [101, '7', '0'],
    ]);
  });

  it('become no wider than needed, so that no order of trades makes them wider than another', () => {
    const tenths = Array.from({ length: 9 }, (_, step) => 100 + (step + 1) / 10);
    const wholes = Array.from({ length: 11 }, (_, step) => 100 + step);
    for (const prices of [
      [...tenths, ...wholes],
      [...wholes, ...tenths],
    ]) {
      const sums = new TradeSums(OF, 16);
      for (const price of prices) sums.add(tradeAt(1, price));
      assert.equal(sums.totals(tick).bin_size, '1');
    }
  });

  it('come from totals as well', () => {
    const stored = new TradeSums(OF);
    for (let step = 0; step < 100; step += 1) stored.add(tradeAt(step, 100 + step / 10));
    const sums = new TradeSums(OF, 16);
    sums.merge(stored.totals(tick));
    assert.equal(sums.totals(tick).bin_size, '1');
    assert.equal(sums.totals(tick).volume, '100');
    assert.equal(sums.totals(tick).bins.length, 10);
  });
});

describe('the index of prices', () => {
  it('gives each key one slot, in the order of their coming, and all keys sorted', () => {
    const key = fc.oneof(
      fc.integer({ min: 0, max: 200 }),
      fc.maxSafeNat(),
      fc.integer({ min: 1, max: 500 }).map((count) => count * 4_096 * 1_000_000),
    );
    fc.assert(
      fc.property(fc.array(key, { size: 'max', maxLength: 400 }), (keys) => {
        const index = new PriceIndex();
        const slots = new Map<number, number>();
        for (const one of keys) {
          const expected = slots.get(one) ?? slots.size;
          slots.set(one, expected);
          assert.equal(index.slotOf(one), expected);
        }
        assert.equal(index.count, slots.size);
        for (const [one, slot] of slots) {
          assert.equal(index.find(one), slot);
          assert.equal(index.key(slot), one);
        }
        assert.deepEqual(
          [...index.sortedFrom(0)],
          [...slots.keys()].sort((a, b) => a - b),
        );
        assert.equal(new PriceIndex().find(1), -1);
      }),
      { numRuns: 100 },
    );
  });
});
