import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import { parseBinSize } from '../../../../runner/context/day/bin-size.ts';
import {
  LIQUIDATION_MAX_AGE_MS,
  LIQUIDATION_SLICE_MS,
  LiquidationClusters,
  MAX_LIQUIDATION_SUMS,
  nearestLevels,
} from '../../../../runner/context/flow/liquidation-clusters.ts';
import type { LiquidationEvent } from '../../../../shared/events/market-events.ts';
import { unixMs } from '../../../../shared/time.ts';
import { liquidation, T0 } from '../../intake/events.ts';

const HOUR = 3_600_000;

/** By big.js: from the start of the quarter that lies a day before now. */
function naive(events: readonly LiquidationEvent[], size: number, most: number, now: number) {
  const from = Math.floor((now - LIQUIDATION_MAX_AGE_MS) / LIQUIDATION_SLICE_MS) * LIQUIDATION_SLICE_MS;
  const bins = new Map<string, { longs: Big; shorts: Big }>();
  for (const { timestamp, price, qty, position } of events) {
    if (timestamp < from) continue;
    const level = new Big(price).div(size).round(0, Big.roundDown).times(size).toString();
    const sums = bins.get(level) ?? { longs: new Big(0), shorts: new Big(0) };
    if (position === 'long') sums.longs = sums.longs.plus(qty);
    else sums.shorts = sums.shorts.plus(qty);
    bins.set(level, sums);
  }
  return [...bins]
    .map(([level, { longs, shorts }]) => ({
      price_level: Number(level),
      buy_liquidations: Number(longs),
      sell_liquidations: Number(shorts),
      total_liquidations: Number(longs.plus(shorts)),
    }))
    .toSorted((a, b) => b.total_liquidations - a.total_liquidations || a.price_level - b.price_level)
    .slice(0, most);
}

function clustersOf(width: number, most: number): LiquidationClusters {
  return new LiquidationClusters(parseBinSize(String(width)), most);
}

describe('clusters of liquidations', () => {
  it('agree with a naive sum over the last day, whatever the order', () => {
    const event = fc.record({
      offset: fc.nat(40 * HOUR),
      price: fc.integer({ min: 1, max: 3_000 }).map((tenths) => tenths / 10),
      qty: fc.integer({ min: 1, max: 99_999 }).map((thousandths) => thousandths / 1_000),
      position: fc.constantFrom('long' as const, 'short' as const),
    });
    const size = fc.constantFrom(0.1, 0.3, 1, 7, 100);
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 100, size: 'max' }),
        size,
        fc.integer({ min: 1, max: 30 }),
        (rows, binSize, most) => {
          const clusters = clustersOf(binSize, most);
          const now = unixMs(T0 + 41 * HOUR);
          const events = rows.map(({ offset, ...fields }) =>
            liquidation({ timestamp: T0 + offset, ...fields }),
          );
          for (const one of events) clusters.add(one, now);
          const told = clusters.view(undefined, now).clusters.map(({ ratio: _ratio, ...rest }) => rest);
          assert.deepEqual(told, naive(events, binSize, most, now));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('call long positions buy liquidations, and say their part', () => {
    const clusters = clustersOf(100, 20);
    const now = unixMs(T0 + 1_000);
    clusters.add(liquidation({ price: 50_099.9, qty: 3, position: 'long' }), now);
    clusters.add(liquidation({ price: 50_000, qty: 1, position: 'short' }), now);
    clusters.add(liquidation({ price: 50_100, qty: 0.5, position: 'short' }), now);
    assert.deepEqual(clusters.view(50_050, now), {
      clusters: [
        {
          price_level: 50_000,
          buy_liquidations: 3,
          sell_liquidations: 1,
          total_liquidations: 4,
          ratio: 0.75,
        },
        {
          price_level: 50_100,
          buy_liquidations: 0,
          sell_liquidations: 0.5,
          total_liquidations: 0.5,
          ratio: 0,
        },
      ],
      nearest_support: 50_000,
      nearest_resistance: 50_100,
      bin_size: 100,
      since: Math.floor((now - LIQUIDATION_MAX_AGE_MS) / LIQUIDATION_SLICE_MS) * LIQUIDATION_SLICE_MS,
      timestamp: now,
    });
  });

  it('bin without what f64 adds', () => {
    const clusters = clustersOf(0.1, 20);
    // The last is of a price that no bin is counted for.
    for (const price of [0.3, 101.505, 0.7, 1e300])
      clusters.add(liquidation({ price, qty: price }), unixMs(T0));
    assert.deepEqual(
      clusters.view(undefined, unixMs(T0)).clusters.map(({ price_level }) => price_level),
      [101.5, 0.7, 0.3],
    );
  });

  it('forget a quarter of an hour when it is a day old', () => {
    const clusters = clustersOf(100, 20);
    const start = Math.floor(T0 / LIQUIDATION_SLICE_MS) * LIQUIDATION_SLICE_MS;
    clusters.add(liquidation({ timestamp: start }), unixMs(start));
    const end = start + LIQUIDATION_SLICE_MS + LIQUIDATION_MAX_AGE_MS;
    assert.equal(clusters.view(undefined, unixMs(end - 1)).clusters.length, 1);
    assert.equal(clusters.view(undefined, unixMs(end)).clusters.length, 0);
    clusters.add(liquidation({ timestamp: start }), unixMs(end));
    assert.equal(clusters.view(undefined, unixMs(end - 1)).clusters[0]?.total_liquidations, 2, 'too late');
    clusters.add(liquidation({ timestamp: end + 10_001 }), unixMs(end));
    assert.equal(clusters.view(undefined, unixMs(end)).clusters.length, 0, 'a time that cannot be');
  });

  it('keep 1,000 sums: the oldest quarter leaves, and the answer says how far it reaches', () => {
    const clusters = clustersOf(1, 1_000);
    const now = unixMs(T0 + 3 * LIQUIDATION_SLICE_MS);
    const tell = (quarter: number, price: number) =>
      clusters.add(liquidation({ timestamp: T0 + quarter * LIQUIDATION_SLICE_MS, price }), now);
    for (let price = 1; price <= 500; price += 1) tell(1, price);
    for (let price = 501; price <= 1_000; price += 1) tell(2, price);
    assert.equal(clusters.kept, MAX_LIQUIDATION_SUMS);
    tell(0, 2_000);
    assert.equal(clusters.view(undefined, now).clusters.length, 1_000, 'older than all, and no room');
    for (let many = 0; many < 5_000; many += 1) tell(2, 600);
    assert.equal(clusters.kept, MAX_LIQUIDATION_SUMS, 'a crash takes no more room than its bins');
    tell(3, 2_000);
    const { since, clusters: left } = clusters.view(undefined, now);
    const second = Math.floor(T0 / LIQUIDATION_SLICE_MS) + 2;
    assert.deepEqual([clusters.kept, left.length, since], [501, 501, second * LIQUIDATION_SLICE_MS]);
    tell(1, 5);
    assert.equal(clusters.kept, 501, 'of a quarter that was forgotten');
    for (let price = 3_000; clusters.kept < MAX_LIQUIDATION_SUMS; price += 1) tell(3, price);
    tell(3, 10_000);
    assert.equal(clusters.kept, 501, 'the second quarter left');
    for (let price = 20_000; price < 22_000; price += 1) tell(3, price);
    assert.equal(clusters.kept, MAX_LIQUIDATION_SUMS, 'of one quarter the first bins stay');
  });

  it('take the width that suits the price where none is given', () => {
    const widths: readonly [price: number, width: number][] = [
      [100_000, 100],
      [99_999.9, 50],
      [3_000, 2],
      [1, 0.001],
      [0.000_012_3, 0.000_000_01],
      [1e-320, 1e-15],
    ];
    for (const [price, width] of widths) {
      const clusters = new LiquidationClusters(undefined, 20);
      assert.equal(clusters.view(price, unixMs(T0)).bin_size, null);
      clusters.add(liquidation({ price }), unixMs(T0));
      clusters.add(liquidation({ price: price * 3 }), unixMs(T0));
      const { bin_size, nearest_support } = clusters.view(price, unixMs(T0));
      assert.equal(bin_size, width);
      assert.ok(nearest_support !== null && price - nearest_support < width, `${nearest_support}`);
    }
  });

  it('lie at or below a price as support, above it as resistance', () => {
    const levels = [100, 300, 200, 500].map((price_level) => ({ price_level }));
    const near = (price: number | undefined) => Object.values(nearestLevels(levels, price));
    assert.deepEqual(near(250), [200, 300]);
    assert.deepEqual(near(300), [300, 500]);
    assert.deepEqual(near(99), [null, 100]);
    assert.deepEqual(near(501), [500, null]);
    assert.deepEqual(near(undefined), [null, null]);
  });
});
