import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pageOfTape } from '../../../runner/api/trade-range.ts';
import type { TapePosition } from '../../../runner/context/tape.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { unixMs } from '../../../shared/time.ts';
import { fakeTrade } from './fake-ports.ts';

/** A tape, newest first, with many trades in the same millisecond. */
const tape = fc
  .array(fc.integer({ min: 0, max: 5 }), { maxLength: 60, size: 'max' })
  .map((steps) => {
    let timestamp = 1_000;
    return steps.map((step, index): TradeEvent => {
      timestamp += step < 3 ? 0 : step;
      return { ...fakeTrade(1), timestamp, id: `t${index}` };
    });
  })
  .map((trades) => trades.reverse());
const range = fc.tuple(fc.integer({ min: 990, max: 1_200 }), fc.integer({ min: 990, max: 1_200 }));

test('all pages together are the range, each row once, in order, whatever the size of a page', () => {
  fc.assert(
    fc.property(tape, range, fc.integer({ min: 1, max: 20 }), (trades, [one, two], limit) => {
      const query = { start: unixMs(Math.min(one, two)), end: unixMs(Math.max(one, two)), limit };
      const rows: TradeEvent[] = [];
      let after: TapePosition | null = null;
      do {
        const page = pageOfTape(trades, { ...query, after });
        assert.ok(page.rows.length <= limit);
        assert.ok(page.rows.length === limit || page.next === null, 'only the last page is short');
        rows.push(...page.rows);
        after = page.next;
      } while (after !== null);
      const want = trades.filter(({ timestamp }) => timestamp >= query.start && timestamp <= query.end);
      assert.deepEqual(rows, want);
    }),
  );
});

test('new trades and forgotten old ones between two pages repeat nothing', () => {
  const trades = Array.from({ length: 10 }, (_, index) => fakeTrade(10 - index));
  const query = { start: unixMs(0), end: unixMs(Number.MAX_SAFE_INTEGER), limit: 4 };
  const first = pageOfTape(trades, { ...query, after: null });
  const moved = [fakeTrade(12), fakeTrade(11), ...trades.slice(0, -2)];
  const second = pageOfTape(moved, { ...query, after: first.next });
  assert.deepEqual(
    second.rows.map(({ id }) => id),
    ['t6', 't5', 't4', 't3'],
  );
  assert.equal(second.next, null);
});

test('when the last row of a page has left the tape, what is newer in its millisecond is not repeated', () => {
  const same = (id: string): TradeEvent => ({ ...fakeTrade(1), timestamp: 1_000, id });
  const after = { timestamp: 1_000, seq: null, id: 'b' };
  const query = { start: unixMs(0), end: unixMs(2_000), limit: 10, after };
  assert.deepEqual(pageOfTape([same('d'), same('c'), same('b'), same('a')], query).rows, [same('a')]);
  assert.deepEqual(pageOfTape([same('d'), same('c')], query).rows, []);
});
