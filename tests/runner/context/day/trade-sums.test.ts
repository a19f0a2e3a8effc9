/** Sums and levels of a day's trades against a list that is worked out with big.js, in any order and any parts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { largestBins } from '../../../../runner/context/day/bin-list.ts';
import { type BinSize, edgeOf, parseBinSize } from '../../../../runner/context/day/bin-size.ts';
import { profileOf } from '../../../../runner/context/day/profile.ts';
import { type DayTrade, TradeSums } from '../../../../runner/context/day/trade-sums.ts';
import { dayTotalsSchema } from '../../../../shared/day-totals.ts';
import { quotientNumber } from '../../../../shared/exact/quotient.ts';
import {
  big,
  dayTrades,
  HOUR,
  naiveArea,
  naiveBins,
  naiveQuotient,
  naiveTotals,
  OF,
  START,
  tradeAt,
  wildTrades,
} from './naive.ts';

function size(text: string): BinSize {
  const parsed = parseBinSize(text);
  assert.ok(parsed !== undefined);
  return parsed;
}
const tick = size('0.1');

function summed(trades: readonly DayTrade[]): TradeSums {
  const sums = new TradeSums(OF);
  for (const trade of trades) sums.add(trade);
  return sums;
}

/** All that can be asked. */
function told(sums: TradeSums, ofTick = tick) {
  const { size: _size, bins, ...levels } = profileOf(sums.profile, ofTick, []);
  return {
    totals: sums.totals(ofTick),
    levels,
    footprint: largestBins(bins, 20),
    vwap: quotientNumber(sums.notional.decimal(), sums.volume),
    vwapQuote: quotientNumber(sums.squares.decimal(), sums.notional.decimal()),
  };
}

describe('the sums of a day', () => {
  it('are those of a list of its trades, worked out exactly', () => {
    fc.assert(
      fc.property(dayTrades, fc.constantFrom('0.1', '0.5', '1', '0.25'), (trades, width) => {
        assert.deepEqual(summed(trades).totals(size(width)), naiveTotals(trades, width));
      }),
      { numRuns: 150 },
    );
  });

  it('give the levels of the definition', () => {
    fc.assert(
      fc.property(dayTrades, (trades) => {
        const { levels, vwap, vwapQuote, footprint } = told(summed(trades));
        const bins = naiveBins(trades, '0.1');
        const area = naiveArea(bins);
        const edge = (index: number | undefined) => (index === undefined ? null : edgeOf(index, tick));
        assert.deepEqual(levels, { poc: edge(area?.poc), vah: edge(area?.vah), val: edge(area?.val) });
        const { volume, notional, squares } = naiveTotals(trades, '0.1');
        assert.equal(vwap, naiveQuotient(big(notional), big(volume)));
        assert.equal(vwapQuote, naiveQuotient(big(squares), big(notional)));
        const largest = [...bins].sort((a, b) => b.volume.cmp(a.volume) || a.index - b.index).slice(0, 20);
        assert.deepEqual(
          footprint,
          largest.map(({ index, buy, sell, volume: of }, place) => ({
            price: edge(index),
            volume: Number(of.toFixed()),
            buy_vol: Number(buy.toFixed()),
            sell_vol: Number(sell.toFixed()),
            rank: place + 1,
          })),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('are the same live, in bulk, half and half, and merged from any parts in any order', () => {
    const parted = dayTrades.chain((trades) =>
      fc.record({
        trades: fc.constant(trades),
        order: fc.shuffledSubarray([...trades], { minLength: trades.length, maxLength: trades.length }),
        part: fc.array(fc.nat(3), { minLength: trades.length, maxLength: trades.length, size: 'max' }),
      }),
    );
    fc.assert(
      fc.property(parted, ({ trades, order, part }) => {
        const expected = told(summed(trades));
        assert.deepEqual(told(summed(order)), expected);
        const parts = [0, 1, 2, 3].map((number) => order.filter((_, place) => part[place] === number));
        // One part live, the others as totals: some before, some after.
        const mixed = new TradeSums(OF);
        mixed.merge(summed(parts[1] ?? []).totals(tick));
        for (const trade of parts[0] ?? []) mixed.add(trade);
        const inner = summed(parts[2] ?? []);
        inner.merge(summed(parts[3] ?? []).totals(tick));
        mixed.merge(inner.totals(tick));
        assert.deepEqual(told(mixed), expected);
      }),
      { numRuns: 150 },
    );
  });

  it('are without a trade that was taken out, once totals that have it are merged', () => {
    fc.assert(
      fc.property(dayTrades, fc.nat(80), (trades, count) => {
        const again = trades.slice(0, count);
        const sums = summed(trades);
        for (const trade of again) sums.remove(trade);
        sums.merge(summed(again).totals(tick));
        assert.deepEqual(told(sums), told(summed(trades)));
      }),
      { numRuns: 100 },
    );
  });

  it('pass from one program to another as a line, and are taken there, whatever numbers traded', () => {
    fc.assert(
      fc.property(fc.oneof(dayTrades, wildTrades), (trades) => {
        const totals = summed(trades).totals(tick);
        assert.deepEqual(dayTotalsSchema.parse(JSON.parse(JSON.stringify(totals))), totals);
      }),
      { numRuns: 60 },
    );
  });

  it('of another day or instrument are refused', () => {
    const sums = new TradeSums(OF);
    for (const other of [{ symbol: 'ETHUSDT' }, { date: '2026-08-02' }, { category: 'spot' as const }])
      assert.throws(
        () => sums.merge({ ...sums.totals(tick), ...other }),
        /are no part of linear:BTCUSDT 2026-08-01/,
      );
  });
});

describe('the tick size', () => {
  it('may become known after all trades: bins are as if it had been known', () => {
    fc.assert(
      fc.property(dayTrades, fc.constantFrom('0.01', '0.5', '10', '0.25'), (trades, width) => {
        const sums = summed(trades);
        told(sums, tick);
        assert.deepEqual(told(sums, size(width)).totals, naiveTotals(trades, width));
      }),
      { numRuns: 60 },
    );
  });

  it('cannot be finer than that of totals that were merged; what can be told is, and says so', () => {
    const sums = summed([tradeAt(HOUR, 100.25, 2)]);
    sums.merge(summed([tradeAt(HOUR, 100.37, 1)]).totals(size('0.1')));
    const { bin_size, bins } = sums.totals(size('0.01'));
    assert.deepEqual(
      { bin_size, bins },
      {
        bin_size: '0.1',
        bins: [
          [1_002, '2', '0'],
          [1_003, '1', '0'],
        ],
      },
    );
    assert.equal(sums.totals(size('0.25')).bin_size, '0.5', 'the least width that holds whole bins of both');
  });
});

describe('the ends of a span', () => {
  it('do not depend on the order in which trades of one millisecond come', () => {
    const [a, b] = [tradeAt(5, 100), tradeAt(5, 101)];
    assert.deepEqual(summed([a, b]).totals(tick), summed([b, a]).totals(tick));
    assert.equal(summed([b, a]).totals(tick).last?.id, b.id);
    assert.deepEqual(summed([b, a]).totals(tick).first, { timestamp: START + 5, price: 100, id: a.id });
  });

  it('are not changed by later trades once they were told', () => {
    const sums = summed([tradeAt(5, 100)]);
    const before = sums.totals(tick);
    sums.add(tradeAt(6, 200));
    assert.equal(before.last?.price, 100);
  });
});
