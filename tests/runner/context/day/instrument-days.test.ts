/** Two days of an instrument: definitions, rollover, late trades, tick sizes, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InstrumentDays } from '../../../../runner/context/day/instrument-days.ts';
import { DATE, HOUR, MINUTE, OF, START, tradeAt } from './naive.ts';

const DAY = 24 * HOUR;
const NEVER = Number.MAX_SAFE_INTEGER;

/** A runner that has listened since yesterday, so that all of today is covered. */
function listening(options: { maxPrices?: number; now?: number } = {}): InstrumentDays {
  const days = new InstrumentDays(OF, START - HOUR, { profileTickSize: '0.1', ...options });
  days.add(tradeAt(-HOUR, 64_000, 3, 'sell'), NEVER);
  days.advance(options.now ?? START);
  return days;
}

const exact = <T>(value: T) => ({ value, exactness: 'exact', reasons: [] });

describe('the levels of a day', () => {
  it('are those of the definitions', () => {
    const days = listening();
    for (const trade of [
      tradeAt(1, 100, 1),
      tradeAt(2, 101.505, 4),
      tradeAt(3, 0.3, 1, 'sell'),
      tradeAt(8 * HOUR, 101.55, 4, 'sell'),
    ])
      assert.equal(days.add(trade, NEVER), 'added');
    const { today } = days.figures();
    assert.deepEqual(today.vwap, exact(91.252));
    assert.deepEqual(today.vwap_quote, exact(Number((92_462.7601 / 912.52).toPrecision(12))));
    assert.deepEqual([today.poc, today.val, today.vah], [exact(101.5), exact(101.5), exact(101.5)]);
    assert.deepEqual([today.high, today.low, today.range], [exact(101.55), exact(0.3), exact(101.25)]);
    assert.deepEqual(today.opening_range, exact({ hi: 101.55, lo: 101.55 }));
    assert.deepEqual([today.pre_market_buy_volume, today.pre_market_sell_volume], [exact(5), exact(1)]);
    assert.deepEqual([today.pre_market_delta, today.live_delta], [exact(4), exact(-4)]);
    assert.deepEqual([today.live_buy_volume, today.live_sell_volume], [exact(0), exact(4)]);
    assert.deepEqual(today.footprint.value?.[0], {
      price: 101.5,
      volume: 8,
      buy_vol: 4,
      sell_vol: 4,
      rank: 1,
    });
    assert.deepEqual(today.coverage, [{ from: START, to: START + 8 * HOUR, source: 'trades' }]);
    assert.deepEqual(today.counts, { trades: 4, told: 4, covered: 0, refused: 0, klines: 0 });
  });

  it('of a day without trades are absent, not zero', () => {
    const { today } = listening().figures();
    for (const figure of [today.vwap, today.poc, today.high, today.range, today.footprint])
      assert.deepEqual(figure, { value: null, exactness: 'absent', reasons: ['no_trades'] });
    assert.deepEqual(today.live_delta, exact(0));
  });

  it('are renewed by each trade, and by the tick size', () => {
    const days = listening();
    days.add(tradeAt(1, 100.04), NEVER);
    assert.equal(days.figures().today.poc.value, 100);
    days.add(tradeAt(2, 100.26, 2), NEVER);
    assert.equal(days.figures().today.poc.value, 100.2);
    assert.equal(days.setTickSize('0.02'), true);
    assert.equal(days.figures().today.poc.value, 100.26);
    assert.equal(days.setTickSize('nonsense'), false);
    assert.equal(days.figures().today.bin_size, '0.02');
  });

  it('say which tick size is in use', () => {
    const days = listening();
    assert.deepEqual([days.figures().today.bin_size, days.figures().today.tick_source], ['0.1', 'setting']);
    days.setTickSize('0.50');
    assert.deepEqual([days.figures().today.bin_size, days.figures().today.tick_source], ['0.5', 'exchange']);
    assert.throws(() => new InstrumentDays(OF, START, { profileTickSize: '0' }), /not a tick size: 0/);
  });

  it('say when bins had to be made wider, and only the profile is approximate', () => {
    const days = listening({ maxPrices: 16 });
    for (let step = 0; step < 100; step += 1) days.add(tradeAt(step, 100 + step / 10), NEVER);
    const { today } = days.figures();
    assert.equal(today.bin_size, '1');
    assert.deepEqual(today.poc, { value: 100, exactness: 'approximate', reasons: ['wider_bins'] });
    assert.equal(today.vwap.exactness, 'exact');
  });

  it('show the twenty largest bins, equals by price', () => {
    const days = listening();
    for (let step = 0; step < 30; step += 1) days.add(tradeAt(step, 100 + step, step === 25 ? 2 : 1), NEVER);
    const footprint = days.figures().today.footprint.value ?? [];
    assert.deepEqual(
      footprint.map(({ price }) => price),
      [125, ...Array.from({ length: 19 }, (_, step) => 100 + step)],
    );
  });
});

describe('the opening range', () => {
  it('is absent before eight, and holds what trades from 08:00:00.000 up to, but not at, 08:10:00.000', () => {
    const days = listening();
    days.add(tradeAt(8 * HOUR - 1, 50), NEVER);
    const { opening_range, opening_start, opening_end } = days.figures().today;
    assert.deepEqual(opening_range, { value: null, exactness: 'absent', reasons: ['not_yet'] });
    assert.deepEqual([opening_start, opening_end], [START + 8 * HOUR, START + 8 * HOUR + 10 * MINUTE]);
    days.add(tradeAt(8 * HOUR, 60), NEVER);
    days.add(tradeAt(8 * HOUR + 10 * MINUTE - 1, 61), NEVER);
    days.add(tradeAt(8 * HOUR + 10 * MINUTE, 70), NEVER);
    assert.deepEqual(days.figures().today.opening_range, exact({ hi: 61, lo: 60 }));
  });

  it('without trades in it is absent', () => {
    const days = listening({ now: START + 9 * HOUR });
    assert.deepEqual(days.figures().today.opening_range.reasons, ['no_trades']);
  });
});

describe('a new day', () => {
  it('begins with its first trade or with the clock; the finished one is the previous', () => {
    for (const begin of [
      (days: InstrumentDays) => days.add(tradeAt(DAY, 200), NEVER),
      (days: InstrumentDays) => days.advance(START + DAY),
    ]) {
      const days = listening();
      days.add(tradeAt(HOUR, 100, 2), NEVER);
      const finished = days.figures().today;
      begin(days);
      const { today, previous } = days.figures();
      assert.equal(today.date, '2026-08-02');
      assert.notEqual(today.vwap.value, 100);
      assert.deepEqual(
        { ...previous, to: 0, coverage: [], opening_range: 0 },
        { ...finished, to: 0, coverage: [], opening_range: 0 },
      );
      assert.equal(previous.to, START + DAY);
      assert.equal(previous.date, DATE);
    }
  });

  it('takes late trades of yesterday to yesterday, and refuses older ones', () => {
    const days = listening();
    days.advance(START + DAY + 5);
    assert.equal(days.add(tradeAt(DAY - 1, 123, 1), NEVER), 'added');
    assert.equal(days.add(tradeAt(-1, 124, 1), NEVER), 'too_old');
    const { today, previous } = days.figures();
    assert.equal(previous.vwap.value, 123);
    assert.equal(today.vwap.value, null);
    assert.deepEqual(days.leftOut, { tooOld: 1, inFuture: 0 });
  });

  it('after a day without any has an empty one before it', () => {
    const days = listening();
    days.add(tradeAt(HOUR, 100), NEVER);
    days.advance(START + 2 * DAY);
    assert.deepEqual(days.figures().previous.vwap.reasons, ['no_trades']);
    assert.equal(days.figures().previous.date, '2026-08-02');
  });

  it('is not begun by a trade with a wrong time, nor ended by a clock that goes back', () => {
    const days = listening({ now: START + 23 * HOUR });
    assert.equal(days.add(tradeAt(DAY, 1), START + 23 * HOUR), 'in_future');
    assert.equal(days.figures().today.date, DATE);
    days.advance(START - 1);
    assert.equal(days.figures().today.date, DATE);
    assert.equal(days.add(tradeAt(DAY, 1), START + DAY - 10_000), 'added');
  });
});

describe('absurd numbers', () => {
  it('are left out, counted, and make the day approximate', () => {
    const days = listening();
    days.add(tradeAt(1, 100), NEVER);
    for (const [price, qty] of [
      [1e15, 1],
      [1e-19, 1],
      [100, 1e18],
      [100, 5e-324],
      [Number.NaN, 1],
    ] as const)
      assert.equal(days.add(tradeAt(2, price, qty), NEVER), 'refused');
    const { vwap, counts } = days.figures().today;
    assert.deepEqual(vwap, { value: 100, exactness: 'approximate', reasons: ['trades_refused'] });
    assert.deepEqual([counts.trades, counts.refused], [1, 5]);
  });
});

describe('trades of a time that has not come by our clock', () => {
  const refused = ['trades_refused'];

  it('are left out, counted, and make their day approximate: it may be our clock that is wrong', () => {
    const days = listening({ now: START + HOUR });
    days.add(tradeAt(HOUR, 100), NEVER);
    assert.deepEqual(days.figures().today.vwap, exact(100));
    assert.equal(days.add(tradeAt(HOUR + 1, 900), START + HOUR - 20 * MINUTE), 'in_future');
    const { today, previous } = days.figures();
    assert.deepEqual(today.vwap, { value: 100, exactness: 'approximate', reasons: refused });
    assert.deepEqual([today.high.exactness, today.poc.exactness], ['approximate', 'approximate']);
    assert.deepEqual([today.counts.trades, today.counts.refused], [1, 1]);
    assert.ok(!previous.vwap.reasons.includes('trades_refused'));
    assert.equal(days.known(DATE)?.hasRefused, true);
    assert.deepEqual(days.leftOut, { tooOld: 0, inFuture: 1 });
  });

  it('of the day before make that one approximate', () => {
    const days = listening();
    days.add(tradeAt(HOUR, 100), NEVER);
    days.advance(START + DAY + MINUTE);
    assert.equal(days.add(tradeAt(23 * HOUR, 900), START + 22 * HOUR), 'in_future');
    days.add(tradeAt(DAY + MINUTE, 200), NEVER);
    const { today, previous } = days.figures();
    assert.deepEqual([previous.vwap.reasons, today.vwap], [refused, exact(200)]);
  });

  it('of a day to come are remembered for it, whether it is the next or begins later', () => {
    for (const [ahead, day] of [
      [1, 'today'],
      [3, 'today'],
      [2, 'previous'],
    ] as const) {
      const days = listening({ now: START + 23 * HOUR });
      days.add(tradeAt(HOUR, 100), NEVER);
      assert.equal(days.add(tradeAt(ahead * DAY + 5, 900), START + 23 * HOUR), 'in_future');
      assert.deepEqual(days.figures().today.vwap, exact(100));
      const until = day === 'today' ? ahead : ahead + 1;
      days.advance(START + until * DAY + HOUR);
      days.add(tradeAt(ahead * DAY + 6, 200), NEVER);
      const figures = days.figures();
      assert.deepEqual(figures[day].vwap, { value: 200, exactness: 'approximate', reasons: refused });
      const other = figures[day === 'today' ? 'previous' : 'today'];
      assert.ok(!other.vwap.reasons.includes('trades_refused'));
      assert.equal(other.counts.refused, 0);
    }
  });

  it('are remembered of the two nearest days to come: a time that is quite wrong takes no room', () => {
    const days = listening({ now: START + 23 * HOUR });
    for (const ahead of [9_000, 9_001, 2, 1e9, 1, 3]) days.add(tradeAt(ahead * DAY, 900), START + 23 * HOUR);
    const refusedOn = (ahead: number): number => {
      days.advance(START + ahead * DAY);
      return days.figures().today.counts.refused;
    };
    assert.deepEqual([1, 2, 3, 9_000].map(refusedOn), [1, 1, 0, 0]);
    assert.equal(days.leftOut.inFuture, 6);
  });
});
