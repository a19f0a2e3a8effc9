/** History meets the live feed: nothing twice, no hole that is not told, whatever comes first. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseBinSize } from '../../../../runner/context/day/bin-size.ts';
import { MAX_EARLY } from '../../../../runner/context/day/day-state.ts';
import type { DayFigures } from '../../../../runner/context/day/figures.ts';
import { InstrumentDays } from '../../../../runner/context/day/instrument-days.ts';
import type { MinuteKline } from '../../../../runner/context/day/stand-in.ts';
import type { StoredPart } from '../../../../runner/context/day/stored-part.ts';
import { type DayTrade, TradeSums } from '../../../../runner/context/day/trade-sums.ts';
import type { GapEvent } from '../../../../shared/events/process-events.ts';
import type { Span } from '../../../../shared/spans.ts';
import { big, DATE, dayTrades, HOUR, MINUTE, OF, START, tradeAt } from './naive.ts';

const NEVER = Number.MAX_SAFE_INTEGER;
const tick = parseBinSize('0.1') ?? assert.fail();
const healed = (trade: DayTrade) => ({ ...trade, origin: 'healed' as const });

function started(at: number): InstrumentDays {
  return new InstrumentDays(OF, at, { profileTickSize: '0.1' });
}

/** Everything live since yesterday: what the others must come to. */
function sinceYesterday(trades: readonly DayTrade[], now: number): DayFigures {
  const days = started(START - HOUR);
  days.add(tradeAt(-HOUR, 1), NEVER);
  for (const trade of trades) days.add(trade, NEVER);
  days.advance(now);
  const { today, previous } = days.figures();
  return today.date === DATE ? today : previous;
}

function stored(trades: readonly DayTrade[], spans: readonly Span[]): StoredPart {
  const sums = new TradeSums(OF);
  for (const { timestamp, ...trade } of trades)
    if (spans.some(({ from, to }) => timestamp >= from && timestamp < to)) sums.add({ timestamp, ...trade });
  return { totals: sums.totals(tick), spans };
}

/** A gap of the instrument's trades between two of them. */
function gapBetween(from: number, to: number, state: GapEvent['state'] = 'open'): GapEvent {
  const place = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT', cause: 'socket_lost' } as const;
  const ends = { from: { id: 'a', timestamp: from }, to: { id: 'b', timestamp: to }, at: to };
  return { type: 'gap', gap_id: 'g1', state, ...place, ...ends };
}

/** The exchange's klines of a list of trades, their sums as exact texts. */
function klinesOf(trades: readonly DayTrade[]): readonly MinuteKline[] {
  const minutes = [...new Set(trades.map(({ timestamp }) => timestamp - (timestamp % MINUTE)))];
  return minutes.map((start) => {
    const inside = trades.filter(({ timestamp }) => timestamp >= start && timestamp < start + MINUTE);
    const prices = inside.map(({ price }) => price);
    const total = (of: (trade: DayTrade) => ReturnType<typeof big>): string =>
      inside.reduce((sum, trade) => sum.plus(of(trade)), big(0)).toFixed();
    return {
      start,
      open: prices[0] ?? 0,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices[prices.length - 1] ?? 0,
      volume: total(({ qty }) => big(qty)),
      turnover: total(({ price, qty }) => big(price).times(big(qty))),
    };
  });
}

/** Sums of the stored trades in the minutes that a span begins and ends in. */
function edgesOf(trades: readonly DayTrade[], { from, to }: Span) {
  const inside = trades.filter(({ timestamp }) => timestamp >= from && timestamp < to);
  const minutes = [...new Set([from, to].map((at) => at - (at % MINUTE)))];
  return minutes.map((start) => {
    const [kline] = klinesOf(
      inside.filter(({ timestamp }) => timestamp >= start && timestamp < start + MINUTE),
    );
    return { start, volume: String(kline?.volume ?? 0), notional: String(kline?.turnover ?? 0) };
  });
}

const comparable = ({ counts: _, ...figures }: DayFigures) => figures;
const byTime = (trades: readonly DayTrade[]) => trades.toSorted((a, b) => a.timestamp - b.timestamp);

/** A day in order, and the place in it where the runner starts. */
const startedWithin = dayTrades
  .filter((trades) => trades.length > 1)
  .chain((trades) =>
    fc.record({
      trades: fc.constant(byTime(trades)),
      begin: fc.nat(trades.length - 1),
      healedCount: fc.nat(5),
      joinAfter: fc.nat(trades.length),
    }),
  );

describe('stored trades and the live feed', () => {
  it('give the day of a runner that listened since midnight, wherever the feed began and whenever they come', () => {
    fc.assert(
      fc.property(startedWithin, ({ trades, begin, healedCount, joinAfter }) => {
        const first = trades[begin] ?? assert.fail();
        const days = started(first.timestamp);
        const early = trades.slice(Math.max(0, begin - healedCount), begin).map(healed);
        const told = [first, ...early, ...trades.slice(begin + 1)];
        const cut = first.timestamp + 1;
        const join = (): void => {
          assert.equal(days.join(stored(trades, [{ from: START, to: cut }])), undefined);
        };
        for (const [place, trade] of told.entries()) {
          if (place === joinAfter) join();
          days.add(trade, NEVER);
          assert.equal(days.cut, cut);
        }
        if (joinAfter >= told.length) join();
        const now = trades[trades.length - 1]?.timestamp ?? 0;
        assert.deepEqual(comparable(days.figures().today), comparable(sinceYesterday(trades, now)));
        assert.equal(days.totals(DATE)?.trades, trades.length);
      }),
      { numRuns: 100 },
    );
  });

  it('join in parts; what lies between them is told as not covered', () => {
    const trades = [tradeAt(HOUR, 100), tradeAt(2 * HOUR, 101), tradeAt(3 * HOUR, 102)];
    const days = started(START + 4 * HOUR);
    days.add(tradeAt(4 * HOUR, 103), NEVER);
    days.join(stored(trades, [{ from: START, to: START + 90 * MINUTE }]));
    days.join(stored(trades, [{ from: START + 2.5 * HOUR, to: START + 4 * HOUR + 1 }]));
    const { vwap, coverage, counts } = days.figures().today;
    assert.deepEqual(
      coverage.map(({ source }) => source),
      ['trades', 'nothing', 'trades'],
    );
    assert.deepEqual(vwap.reasons, ['not_covered']);
    assert.equal(counts.trades, 2, 'the live trade lies in the second part, which does not have it');
    assert.equal(counts.told, 0);
  });

  it('that would be counted twice, or contradict themselves, are refused and change nothing', () => {
    const trades = [tradeAt(HOUR, 100), tradeAt(2 * HOUR, 101)];
    const days = started(START + 4 * HOUR);
    days.add(tradeAt(4 * HOUR, 103), NEVER);
    const part = stored(trades, [{ from: START, to: START + 3 * HOUR }]);
    assert.equal(days.join(part), undefined);
    const before = days.figures();
    const overlapping = stored(trades, [{ from: START + 90 * MINUTE, to: START + 3.5 * HOUR }]);
    assert.equal(days.join(overlapping), 'joined_before');
    assert.equal(days.join(stored([], [{ from: START + 4 * HOUR, to: START + 4 * HOUR + 2 }])), 'after_cut');
    assert.equal(
      days.join(stored([], [{ from: START, to: START + 24 * HOUR }])),
      'after_cut',
      'not over yet',
    );
    assert.equal(days.join(stored([], [{ from: START - 1, to: START }])), 'inconsistent');
    const { totals, spans } = part;
    for (const [wrong, refusal] of [
      [{ symbol: 'ETHUSDT' }, 'other_day'],
      [{ date: '2026-07-01' }, 'other_day'],
      [{ volume: '3' }, 'inconsistent'],
      [{ bin_size: '0' }, 'inconsistent'],
      [{ first: null }, 'inconsistent'],
      [{ trades: 0 }, 'inconsistent'],
    ] as const)
      assert.equal(days.join({ totals: { ...totals, ...wrong }, spans }), refusal, JSON.stringify(wrong));
    assert.equal(days.join({ totals, spans: [{ from: START, to: START + HOUR }] }), 'inconsistent');
    assert.deepEqual(days.figures(), before);
  });

  it('of the whole day take the place of all that was known of it, also of what was missed', () => {
    const trades = [tradeAt(HOUR, 100, 1), tradeAt(2 * HOUR, 101, 2, 'sell'), tradeAt(3 * HOUR, 99)];
    const days = started(START + HOUR);
    days.add(trades[0] ?? assert.fail(), NEVER);
    days.gap(gapBetween(START + HOUR, START + 3 * HOUR));
    days.add(tradeAt(3 * HOUR, 99), NEVER);
    days.joinKlines(DATE, klinesOf(trades));
    days.advance(START + 30 * HOUR);
    assert.equal(days.figures().previous.poc.exactness, 'approximate');
    assert.equal(days.join(stored(trades, [{ from: START, to: START + 24 * HOUR }])), undefined);
    const { previous } = days.figures();
    const expected = sinceYesterday(trades, START + 30 * HOUR);
    assert.deepEqual(comparable(previous), comparable(expected));
    assert.equal(days.add(tradeAt(5 * HOUR, 1), NEVER), 'covered');
    assert.deepEqual(days.figures().previous.counts.covered, 1);
  });

  it('leave only so many early trades to be remembered; more are refused and counted', () => {
    const days = started(START + HOUR);
    for (let count = 0; count < MAX_EARLY; count += 1) days.add(healed(tradeAt(count, 100)), NEVER);
    assert.equal(days.add(healed(tradeAt(HOUR - 1, 100)), NEVER), 'refused');
    days.add({ ...tradeAt(HOUR, 100), origin: 'live' }, NEVER);
    assert.equal(days.add(tradeAt(HOUR + 1, 100), NEVER), 'added', 'after the cut there is no such limit');
    const { vwap, counts } = days.figures().today;
    assert.equal(counts.refused, 2);
    assert.ok(vwap.reasons.includes('trades_refused'), 'a healed gap may say that their time is covered');
  });

  it('make good what was left out, where they hold its time: a part of the day, or all of it', () => {
    const [first, second, third] = [
      tradeAt(HOUR, 100),
      tradeAt(2 * HOUR, 101),
      tradeAt(3 * HOUR, 102),
    ] as const;
    const trades = [first, second, third];
    const behind = START;
    const days = started(START + HOUR);
    for (const trade of [first, second]) assert.equal(days.add(trade, behind), 'in_future');
    days.add(third, NEVER);
    days.join(stored(trades, [{ from: second.timestamp, to: third.timestamp + 1 }]));
    assert.ok(days.figures().today.vwap.reasons.includes('trades_refused'), 'the first one is missing still');
    days.join(stored(trades, [{ from: START, to: second.timestamp }]));
    assert.deepEqual(days.figures().today.vwap, { value: 101, exactness: 'exact', reasons: [] });
    assert.equal(days.add(healed(second), behind), 'in_future');
    assert.equal(days.figures().today.vwap.exactness, 'exact', 'stored trades have it');

    const later = tradeAt(4 * HOUR, 103);
    assert.equal(days.add(later, behind), 'in_future');
    assert.deepEqual(days.figures().today.vwap.reasons, ['trades_refused']);
    days.advance(START + 30 * HOUR);
    assert.equal(days.join(stored([...trades, later], [{ from: START, to: START + 24 * HOUR }])), undefined);
    assert.deepEqual(days.figures().previous.vwap, { value: 101.5, exactness: 'exact', reasons: [] });
  });
});

/** Trades within some minutes around eight, so that minutes are shared by what was seen and what was not. */
const busyMinutes = fc
  .array(
    fc.record({
      at: fc.integer({ min: -3 * MINUTE, max: 12 * MINUTE }),
      price: fc.integer({ min: 649_900, max: 650_100 }),
      qty: fc.integer({ min: 1, max: 2_000 }),
      isBuy: fc.boolean(),
    }),
    { size: 'max', minLength: 4, maxLength: 60 },
  )
  .map((rows) =>
    byTime(
      rows.map(({ at, price, qty, isBuy }) =>
        tradeAt(8 * HOUR + at, price / 10, qty / 1_000, isBuy ? 'buy' : 'sell'),
      ),
    ),
  );

describe('klines in the place of trades', () => {
  it('give VWAP, high, low and opening range exactly, also of minutes that the feed, stored trades or gaps divide', () => {
    const story = busyMinutes.chain((trades) =>
      fc.record({
        trades: fc.constant(trades),
        begin: fc.nat(trades.length - 1),
        gap: fc.tuple(fc.nat(trades.length - 1), fc.nat(trades.length - 1)),
        parts: fc.array(
          fc.tuple(
            fc.integer({ min: 8 * HOUR - 5 * MINUTE, max: 8 * HOUR + 12 * MINUTE }),
            fc.nat(3 * MINUTE),
          ),
          {
            size: 'max',
            maxLength: 3,
          },
        ),
      }),
    );
    fc.assert(
      fc.property(story, ({ trades, begin, gap, parts }) => {
        const now = START + 9 * HOUR;
        const [from, to] = [Math.max(begin, Math.min(...gap)), Math.max(begin, ...gap)];
        const days = started(trades[begin]?.timestamp ?? 0);
        for (const [place, trade] of trades.entries())
          if (place >= begin && (place <= from || place >= to)) days.add(trade, NEVER);
        days.gap(gapBetween(trades[from]?.timestamp ?? 0, trades[to]?.timestamp ?? 0));
        days.advance(now);
        for (const [at, length] of parts) {
          const span = { from: START + at, to: Math.min(START + at + length, days.cut ?? 0) };
          const part = span.from < span.to ? stored(trades, [span]) : undefined;
          const refusal =
            part === undefined ? undefined : days.join({ ...part, edges: edgesOf(trades, span) });
          assert.ok(refusal === undefined || refusal === 'joined_before', refusal);
        }
        assert.equal(days.joinKlines(DATE, [...klinesOf(trades), ...quiet(trades)]), 0);
        const { today } = days.figures();
        const whole = sinceYesterday(trades, now);
        for (const name of ['vwap', 'high', 'low', 'range', 'opening_range'] as const)
          assert.deepEqual(today[name], whole[name], name);
        const isWhole = today.coverage.every(({ source }) => source === 'trades');
        assert.deepEqual(today.poc.reasons, isWhole ? [] : ['from_klines']);
        assert.equal(today.vwap_quote.exactness, isWhole ? 'exact' : 'approximate');
        const [near, exactly] = [today.vwap_quote.value ?? 0, whole.vwap_quote.value ?? 0];
        assert.ok(Math.abs(near / exactly - 1) < 1e-3);
        const lowest = (today.low.value ?? 0) - 0.1;
        const { poc, val, vah } = today;
        assert.ok((val.value ?? 0) <= (poc.value ?? 0) && (poc.value ?? 0) <= (vah.value ?? 0));
        assert.ok((val.value ?? 0) >= lowest && (vah.value ?? 0) <= (today.high.value ?? 0));
      }),
      { numRuns: 150 },
    );
  });

  /** Klines of the minutes of the day without trades, at a price that never was today. */
  function quiet(trades: readonly DayTrade[]): readonly MinuteKline[] {
    const busy = new Set(trades.map(({ timestamp }) => Math.floor((timestamp - START) / MINUTE)));
    return Array.from({ length: 9 * 60 }, (_, minute) => minute)
      .filter((minute) => !busy.has(minute))
      .map((minute) => ({
        start: START + minute * MINUTE,
        ...{ open: 1, high: 1, low: 1, close: 1, volume: 0, turnover: 0 },
      }));
  }

  const kline = (minute: number, low: number, high: number, volume: number, turnover: number) => ({
    start: START + minute * MINUTE,
    ...{ open: low, high, low, close: high, volume, turnover },
  });

  it('say nothing of who bought: delta is absent before the feed, and partial where it began', () => {
    const days = started(START + 10 * HOUR);
    days.add(tradeAt(10 * HOUR, 100, 3), NEVER);
    days.joinKlines(DATE, [kline(0, 90, 110, 1, 100)]);
    const { today } = days.figures();
    const absent = { value: null, exactness: 'absent', reasons: ['not_covered', 'from_klines'] };
    assert.deepEqual(today.pre_market_delta, absent);
    assert.deepEqual(today.pre_market_buy_volume, absent);
    assert.deepEqual(today.live_delta, { value: 3, exactness: 'approximate', reasons: ['not_covered'] });
    assert.deepEqual(today.coverage, [
      { from: START, to: START + MINUTE, source: 'klines' },
      { from: START + MINUTE, to: START + 10 * HOUR, source: 'nothing' },
    ]);
    assert.deepEqual(today.vwap.reasons, ['not_covered']);
    assert.deepEqual(today.opening_range.reasons, ['not_covered']);
  });

  it('are spread evenly over the bins of their range', () => {
    const days = started(START + 10 * HOUR);
    days.joinKlines(DATE, [kline(0, 100, 100.9, 10, 1_004), kline(1, 100.5, 100.6, 2, 201.1)]);
    days.add(tradeAt(10 * HOUR, 101, 1), NEVER);
    const { poc, val, vah } = days.figures().today;
    // Ten bins of 1, two of them with 1 more, and the trade's bin above: 100.5 has 2 of 13.
    assert.deepEqual([poc.value, val.value, vah.value], [100.5, 100, 100.7]);
  });

  it('of inverse contracts tell base coin: VWAP is approximate', () => {
    const days = new InstrumentDays({ category: 'inverse', symbol: 'BTCUSD' }, START + HOUR, {
      profileTickSize: '0.5',
    });
    // 1,000 USD at 50,000 and 1,000 USD at 40,000 are 0.045 coins.
    days.joinKlines(DATE, [kline(0, 40_000, 50_000, 2_000, 0.045)]);
    const { vwap, high, low } = days.figures().today;
    assert.deepEqual(vwap, {
      value: 44_444.4444444,
      exactness: 'approximate',
      reasons: ['not_covered', 'from_klines'],
    });
    assert.deepEqual([high.value, low.value], [50_000, 40_000]);
  });

  it('that cannot hold the trades that were seen are told, and do no harm', () => {
    for (const odd of [
      kline(600, 100, 100, 1, 100),
      kline(600, 100, 101, 4, 350),
      kline(600, 90, 95, 9, 1_000),
    ]) {
      const days = started(START + 10 * HOUR);
      days.add(tradeAt(10 * HOUR, 100, 2), NEVER);
      days.add(tradeAt(10 * HOUR + 5, 100, 1), NEVER);
      days.advance(START + 10 * HOUR + MINUTE);
      days.joinKlines(DATE, [odd]);
      const { vwap } = days.figures().today;
      assert.deepEqual(vwap.reasons, ['not_covered', 'from_klines', 'klines_disagree']);
      assert.ok((vwap.value ?? 0) >= 90 && (vwap.value ?? 0) <= 101, String(vwap.value));
    }
  });

  it('shrink when a trade of their minute comes late', () => {
    const days = started(START + 10 * HOUR + 30_000);
    days.add(tradeAt(10 * HOUR + 30_000, 100, 1), NEVER);
    days.advance(START + 10 * HOUR + MINUTE);
    days.joinKlines(DATE, [kline(600, 100, 110, 3, 320)]);
    assert.equal(days.figures().today.vwap.value, 106.666666667);
    days.add(healed(tradeAt(10 * HOUR + 5, 110, 2)), NEVER);
    assert.equal(days.figures().today.vwap.value, 106.666666667);
    assert.equal(days.figures().today.footprint.value?.[0]?.price, 110);
  });

  it('are not needed where trades cover their minutes', () => {
    const days = started(START - HOUR);
    days.add(tradeAt(-HOUR, 100), NEVER);
    days.add(tradeAt(5, 100), NEVER);
    days.advance(START + HOUR);
    days.joinKlines(DATE, [kline(0, 90, 110, 50, 5_000)]);
    const { vwap, high, counts } = days.figures().today;
    assert.deepEqual([vwap.value, vwap.exactness, high.value, counts.klines], [100, 'exact', 100, 1]);
  });

  it('are left out of a minute of which stored trades cover an unknown part', () => {
    const trades = [tradeAt(10_000, 100, 1), tradeAt(30_000, 110, 1)];
    const whole = klinesOf(trades);
    for (const [edges, source, vwap] of [
      [undefined, 'nothing', 100],
      [[{ start: START, volume: '1', notional: '100' }], 'klines', 105],
    ] as const) {
      const days = started(START + HOUR);
      const spans = [{ from: START, to: START + 20_000 }];
      days.join(edges === undefined ? stored(trades, spans) : { ...stored(trades, spans), edges });
      days.joinKlines(DATE, whole);
      const { today } = days.figures();
      assert.deepEqual([today.coverage[1]?.source, today.vwap.value], [source, vwap]);
    }
  });

  it('of minutes that are not over are refused: their sums belong to a moment that nobody knows', () => {
    const days = started(START + 90_000);
    assert.equal(days.joinKlines(DATE, [kline(0, 90, 110, 1, 100), kline(1, 90, 110, 1, 100)]), 1);
    days.advance(START + 120_000);
    assert.equal(days.joinKlines(DATE, [kline(1, 90, 110, 1, 100)]), 0);
  });

  it('must be of whole minutes of a day that is kept, with possible numbers', () => {
    const days = started(START + HOUR);
    const good = kline(0, 90, 110, 1, 100);
    assert.equal(days.joinKlines(DATE, [good, { ...good, volume: '1.5', turnover: '150.25' }]), 0);
    assert.equal(days.joinKlines('2026-07-01', [good]), 1);
    for (const wrong of [
      { start: START + 1 },
      { start: START + 24 * HOUR },
      { low: 0 },
      { low: 120 },
      { high: 1e15 },
      { volume: -1 },
      { volume: '1e3' },
      { turnover: Number.NaN },
      { turnover: 0 },
    ])
      assert.equal(days.joinKlines(DATE, [{ ...good, ...wrong }]), 1, JSON.stringify(wrong));
  });

  it('over a range without end become wider bins', () => {
    const days = started(START + HOUR);
    days.joinKlines(DATE, [kline(0, 1, 1e9, 10, 5e9)]);
    const { poc, bin_size } = days.figures().today;
    assert.deepEqual(poc.reasons, ['not_covered', 'from_klines', 'wider_bins']);
    assert.equal(bin_size, '10000');
  });
});
