/** The sums of a day are exact: they equal those of big.js, added up one by one, for prices and quantities of every size. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import type { DayTotals } from '../../../../shared/day-totals.ts';
import { dayTotalsSchema, emptyDayTotals } from '../../../../shared/day-totals.ts';
import { type CacheWorld, cacheWorld, date, linearKey, midnight } from './cache-world.ts';
import { linesOf, recorded } from './lines.ts';

const session = 8 * 3_600_000;
const hour = 3_600_000;

/** The plain way: every row once, all decimals. */
function naive(rows: readonly TradeRow[], binSize: string): DayTotals {
  const sum = (of: (row: TradeRow) => Big, which: (row: TradeRow) => boolean = () => true): string =>
    rows
      .filter(which)
      .reduce((total, row) => total.plus(of(row)), new Big(0))
      .toFixed();
  const qty = (row: TradeRow): Big => new Big(String(row.qty));
  const price = (row: TradeRow): Big => new Big(String(row.price));
  const isBuy = (row: TradeRow): boolean => row.side === 'buy';
  const isEarly = (row: TradeRow): boolean => row.timestamp < midnight + session;
  const opening = rows.filter((row) => !isEarly(row) && row.timestamp < midnight + session + 600_000);
  const bins = new Map<number, TradeRow[]>();
  for (const row of rows) {
    const index = Number(price(row).div(binSize).round(0, Big.roundDown).toFixed());
    bins.set(index, [...(bins.get(index) ?? []), row]);
  }
  const place = (row: TradeRow | undefined) =>
    row === undefined ? null : { timestamp: row.timestamp, price: row.price, id: row.id };
  const inOrder = rows.toSorted((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1));
  const most = (list: readonly TradeRow[], pick: (...values: number[]) => number): number | null =>
    list.length === 0 ? null : pick(...list.map((row) => row.price));
  const volume = (list: readonly TradeRow[], buy: boolean): string =>
    list
      .filter((row) => isBuy(row) === buy)
      .reduce((total, row) => total.plus(qty(row)), new Big(0))
      .toFixed();
  return {
    ...emptyDayTotals({ category: 'linear', symbol: 'BTCUSDT', date, bin_size: binSize }),
    trades: rows.length,
    volume: sum(qty),
    notional: sum((row) => price(row).times(qty(row))),
    squares: sum((row) => price(row).times(price(row)).times(qty(row))),
    buy_volume: sum(qty, isBuy),
    sell_volume: sum(qty, (row) => !isBuy(row)),
    pre_market_buy_volume: sum(qty, (row) => isEarly(row) && isBuy(row)),
    pre_market_sell_volume: sum(qty, (row) => isEarly(row) && !isBuy(row)),
    high: most(rows, Math.max),
    low: most(rows, Math.min),
    opening_high: most(opening, Math.max),
    opening_low: most(opening, Math.min),
    first: place(inOrder[0]),
    last: place(inOrder.at(-1)),
    bins: [...bins]
      .toSorted((a, b) => a[0] - b[0])
      .map(([index, list]) => [index, volume(list, true), volume(list, false)]),
  };
}

// Division of big.js must not round: bins are floor(price / size).
Big.DP = 60;

async function store(world: CacheWorld, rows: readonly TradeRow[]): Promise<void> {
  assert.ok((await world.store.clear(linearKey)).ok);
  const report = await world.store.appendLines(linesOf(world, [rows]));
  assert.ok(report.ok, JSON.stringify(report));
}

async function requireTotals(
  world: CacheWorld,
  rows: readonly TradeRow[],
  binSize: string,
  [from, to]: readonly [number, number] = [0, 24 * hour],
): Promise<void> {
  const span = { from: midnight + from, to: midnight + to };
  const totals = await world.store.dayTotals(linearKey, binSize, span);
  assert.ok(totals.ok, JSON.stringify(totals));
  const inSpan = rows.filter(({ timestamp }) => timestamp >= span.from && timestamp < span.to);
  assert.deepEqual(totals.value, naive(inSpan, binSize));
  assert.ok(dayTotalsSchema.safeParse(totals.value).success);
}

/** Numbers of at most `digits` significant digits: between 10^-`decimals` and 10^(digits - decimals). */
function decimals(digits: number, most: number): fc.Arbitrary<number> {
  return fc
    .record({
      mantissa: fc.bigInt({ min: 1n, max: 10n ** BigInt(digits) - 1n }),
      places: fc.nat({ max: most }),
    })
    .map(({ mantissa, places }) => Number(`${mantissa}e-${places}`));
}

const scales: Readonly<
  Record<
    string,
    { readonly price: fc.Arbitrary<number>; readonly qty: fc.Arbitrary<number>; readonly bin: string }
  >
> = {
  'of a bitcoin': { price: decimals(7, 1), qty: decimals(6, 3), bin: '0.1' },
  'of a coin that costs nothing': { price: decimals(4, 11), qty: decimals(15, 2), bin: '0.0000001' },
  'of 15 digits': { price: decimals(15, 4), qty: decimals(15, 4), bin: '0.25' },
  'of 15 digits behind the point': { price: decimals(15, 15), qty: decimals(15, 15), bin: '0.5' },
  'of any doubles': {
    price: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    qty: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    bin: '0.001',
  },
};

/** Times at which the sums part, and any others. */
const times = fc.oneof(
  fc.constantFrom(0, session - 1, session, session + 599_999, session + 600_000, 24 * hour - 1),
  fc.nat({ max: 24 * hour - 1 }),
);

describe('the sums of a day', () => {
  for (const [title, { price, qty, bin }] of Object.entries(scales))
    it(`are exact for prices and quantities ${title}`, async (t) => {
      const world = cacheWorld(t);
      const trade = fc.record({
        at: times,
        price,
        qty,
        side: fc.constantFrom('buy' as const, 'sell' as const),
      });
      const cut = fc.tuple(times, times).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
      await fc.assert(
        fc.asyncProperty(
          fc.array(trade, { minLength: 1, maxLength: 60, size: 'max' }),
          cut,
          async (made, part) => {
            const rows = made
              .map(({ at, ...row }, index) => recorded(at, { ...row, seq: null, id: `t${index}` }))
              .toSorted((a, b) => a.timestamp - b.timestamp);
            await store(world, rows);
            await requireTotals(world, rows, bin);
            await requireTotals(world, rows, bin, part);
          },
        ),
        { numRuns: process.env['PROVE'] === undefined ? 2 : 200 },
      );
    });

  it('do not overflow where 128 bits would: squares of the largest numbers', async (t) => {
    const world = cacheWorld(t);
    const rows = Array.from({ length: 50 }, (_, index) =>
      recorded(index, { price: 999_999_999_999_999, qty: 999_999_999_999_999 }),
    );
    await store(world, rows);
    await requireTotals(world, rows, '1000000000');
  });

  it('are exact on both sides of 64 bits', async (t) => {
    const world = cacheWorld(t);
    // p * p * q and p * q, with p and q as integers, are just below 2^63 and just above it.
    for (const [price, qty] of [
      [2_097_151, 2_097_151],
      [2_097_152, 2_097_152],
      [3_037_000_499, 3_037_000_500],
      [3_037_000_500, 3_037_000_500],
    ] as const) {
      const rows = Array.from({ length: 9 }, (_, index) =>
        recorded(index, { price: price - (index % 2), qty }),
      );
      await store(world, rows);
      await requireTotals(world, rows, '1000');
    }
  });

  it('put a price at the edge of a bin into it: 101.505 is in 101.5, 0.3 in 0.3', async (t) => {
    const world = cacheWorld(t);
    const rows = [101.505, 0.3, 0.7, 101.6].map((price, index) => recorded(index, { price }));
    await store(world, rows);
    const totals = await world.store.dayTotals(linearKey, '0.1');
    assert.ok(totals.ok);
    assert.deepEqual(
      totals.value.bins.map(([index]) => index),
      [3, 7, 1_015, 1_016],
    );
    await requireTotals(world, rows, '0.1');
  });

  it('name of the first and the last millisecond the smallest and the largest id, wherever they are in the file', async (t) => {
    const world = cacheWorld(t);
    // The second price has more digits than the database adds up.
    for (const price of [93_500.1, 1 / 3]) {
      const ids = ['t9', 't10', 't8', 'Z', 'a', 'a1'];
      const rows = [5, 9].flatMap((at) => ids.map((id) => recorded(at, { price, id: `${id}-${at}` })));
      await store(world, rows);
      const totals = await world.store.dayTotals(linearKey, '0.1');
      assert.ok(totals.ok);
      assert.deepEqual([totals.value.first?.id, totals.value.last?.id], ['Z-5', 't9-9']);
      await requireTotals(world, rows, '0.1');
      await requireTotals(world, rows, '0.1', [6, 10]);
    }
  });

  it('of a span without trades are empty, and those of a day that is not stored are refused', async (t) => {
    const world = cacheWorld(t);
    await store(world, [recorded(5)]);
    await requireTotals(world, [], '0.1', [6, 7]);
    await requireTotals(world, [], '0.1', [-hour, 0]);
    await requireTotals(world, [recorded(5)], '0.1', [-hour, 30 * hour]);
    const none = await world.store.dayTotals({ ...linearKey, date: '2026-08-02' }, '0.1');
    assert.ok(!none.ok && none.failure.code === 'not_stored');
  });

  it('need bins that can be numbered', async (t) => {
    const world = cacheWorld(t);
    await store(world, [recorded(1, { price: 1e9 })]);
    for (const binSize of ['0', '', '0.10', '-1', '1e-7', 'tick', '0.0000001']) {
      const totals = await world.store.dayTotals(linearKey, binSize);
      assert.ok(!totals.ok && totals.failure.code === 'bin_size_wrong', binSize);
    }
  });

  it('are of what is stored now, also after it has grown', async (t) => {
    const world = cacheWorld(t);
    await store(world, [recorded(1)]);
    await requireTotals(world, [recorded(1)], '0.1');
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(2)]]))).ok);
    await requireTotals(world, [recorded(1), recorded(2)], '0.1');
  });

  it('are of one file, also while it is being replaced', async (t) => {
    const world = cacheWorld(t);
    await store(world, [recorded(0)]);
    let rows = 1;
    const growing = (async () => {
      for (let at = 1; at < 8; at += 1) {
        const report = await world.store.appendLines(linesOf(world, [[recorded(at)]]));
        assert.ok(report.ok);
        rows = report.value.manifest.rows;
      }
    })();
    while (rows < 8) {
      const totals = await world.store.dayTotals(linearKey, '0.1');
      assert.ok(totals.ok, JSON.stringify(totals));
      const { trades, volume, last, bins } = totals.value;
      assert.deepEqual(
        [volume, last?.id, bins],
        [String(trades / 4), `id-${trades - 1}`, [[935_001, volume, '0']]],
      );
    }
    await growing;
  });
});
