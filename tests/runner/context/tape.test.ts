import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Tape, type TapePosition } from '../../../runner/context/tape.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { T0, trade } from '../intake/events.ts';

/** Trades with few different times, in order of arrival. */
const arrivals = fc
  .array(fc.record({ offset: fc.nat(8), seq: fc.nat(3) }), { maxLength: 60, size: 'max' })
  .map((drawn) =>
    drawn.map(({ offset, seq }, index) => trade({ id: `t${index}`, timestamp: T0 + offset, seq })),
  );

const ids = (trades: readonly TradeEvent[]) => trades.map(({ id }) => id);

const shown = (tape: Tape) => ids([...tape.newestFirst()]);

function filled(trades: readonly TradeEvent[], capacity = 1_000): Tape {
  const tape = new Tape(capacity);
  for (const one of trades) tape.push(one);
  return tape;
}

/** Sorting is stable, so trades of one time and sequence keep the order of arrival. */
function naive(trades: readonly TradeEvent[]): TradeEvent[] {
  return trades.toSorted((a, b) => a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0)).toReversed();
}

describe('the tape', () => {
  it('is sorted by time, sequence and arrival, in whatever order trades come', () => {
    fc.assert(
      fc.property(arrivals, (trades) => {
        const tape = filled(trades);
        assert.deepEqual(shown(tape), ids(naive(trades)));
      }),
    );
  });

  it('never holds more than its capacity, and says what it holds', () => {
    const trades = Array.from({ length: 5_000 }, (_, index) =>
      trade({ id: `t${index}`, timestamp: T0 + index }),
    );
    const tape = filled(trades, 10);
    assert.deepEqual(shown(tape), ids(naive(trades).slice(0, 10)));
    assert.deepEqual(tape.stats(), {
      count: 10,
      capacity: 10,
      oldest: T0 + 4_990,
      newest: T0 + 4_999,
    });
  });

  it('lets the oldest leave although it came last', () => {
    const tape = filled([trade({ id: 'b', timestamp: T0 + 2 }), trade({ id: 'c', timestamp: T0 + 3 })], 2);
    tape.push(trade({ id: 'a', timestamp: T0 + 1 }));
    assert.deepEqual(shown(tape), ['c', 'b']);
  });

  it('is empty in the beginning', () => {
    const tape = new Tape(5);
    assert.equal(tape.newest(), undefined);
    assert.deepEqual(shown(tape), []);
    assert.deepEqual(tape.range({ start: 0, end: T0, limit: 5, after: null }), { rows: [], next: null });
    tape.forgetOldest();
    assert.equal(tape.stats().oldest, null);
  });

  it('pages through a range so that every trade is told exactly once', () => {
    const question = fc.record({ start: fc.nat(8), end: fc.nat(8), limit: fc.integer({ min: 1, max: 7 }) });
    fc.assert(
      fc.property(arrivals, question, (trades, { start, end, limit }) => {
        const tape = filled(trades);
        const told: string[] = [];
        let after: TapePosition | null = null;
        do {
          const page = tape.range({ start: T0 + start, end: T0 + end, limit, after });
          assert.ok(page.rows.length === limit || page.next === null);
          told.push(...ids(page.rows));
          after = page.next;
        } while (after !== null);
        const wanted = naive(trades).filter(
          ({ timestamp }) => timestamp >= T0 + start && timestamp <= T0 + end,
        );
        assert.deepEqual(told, ids(wanted));
      }),
    );
  });

  it('pages on without repeating anything while trades come and go', () => {
    fc.assert(
      fc.property(arrivals, fc.nat(60), fc.integer({ min: 1, max: 7 }), (trades, split, limit) => {
        const tape = filled(trades.slice(0, split), 30);
        const everything = { start: T0, end: T0 + 10, limit };
        const first = tape.range({ ...everything, after: null });
        for (const one of trades.slice(split)) tape.push(one);
        if (first.next === null) return;
        const second = tape.range({ ...everything, after: first.next });
        const order = ids(naive(trades));
        const lastShown = order.indexOf(first.next.id);
        for (const id of ids(second.rows)) assert.ok(order.indexOf(id) > lastShown);
      }),
    );
  });

  it('repeats nothing of a millisecond whose last shown trade has been forgotten', () => {
    const tape = filled(['a', 'b', 'c', 'd'].map((id) => trade({ id, timestamp: T0, seq: 1 })));
    const range = { start: T0, end: T0, limit: 10, after: { timestamp: T0, seq: 1, id: 'b' } };
    assert.deepEqual(ids(tape.range(range).rows), ['a']);
    tape.forgetOldest();
    tape.forgetOldest();
    assert.deepEqual(tape.range(range), { rows: [], next: null });
  });
});
