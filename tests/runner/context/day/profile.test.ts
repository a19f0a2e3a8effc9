/** Profiles in which klines stand in for trades: their volume spread over bins, together with what trades told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import { largestBins } from '../../../../runner/context/day/bin-list.ts';
import { edgeOf, parseBinSize } from '../../../../runner/context/day/bin-size.ts';
import { profileOf, type VolumeRange } from '../../../../runner/context/day/profile.ts';
import { TradeSums } from '../../../../runner/context/day/trade-sums.ts';
import { naiveArea, naiveBins, OF, tradeAt } from './naive.ts';

const tick = parseBinSize('0.1') ?? assert.fail();
const price = (ticks: number): number => ticks / 10;

/** Trades and ranges whose volumes are parts of two, so that doubles add them exactly in any order. */
const trade = fc.tuple(fc.integer({ min: 1_000, max: 1_040 }), fc.integer({ min: 1, max: 64 }));
const range = fc.tuple(
  fc.integer({ min: 1_000, max: 1_040 }),
  fc.constantFrom(1, 2, 4, 8, 16),
  fc.integer({ min: 1, max: 64 }),
);

describe('klines in a profile', () => {
  it('are as if each had traded evenly in all bins of its range', () => {
    const rows = { size: 'max', maxLength: 12 } as const;
    fc.assert(
      fc.property(fc.array(trade, rows), fc.array(range, { ...rows, minLength: 1 }), (trades, klines) => {
        const sums = new TradeSums(OF);
        const told = trades.map(([ticks, qty]) => tradeAt(1, price(ticks), qty));
        for (const one of told) sums.add(one);
        const ranges = klines.map(
          ([ticks, bins, volume]): VolumeRange => ({
            low: price(ticks),
            high: price(ticks + bins - 1),
            volume,
          }),
        );
        const spread = klines.flatMap(([ticks, bins, volume]) =>
          Array.from({ length: bins }, (_, step) => tradeAt(1, price(ticks + step), volume / bins)),
        );
        const area = naiveArea(naiveBins([...told, ...spread], '0.1'));
        assert.ok(area !== undefined);
        const { poc, vah, val, size } = profileOf(sums.profile, tick, ranges);
        assert.deepEqual(
          { poc, vah, val },
          { poc: edgeOf(area.poc, tick), vah: edgeOf(area.vah, tick), val: edgeOf(area.val, tick) },
        );
        assert.equal(size.text, '0.1');
      }),
      { numRuns: 150 },
    );
  });

  it('leave no traces of rounding between them, which would count as bins that traded', () => {
    const between = (low: number, high: number, volume: number): VolumeRange => ({ low, high, volume });
    // In doubles 0.1 + 0.2 - 0.1 - 0.2 is not 0.
    const ranges = [
      between(100, 100, 0.1),
      between(100, 100.1, 0.4),
      between(101, 101, 0.25),
      between(99, 99, 0.2),
    ];
    const { poc, vah, val } = profileOf(new TradeSums(OF).profile, tick, ranges);
    assert.deepEqual({ poc, vah, val }, { poc: 100, vah: 101, val: 100 });
  });

  it('say nothing of who bought: the largest bins are of trades alone', () => {
    const sums = new TradeSums(OF);
    sums.add(tradeAt(1, 100, 1, 'sell'));
    const { bins } = profileOf(sums.profile, tick, [{ low: 90, high: 90, volume: 50 }]);
    assert.deepEqual(largestBins(bins, 20), [{ price: 100, volume: 1, buy_vol: 0, sell_vol: 1, rank: 1 }]);
  });
});

describe('volumes beyond what a double holds', () => {
  it('are compared and added exactly', () => {
    const sums = new TradeSums(OF);
    const large = 9e17;
    for (const [ticks, qty] of [
      [1_000, large],
      [1_001, large],
      [1_001, 1e-12],
      [999, large],
    ] as const)
      sums.add(tradeAt(1, price(ticks), qty));
    const { poc, bins } = profileOf(sums.profile, tick, []);
    assert.equal(bins.kind, 'big');
    assert.equal(poc, 100.1, 'more by one part in 10^29');
    const [largest] = largestBins(bins, 1);
    assert.equal(largest?.price, 100.1);
    assert.equal(sums.totals(tick).volume, new Big('2.7e18').plus('1e-12').toFixed());
  });
});
