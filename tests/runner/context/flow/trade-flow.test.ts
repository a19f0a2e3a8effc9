import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import type { FlowSums } from '../../../../runner/context/flow/flow-sums.ts';
import { TradeFlow } from '../../../../runner/context/flow/trade-flow.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import { unixMs } from '../../../../shared/time.ts';
import { gap, T0, trade } from '../../intake/events.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;
/** T0 is ten past; the hour that it lies in began here. */
const FULL_HOUR = T0 - 600_000;
const LATER = unixMs(T0 + 100 * HOUR);

type Told = Pick<FlowSums, 'buy_volume' | 'sell_volume' | 'volume_delta' | 'trade_count'>;

function sumsOf({ buy_volume, sell_volume, volume_delta, trade_count }: FlowSums): Told {
  return { buy_volume, sell_volume, volume_delta, trade_count };
}

/** The exact decimals, by a library that shares no code with ours. */
function naive(trades: readonly TradeEvent[], isInside: (timestamp: number) => boolean): Told {
  const own = trades.filter(({ timestamp }) => isInside(timestamp));
  const sum = (side: 'buy' | 'sell') =>
    own.filter((one) => one.side === side).reduce((total, { qty }) => total.plus(qty), new Big(0));
  return {
    buy_volume: Number(sum('buy')),
    sell_volume: Number(sum('sell')),
    volume_delta: Number(sum('buy').minus(sum('sell'))),
    trade_count: own.length,
  };
}

/** Quantities with few and with many decimals, so that the scale of the sums changes on the way. */
const qty = fc
  .tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 0, max: 8 }))
  .map(([mantissa, decimals]) => Number(`${mantissa}e-${decimals}`));
const side = fc.constantFrom('buy' as const, 'sell' as const);

function tradesOver(span: number) {
  const one = fc.record({ offset: fc.nat(span), qty, side });
  return fc
    .array(one, { minLength: 1, maxLength: 120, size: 'max' })
    .map((rows) =>
      rows.map((row, index) =>
        trade({ id: `t${index}`, timestamp: T0 + row.offset, qty: row.qty, side: row.side }),
      ),
    );
}

describe('the cumulative volume delta', () => {
  it('agrees with a naive sum for each period, whatever the order of trades, decimals and resets', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ offset: fc.nat(20 * HOUR), qty, side }) },
      { weight: 1, arbitrary: fc.record({ resetAt: fc.nat(20 * HOUR) }) },
    );
    const length = fc.constantFrom(3_600, 1_000, 7_777, 86_400);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), length, (steps, seconds) => {
        const flow = new TradeFlow(seconds * SECOND);
        const trades: TradeEvent[] = [];
        const resets = new Set<number>();
        for (const one of steps) {
          if ('resetAt' in one) resets.add(flow.resetCvd(unixMs(T0 + one.resetAt)));
          else {
            const { offset, ...fields } = one;
            const next = trade({ id: `t${trades.length}`, timestamp: T0 + offset, ...fields });
            trades.push(next);
            flow.add(next, LATER);
          }
        }
        const now = T0 + 21 * HOUR;
        const view = flow.cvd(unixMs(now));
        const periods = flow.cvdHistory(1_000, unixMs(now));
        assert.deepEqual(
          sumsOf(view),
          naive(trades, (at) => at >= view.reset_time),
        );
        assert.equal(view.cvd, view.volume_delta);
        for (const { reset_time: from, end_time: to, cvd, ...sums } of periods) {
          const own = naive(trades, (at) => at >= from && at < to);
          assert.deepEqual(sumsOf(sums), own);
          assert.equal(cvd, own.volume_delta);
        }
        // One after the other without holes, each beginning at a reset by the clock or by hand, and no trade outside.
        const starts = [view.reset_time, ...periods.map(({ reset_time }) => reset_time)];
        assert.deepEqual(
          periods.map(({ end_time }) => end_time),
          starts.slice(0, periods.length),
        );
        for (const start of starts)
          assert.ok(start % (seconds * SECOND) === 0 || resets.has(start), `${start}`);
        assert.ok(trades.every(({ timestamp }) => timestamp >= (starts.at(-1) ?? 0)));
        const first = starts.at(-1) ?? 0;
        const due = Math.floor(now / (seconds * SECOND)) - Math.floor(first / (seconds * SECOND));
        const byHand = [...resets].filter((at) => at % (seconds * SECOND) !== 0 && at > first).length;
        if (steps.length > 0) assert.equal(periods.length, due + byHand, 'each reset that was due');
      }),
      { numRuns: 300 },
    );
  });

  it('begins anew on the hour of the exchange, without a trade and whenever it was started', () => {
    const flow = new TradeFlow(HOUR);
    flow.add(trade({ qty: 2 }), LATER);
    assert.deepEqual(
      { ...flow.cvd(unixMs(FULL_HOUR + HOUR - 1)) },
      {
        cvd: 2,
        reset_time: FULL_HOUR,
        seconds_since_reset: 3_599.999,
        buy_volume: 2,
        sell_volume: 0,
        volume_delta: 2,
        trade_count: 1,
        complete: false,
      },
    );
    const after = flow.cvd(unixMs(FULL_HOUR + HOUR));
    assert.deepEqual([after.cvd, after.reset_time, after.seconds_since_reset], [0, FULL_HOUR + HOUR, 0]);
    assert.equal(after.complete, true);
    const history = flow.cvdHistory(10, unixMs(FULL_HOUR + 3 * HOUR));
    assert.deepEqual(
      history.map(({ reset_time, end_time, cvd, complete }) => [
        (reset_time - FULL_HOUR) / HOUR,
        (end_time - FULL_HOUR) / HOUR,
        cvd,
        complete,
      ]),
      [
        [2, 3, 0, true],
        [1, 2, 0, true],
        [0, 1, 2, false],
      ],
    );
  });

  it('takes a late trade where it happened, also before a reset by hand', () => {
    const flow = new TradeFlow(HOUR);
    flow.add(trade({ qty: 1, timestamp: T0 }), LATER);
    const reset = flow.resetCvd(unixMs(T0 + 1_000));
    assert.equal(reset, T0 + 1_000);
    flow.add(trade({ qty: 4, timestamp: T0 + 1_000, side: 'sell' }), LATER);
    flow.add(trade({ qty: 2, timestamp: T0 + 999, origin: 'healed' }), LATER);
    assert.equal(flow.cvd(unixMs(T0 + 2_000)).cvd, -4);
    assert.equal(flow.cvd(unixMs(T0 + 2_000)).seconds_since_reset, 1);
    assert.deepEqual(
      flow.cvdHistory(1, unixMs(T0 + 2_000)).map(({ cvd, end_time }) => [cvd, end_time - T0]),
      [[3, 1_000]],
    );
  });

  it('keeps what was counted before a reset before it, when the trades are ahead of the clock', () => {
    const flow = new TradeFlow(HOUR);
    flow.add(trade({ qty: 5, timestamp: T0 + 40 }), unixMs(T0));
    const reset = flow.resetCvd(unixMs(T0));
    assert.equal(reset, T0 + 41);
    assert.equal(flow.resetCvd(unixMs(T0)), reset, 'twice at one moment is once');
    assert.deepEqual([flow.cvd(unixMs(T0)).cvd, flow.cvd(unixMs(T0)).seconds_since_reset], [0, 0]);
    assert.deepEqual(
      flow.cvdHistory(9, unixMs(T0)).map(({ cvd }) => cvd),
      [5],
    );
  });

  it('keeps the newest 168 periods, and a reading with a wrong clock costs none of them', () => {
    const flow = new TradeFlow(SECOND);
    for (let second = 0; second < 1_000; second += 1)
      flow.add(trade({ timestamp: T0 + second * SECOND, qty: second + 1 }), LATER);
    const now = unixMs(T0 + 1_000 * SECOND - 1);
    assert.equal(flow.cvd(unixMs(now + 365 * 24 * HOUR)).cvd, 0);
    assert.equal(flow.cvdHistory(1_000, unixMs(now + 365 * 24 * HOUR)).length, 168);
    const history = flow.cvdHistory(1_000, now);
    assert.equal(history.length, 168);
    assert.deepEqual([history[0]?.cvd, history.at(-1)?.cvd], [999, 832]);
    flow.add(trade({ timestamp: T0, qty: 7 }), LATER);
    assert.deepEqual(flow.cvdHistory(1_000, now), history, 'older than what is kept');
    // A year without a trade does not make a row for each second of it.
    flow.add(trade({ timestamp: T0 + 90 * HOUR, qty: 3 }), LATER);
    const after = flow.cvdHistory(1_000, unixMs(T0 + 90 * HOUR + 1_000));
    assert.deepEqual([after.length, after[0]?.cvd, after.at(-1)?.cvd], [168, 3, 0]);
  });
});

describe('the volume delta of the last seconds', () => {
  it('agrees with a naive sum for every window, whatever the order of trades', () => {
    const period = fc.integer({ min: 1, max: 3_600 });
    fc.assert(
      fc.property(tradesOver(2 * HOUR), period, fc.integer(), (trades, seconds, at) => {
        const flow = new TradeFlow(HOUR);
        for (const one of trades) flow.add(one, LATER);
        const newest = Math.max(...trades.map(({ timestamp }) => timestamp));
        const now = newest + (Math.abs(at) % (2 * HOUR));
        const view = flow.volumeDelta(seconds, unixMs(now));
        const last = Math.floor(now / SECOND);
        const inWindow = (time: number) => {
          const second = Math.floor(time / SECOND);
          return second > last - seconds && second <= last;
        };
        assert.deepEqual(sumsOf(view), naive(trades, inWindow));
        assert.deepEqual([view.start_time, view.timestamp], [(last - seconds + 1) * SECOND, now]);
      }),
      { numRuns: 300 },
    );
  });

  it('has a history whose blocks are the sums between the multiples of the period', () => {
    const period = fc.constantFrom(1, 7, 60, 900, 3_600);
    fc.assert(
      fc.property(tradesOver(HOUR), period, fc.integer({ min: 1, max: 50 }), (trades, seconds, limit) => {
        const flow = new TradeFlow(HOUR);
        for (const one of trades) flow.add(one, LATER);
        const now = unixMs(T0 + HOUR);
        const blocks = flow.volumeDeltaHistory(seconds, limit, now);
        for (const [index, { start_time: from, timestamp, closed, ...sums }] of blocks.entries()) {
          assert.equal(from % (seconds * SECOND), 0);
          assert.equal(from, (blocks[0]?.start_time ?? 0) - index * seconds * SECOND);
          assert.equal(closed, from + seconds * SECOND <= now);
          assert.equal(timestamp, closed ? from + seconds * SECOND - 1 : now);
          assert.deepEqual(
            sumsOf(sums),
            naive(trades, (at) => at >= from && at <= timestamp),
          );
        }
        assert.ok(blocks.length <= limit);
        assert.ok(blocks.every(({ start_time }) => start_time > now - HOUR));
        // As many as fit into the hour.
        const current = Math.floor(now / SECOND / seconds) * seconds;
        const fit = Math.floor((current - (Math.floor(now / SECOND) - 3_599)) / seconds) + 1;
        assert.equal(blocks.length, Math.min(limit, fit));
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a window that it cannot tell', () => {
    const flow = new TradeFlow(HOUR);
    for (const period of [0, 1.5, 3_601, Number.NaN])
      assert.throws(() => flow.volumeDelta(period, unixMs(T0)), RangeError);
  });

  it('ends with the newest trade, when that is ahead of the clock', () => {
    const flow = new TradeFlow(HOUR);
    flow.add(trade({ timestamp: T0 + 5_000 }), unixMs(T0));
    const view = flow.volumeDelta(1, unixMs(T0));
    assert.deepEqual([view.trade_count, view.timestamp], [1, T0 + 5_000]);
  });
});

describe('the flow of trades', () => {
  it('sums exactly, also what no f64 can sum', () => {
    const flow = new TradeFlow(HOUR);
    for (const [index, amount] of [
      0.1, 0.2, 900_719_925_474_099, 0.000_000_01, 900_719_925_474_099,
    ].entries())
      flow.add(trade({ id: `t${index}`, qty: amount }), LATER);
    for (const amount of [900_719_925_474_099, 900_719_925_474_099, 0.3])
      flow.add(trade({ qty: amount, side: 'sell' }), LATER);
    assert.equal(flow.cvd(unixMs(T0)).volume_delta, 1e-8);
    assert.equal(flow.volumeDelta(60, unixMs(T0)).volume_delta, 1e-8);
  });

  it('leaves out a trade whose time is impossible, and says that it lacks one', () => {
    const flow = new TradeFlow(HOUR);
    flow.add(trade({ timestamp: T0 - HOUR }), unixMs(T0));
    assert.equal(flow.volumeDelta(60, unixMs(T0 + 20_000)).complete, true);
    flow.add(trade({ timestamp: T0 + 10_001 }), unixMs(T0));
    flow.add(trade({ timestamp: T0 + 1e12 }), unixMs(T0));
    const view = flow.volumeDelta(60, unixMs(T0 + 20_000));
    assert.deepEqual([view.trade_count, view.complete, view.timestamp], [0, false, T0 + 20_000]);
    assert.equal(flow.volumeDelta(5, unixMs(T0 + 20_000)).complete, true, 'not of those seconds');
  });

  it('says that a span is not whole before the first live trade, and where it holds a gap until that is healed', () => {
    const flow = new TradeFlow(HOUR);
    const now = unixMs(T0 + 100_000);
    const whole = () => [10, 60, 101].map((period) => flow.volumeDelta(period, now).complete);
    assert.deepEqual(whole(), [false, false, false], 'nothing was seen');
    flow.add(trade({ timestamp: T0, origin: 'healed' }), now);
    assert.deepEqual(whole(), [false, false, false], 'a healed trade does not prove that we listen');
    flow.add(trade({ timestamp: T0 }), now);
    assert.deepEqual(whole(), [true, true, false], 'of its millisecond others may have come before it');
    const bounds = { from: { id: 'a', timestamp: T0 + 50_000 }, to: { id: 'b', timestamp: T0 + 60_000 } };
    flow.gap(gap({ from: bounds.from }));
    assert.deepEqual(whole(), [false, false, false], 'it has no end');
    flow.gap(gap(bounds));
    assert.deepEqual(whole(), [true, false, false]);
    flow.gap(gap({ ...bounds, state: 'healed', healed_by: 'archive' }));
    assert.deepEqual(whole(), [true, false, false], 'its trades are in storage, and were not added');
    flow.gap(gap({ ...bounds, state: 'healed' }));
    assert.deepEqual(whole(), [true, true, false]);
  });

  it('takes 128 KB at most, and little for a symbol that seldom trades', () => {
    const busy = new TradeFlow(HOUR);
    const quiet = new TradeFlow(HOUR);
    for (let second = 0; second < 20_000; second += 1)
      busy.add(trade({ timestamp: T0 + second * SECOND, qty: 0.001 }), LATER);
    // Every tenth second, over some days.
    for (let count = 0; count < 30_000; count += 1)
      quiet.add(trade({ timestamp: T0 + count * 10 * SECOND, qty: 0.001 }), LATER);
    assert.ok(busy.bytes <= 128_000, `${busy.bytes}`);
    assert.ok(quiet.bytes <= 24_000, `${quiet.bytes}`);
    assert.ok(new TradeFlow(HOUR).bytes <= 1_000);
    assert.equal(busy.volumeDelta(3_600, unixMs(T0)).buy_volume, 3.6);
  });
});
