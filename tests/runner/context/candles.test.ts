import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Candle, Timeframe } from '../../../runner/context/candle.ts';
import { CandleSeries } from '../../../runner/context/candles.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0, trade } from '../intake/events.ts';

const MINUTE = 60_000;
const LATER = unixMs(T0 + 1_000 * MINUTE);

function series(timeframe: Timeframe = '1m') {
  const issued: Candle[] = [];
  const candles = new CandleSeries(bitcoin, timeframe, (candle) => issued.push(candle));
  return { candles, issued };
}

function naiveCandle(trades: readonly TradeEvent[], start: number, length: number) {
  const own = trades
    .filter(({ timestamp }) => timestamp >= start && timestamp < start + length)
    .toSorted((a, b) => a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0));
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const before = trades
    .filter(({ timestamp }) => timestamp < start)
    .toSorted((a, b) => a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0));
  const carried = before.at(-1)?.price;
  return {
    start,
    open: own[0]?.price ?? carried,
    high: own.length === 0 ? carried : Math.max(...own.map(({ price }) => price)),
    low: own.length === 0 ? carried : Math.min(...own.map(({ price }) => price)),
    close: own.at(-1)?.price ?? carried,
    volume: sum(own.map(({ qty }) => qty)),
    turnover: sum(own.map(({ price, qty }) => price * qty)),
    count: own.length,
    buy_volume: sum(own.filter(({ side }) => side === 'buy').map(({ qty }) => qty)),
    sell_volume: sum(own.filter(({ side }) => side === 'sell').map(({ qty }) => qty)),
  };
}

describe('candles', () => {
  it('agree with a naive recomputation, in whatever order trades come and candles close', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('trade' as const),
        offset: fc.nat(12 * MINUTE),
        price: fc.integer({ min: 1, max: 50 }),
        qty: fc.integer({ min: 1, max: 9 }),
        side: fc.constantFrom('buy' as const, 'sell' as const),
      }),
      fc.record({ kind: fc.constant('advance' as const), offset: fc.nat(12 * MINUTE) }),
    );
    const timeframe = fc.constantFrom('1m' as const, '5m' as const);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), timeframe, (steps, frame) => {
        const { candles, issued } = series(frame);
        const length = frame === '1m' ? MINUTE : 5 * MINUTE;
        const trades: TradeEvent[] = [];
        let now = T0;
        for (const one of steps) {
          if (one.kind === 'trade') {
            const { offset, price, qty, side } = one;
            const next = trade({
              id: `t${trades.length}`,
              timestamp: T0 + offset,
              seq: offset,
              price,
              qty,
              side,
            });
            trades.push(next);
            candles.add(next, LATER);
          } else {
            now = Math.max(now, T0 + one.offset);
            candles.advance(unixMs(now));
          }
        }
        candles.advance(unixMs(T0 + 30 * MINUTE));
        const kept = candles.list();
        for (const [index, candle] of kept.entries()) {
          const { start, open, high, low, close, volume, turnover, count, buy_volume, sell_volume } = candle;
          const got = { start, open, high, low, close, volume, turnover, count, buy_volume, sell_volume };
          assert.deepEqual(got, naiveCandle(trades, start, length));
          assert.equal(start, (kept[0]?.start ?? 0) + index * length, 'no candle is left out');
        }
        assert.equal(
          kept.reduce((sum, { count }) => sum + count, 0),
          trades.length,
        );
        // What was issued last for each candle is what it is now, and revisions only grow.
        const last = new Map<number, Candle>();
        for (const candle of issued) {
          const before = last.get(candle.start);
          if (before !== undefined) assert.ok(candle.revision > before.revision);
          last.set(candle.start, candle);
        }
        for (const candle of kept.filter(({ closed }) => closed))
          assert.deepEqual(last.get(candle.start), candle);
      }),
      { numRuns: 300 },
    );
  });

  it('close a second after their end, also without a trade', () => {
    const { candles, issued } = series();
    candles.add(trade({ price: 7 }), unixMs(T0));
    candles.advance(unixMs(T0 + MINUTE + 999));
    assert.equal(issued.length, 0);
    candles.advance(unixMs(T0 + MINUTE + 1_000));
    assert.equal(issued.length, 1);
    assert.equal(issued[0]?.closed, true);
    candles.advance(unixMs(T0 + 3 * MINUTE + 1_000));
    assert.deepEqual(
      issued.map(({ start, count, close }) => [(start - T0) / MINUTE, count, close]),
      [
        [0, 1, 7],
        [1, 0, 7],
        [2, 0, 7],
      ],
    );
  });

  it('are issued again, once and with a higher revision, after late trades', () => {
    const { candles, issued } = series();
    candles.add(trade({ price: 7 }), unixMs(T0));
    candles.advance(unixMs(T0 + 3 * MINUTE));
    issued.length = 0;
    candles.add(trade({ id: 'b', timestamp: T0 + 5, price: 9 }), unixMs(T0 + 3 * MINUTE));
    candles.add(trade({ id: 'c', timestamp: T0 + 6, price: 8 }), unixMs(T0 + 3 * MINUTE));
    candles.advance(unixMs(T0 + 3 * MINUTE));
    assert.deepEqual(
      issued.map(({ start, high, close, revision }) => [(start - T0) / MINUTE, high, close, revision]),
      [
        [0, 9, 8, 2],
        [1, 8, 8, 2],
      ],
      'the flat candle after it follows its close',
    );
  });

  it('are not complete when they began before the first trade that was seen', () => {
    const { candles } = series();
    // Of the first millisecond of the candle others may have come before it.
    candles.add(trade({ timestamp: T0 }), LATER);
    candles.add(trade({ timestamp: T0 + MINUTE }), LATER);
    assert.deepEqual(
      candles.list().map(({ complete }) => complete),
      [false, true],
    );
  });

  it('are not complete because healed trades of a former run came before: of what that one was told nothing comes', () => {
    const { candles } = series();
    candles.add(trade({ id: 'healed', timestamp: T0 - 1, origin: 'healed' }), LATER);
    candles.add(trade({ id: 'live', timestamp: T0 + 5 }), LATER);
    candles.add(trade({ id: 'next', timestamp: T0 + MINUTE }), LATER);
    assert.deepEqual(
      candles.list().map(({ complete }) => complete),
      [false, false, true],
    );
  });

  it('are not complete while and where a gap touches them, and are when it is healed', () => {
    const { candles, issued } = series();
    candles.add(trade({ timestamp: T0 - 1 }), LATER);
    for (const minute of [0, 1, 2, 3]) candles.add(trade({ timestamp: T0 + minute * MINUTE + 5 }), LATER);
    const opened = gap({ from: { id: 'x', timestamp: T0 + MINUTE + 5 } });
    candles.gap(opened);
    const complete = () => candles.list(4).map((candle) => candle.complete);
    assert.deepEqual(complete(), [true, false, false, false]);
    candles.gap({ ...opened, to: { id: 'y', timestamp: T0 + 2 * MINUTE + 5 } });
    assert.deepEqual(complete(), [true, false, false, true]);
    candles.advance(unixMs(T0 + 4 * MINUTE + 1_000));
    issued.length = 0;
    candles.gap({ ...opened, state: 'healed' });
    candles.advance(unixMs(T0 + 4 * MINUTE + 1_000));
    assert.deepEqual(complete(), [true, true, true, true]);
    assert.deepEqual(
      issued.map(({ start, revision }) => [(start - T0) / MINUTE, revision]),
      [
        [1, 1],
        [2, 1],
      ],
    );
  });

  it('stay incomplete when an archive closes their gap: none of its trades is in them', () => {
    const { candles, issued } = series();
    candles.add(trade({ timestamp: T0 - 1 }), LATER);
    for (const minute of [0, 1]) candles.add(trade({ timestamp: T0 + minute * MINUTE + 5 }), LATER);
    candles.advance(unixMs(T0 + 2 * MINUTE + 1_000));
    const opened = gap({
      from: { id: 'x', timestamp: T0 + 5 },
      to: { id: 'y', timestamp: T0 + MINUTE - 1 },
    });
    candles.gap(opened);
    candles.advance(unixMs(T0 + 2 * MINUTE + 1_000));
    issued.length = 0;
    candles.gap({ ...opened, state: 'healed', healed_by: 'archive' });
    candles.advance(unixMs(T0 + 2 * MINUTE + 1_000));
    assert.deepEqual(
      candles.list(2).map(({ complete }) => complete),
      [false, true],
    );
    assert.deepEqual(issued, [], 'nothing has changed');
  });

  it('are complete again after the next live trade when a gap is lost without an end: that will never be told', () => {
    const { candles, issued } = series();
    candles.add(trade({ timestamp: T0 - 1 }), LATER);
    candles.add(trade({ timestamp: T0 + 5 }), LATER);
    const opened = gap({ from: { id: 'x', timestamp: T0 + MINUTE - 1 } });
    candles.gap(opened);
    candles.gap({ ...opened, state: 'lost' });
    candles.add(trade({ id: 'late', timestamp: T0 + 6 }), LATER);
    candles.add(trade({ id: 'healed', timestamp: T0 + MINUTE + 6, origin: 'healed' }), LATER);
    candles.add(trade({ id: 'next', timestamp: T0 + 2 * MINUTE + 5 }), LATER);
    candles.add(trade({ id: 'more', timestamp: T0 + 3 * MINUTE }), LATER);
    assert.deepEqual(
      candles.list(4).map(({ complete }) => complete),
      [false, false, false, true],
    );
    candles.advance(unixMs(T0 + 5 * MINUTE));
    assert.deepEqual(
      issued.map(({ complete }) => complete),
      [false, false, false, false, true],
    );
  });

  it('without trades are not complete during a gap: nothing seen is not nothing traded', () => {
    const { candles, issued } = series();
    candles.add(trade({ timestamp: T0 - 1 }), LATER);
    candles.add(trade(), LATER);
    candles.advance(unixMs(T0 + 1_000));
    issued.length = 0;
    candles.gap(gap());
    candles.advance(unixMs(T0 + 2 * MINUTE + 1_000));
    assert.deepEqual(
      issued.map(({ count, complete }) => [count, complete]),
      [
        [1, false],
        [0, false],
      ],
    );
  });

  it('keep at most a thousand, also after a long sleep', () => {
    const { candles, issued } = series();
    candles.add(trade(), unixMs(T0));
    candles.add(trade({ id: 'b', timestamp: T0 + 5_000 * MINUTE, price: 3 }), unixMs(T0 + 5_000 * MINUTE));
    const kept = candles.list();
    assert.equal(kept.length, 1_000);
    assert.equal(kept.at(-1)?.start, T0 + 5_000 * MINUTE);
    assert.equal(issued[0]?.start, T0, 'the candle that was in the making is not lost');
    candles.add(trade({ id: 'c' }), unixMs(T0 + 5_000 * MINUTE));
    assert.deepEqual(candles.list(), kept, 'what is older than all that can be kept changes nothing');
  });

  it('are not moved by a trade from the future', () => {
    const { candles } = series();
    candles.add(trade(), unixMs(T0));
    candles.add(trade({ id: 'b', timestamp: T0 + 60 * MINUTE }), unixMs(T0));
    assert.equal(candles.list().length, 1);
  });

  it('are not complete when a trade of theirs was refused, because our own clock had been set back', () => {
    const { candles } = series();
    candles.add(trade({ timestamp: T0 - 1 }), unixMs(T0));
    candles.add(trade(), unixMs(T0));
    candles.add(trade({ id: 'b', timestamp: T0 + 1 }), unixMs(T0 - 20 * MINUTE));
    candles.add(trade({ id: 'c', timestamp: T0 + MINUTE }), unixMs(T0 - 20 * MINUTE));
    candles.add(trade({ id: 'd', timestamp: T0 + MINUTE + 1 }), unixMs(T0 + MINUTE));
    candles.add(trade({ id: 'e', timestamp: T0 + 2 * MINUTE }), unixMs(T0 + 2 * MINUTE));
    assert.deepEqual(
      candles.list(3).map(({ count, complete }) => [count, complete]),
      [
        [1, false],
        [1, false],
        [1, true],
      ],
    );
  });

  it('tell sums without what adding doubles leaves behind', () => {
    const { candles } = series();
    for (const [index, qty] of [0.1, 0.2, 0.7, 1e9].entries())
      candles.add(trade({ id: `${index}`, timestamp: T0 + index, price: 3, qty }), unixMs(T0 + index));
    const [candle] = candles.list();
    assert.deepEqual([candle?.volume, candle?.turnover], [1_000_000_001, 3_000_000_003]);
    const { candles: small } = series();
    for (const [index, qty] of [0.1, 0.2].entries())
      small.add(trade({ id: `${index}`, timestamp: T0 + index, price: 3, qty }), unixMs(T0 + index));
    assert.equal(small.list()[0]?.volume, 0.3);
  });

  it('of inverse contracts have their turnover in the base coin', () => {
    const candles = new CandleSeries({ category: 'inverse', symbol: 'BTCUSD' }, '1m', () => {});
    candles.add(trade({ category: 'inverse', symbol: 'BTCUSD', price: 50_000, qty: 100 }), LATER);
    assert.equal(candles.list()[0]?.turnover, 0.002);
  });
});
