/** The order that hftbacktest demands, for arbitrary rows; and what is in memory for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  EventOrder,
  FeedMeasure,
  OrderCheck,
} from '../../../../connector/history/hftbacktest/event-order.ts';
import { feedRow } from '../../../../connector/history/hftbacktest/feed-rows.ts';
import type { EventRow } from '../../../../shared/hftbacktest.ts';
import { book, inOrder, mapped, trade } from './feeds.ts';

const [EXCH, LOCAL, KIND] = [0x80000000n, 0x40000000n, 0xffn];
const [trades, changes] = [0x20000002n, 0x10000001n];

/** Few different times, so that equal ones are frequent. The price tells which row it is. */
const manyRows = fc
  .array(
    fc.record({
      ev: fc.constantFrom(trades, changes),
      exch: fc.bigInt({ min: 0n, max: 12n }),
      latency: fc.bigInt({ min: -4n, max: 9n }),
      step: fc.bigInt({ min: 0n, max: 3n }),
    }),
    { size: 'max', maxLength: 200 },
  )
  .map((list) => {
    let now = 0n;
    return list.map(({ ev, exch, latency, step }, index) => {
      now += step;
      return feedRow(ev, now + exch, now + exch + latency, index + 1, 1);
    });
  });

const seenBy = (rows: readonly EventRow[], flag: bigint): readonly EventRow[] =>
  rows.filter(({ ev }) => (ev & flag) !== 0n);
const bare = (row: EventRow): EventRow => ({ ...row, ev: row.ev & ~(EXCH | LOCAL) });
const byTime = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const isTrade = (row: EventRow): boolean => (row.ev & KIND) === 2n;

describe('the order of rows', () => {
  it('shows each side every row once, by its own time; of one time at the exchange trades come first, else as told', () => {
    fc.assert(
      fc.property(manyRows, (rows) => {
        const { rows: written } = inOrder(rows, 2n);
        const least = rows.map((row) => row.local_ts - row.exch_ts).toSorted(byTime)[0] ?? 0n;
        const shift = least < 0n ? 2n - least : 0n;
        const received = rows.map((row) => ({ ...row, local_ts: row.local_ts + shift }));
        // A stable sort of all of them, as upstream does it.
        const atExchange = received.toSorted(
          (a, b) => byTime(a.exch_ts, b.exch_ts) || Number(isTrade(b)) - Number(isTrade(a)),
        );
        const atReceipt = received.toSorted((a, b) => byTime(a.local_ts, b.local_ts));
        assert.deepEqual(seenBy(written, EXCH).map(bare), atExchange);
        assert.deepEqual(seenBy(written, LOCAL).map(bare), atReceipt);
        assert.ok(written.every(({ ev }) => (ev & (EXCH | LOCAL)) !== 0n));
        assert.ok(
          written.every(({ exch_ts, local_ts }) => local_ts >= exch_ts),
          'received before it happened',
        );
      }),
      { numRuns: 300 },
    );
  });

  it('tells a row once where it stands at one place in both orders', () => {
    const rows = mapped([trade(0), book(10, [[100, 1]], []), trade(20)]);
    assert.deepEqual(
      inOrder(rows).rows.map(({ ev }) => ev & (EXCH | LOCAL)),
      [EXCH | LOCAL, EXCH | LOCAL, EXCH | LOCAL],
    );
  });

  it('puts a trade before the change of the book that it caused, whichever was received first', () => {
    const rows = mapped([book(10, [[100, 1]], []), trade(10, { received_at: 1_700_000_000_030_000 })]);
    const atExchange = seenBy(inOrder(rows).rows, EXCH);
    assert.deepEqual(atExchange.map(isTrade), [true, false]);
    assert.deepEqual(seenBy(inOrder(rows).rows, LOCAL).map(isTrade), [false, true]);
  });
});

describe('the receipts', () => {
  const withLatencies = (...latencies: readonly bigint[]): readonly EventRow[] =>
    latencies.map((latency, index) =>
      feedRow(trades, BigInt(index) * 100n, BigInt(index) * 100n + latency, 1, 1),
    );
  const latencies = (rows: readonly EventRow[]): readonly bigint[] =>
    rows.map((row) => row.local_ts - row.exch_ts);

  it('are all made later by as much as the worst was early, plus the base latency', () => {
    assert.deepEqual(latencies(inOrder(withLatencies(10n, -10n, 30n), 5n).rows), [25n, 5n, 45n]);
  });

  it('stay as they are when none was early', () => {
    assert.deepEqual(latencies(inOrder(withLatencies(10n, 0n, 30n), 5n).rows), [10n, 0n, 30n]);
  });
});

describe('memory', () => {
  it('holds the rows of the span by which rows are late, not those of the feed', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => {
      const late = index % 50 === 49 ? 40n : 0n;
      return feedRow(
        index % 3 === 0 ? trades : changes,
        BigInt(index) - late,
        BigInt(index) + 100n,
        index,
        1,
      );
    });
    const { rows: written, waited } = inOrder(rows);
    assert.ok(waited < 200, `${waited} rows waited`);
    assert.equal(seenBy(written, EXCH).length, rows.length);
  });

  it('has a limit, whose message says what to do', () => {
    const order = new EventOrder({ exch: 1_000_000n, local: 0n }, 100);
    assert.throws(
      () => {
        for (let index = 0n; index <= 100n; index += 1n) order.add(trades, index, index, 1, 1);
      },
      { code: 'too_far_out_of_order', message: /healedTrades.*shorter span.*waitingMax/ },
    );
  });
});

it('the check names the side that goes backwards, and looks at no row that the side does not see', () => {
  const verdicts = (...rows: readonly (readonly [bigint, bigint, bigint])[]): readonly unknown[] => {
    const check = new OrderCheck();
    return rows.map((row) => check.add(...row));
  };
  assert.deepEqual(verdicts([EXCH, 5n, 9n], [EXCH, 4n, 9n]), [undefined, 'exchange']);
  assert.deepEqual(verdicts([LOCAL, 5n, 9n], [LOCAL, 5n, 8n]), [undefined, 'local']);
  assert.deepEqual(verdicts([EXCH, 5n, 9n], [LOCAL, 4n, 8n], [EXCH | LOCAL, 5n, 8n]), [
    undefined,
    undefined,
    undefined,
  ]);
});

it('measures how late rows are on each side, and the least latency', () => {
  const measure = new FeedMeasure();
  assert.equal(measure.leastLatency, undefined);
  for (const [exch, local] of [
    [10n, 20n],
    [4n, 25n],
    [30n, 22n],
    [29n, 40n],
  ] as const)
    measure.add(exch, local);
  assert.deepEqual(measure.lateness, { exch: 6n, local: 3n });
  assert.equal(measure.leastLatency, -8n);
  assert.equal(measure.rows, 4);
});
