/** Two books side by side: what differs, against a naive oracle, and what a look proves when nothing is wrong or one level is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BookStates, type SequencedCopy } from '../../../runner/audit/book-states.ts';
import { differencesOf, judge } from '../../../runner/audit/judgement.ts';
import { BookSide } from '../../../runner/context/book-side.ts';
import type { CopiedBook } from '../../../runner/context/order-book.ts';
import type { Level } from '../../../shared/market.ts';
import { bookCheck } from './audit-world.ts';

type Sides = { readonly bids: Map<number, number>; readonly asks: Map<number, number> };

const best = (side: Map<number, number>, sign: 1 | -1, depth: number): Level[] =>
  [...side].toSorted(([a], [b]) => (a - b) * sign).slice(0, depth);
const levelsOf = ({ bids, asks }: Sides, depth: number) => ({
  bids: best(bids, -1, depth),
  asks: best(asks, 1, depth),
});

function bookOf(sides: Sides, seq: number | undefined, depth: number): CopiedBook {
  const { bids, asks } = levelsOf(sides, depth);
  const book = { seq, lastUpdateId: seq ?? 0, bids: new BookSide('buy'), asks: new BookSide('sell') };
  book.bids.replace(bids);
  book.asks.replace(asks);
  return book;
}

function copyOf(sides: Sides, seq: number, depth: number): SequencedCopy {
  const states = new BookStates(2, depth);
  states.add(bookOf(sides, seq, depth));
  const [copy] = states.list();
  assert.ok(copy);
  return copy;
}

/** The same, said as plainly as possible. */
function naive(ours: Sides, theirs: Sides, depth: number): string[] {
  const said: string[] = [];
  for (const [name, sign] of [
    ['bids', -1],
    ['asks', 1],
  ] as const) {
    const mine = new Map(best(ours[name], sign, depth));
    const other = new Map(best(theirs[name], sign, depth));
    const prices = [...new Set([...mine.keys(), ...other.keys()])].toSorted((a, b) => (a - b) * sign);
    for (const price of prices) {
      const [a, b] = [mine.get(price) ?? null, other.get(price) ?? null];
      if (a !== b) said.push(`${name} ${price} ${a} ${b}`);
    }
  }
  return said;
}

const side = (from: number, to: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: 1, max: 3 })), { maxLength: 8 })
    .map((levels) => new Map(levels));
const book = fc.record({ bids: side(1, 10), asks: side(11, 20) });

/** One change of a book: a quantity, or a level that goes. */
const change = fc.record({
  isBid: fc.boolean(),
  step: fc.integer({ min: 0, max: 9 }),
  qty: fc.integer({ min: 0, max: 3 }),
});

function changed(
  { bids, asks }: Sides,
  { isBid, step, qty }: { isBid: boolean; step: number; qty: number },
): Sides {
  const next = { bids: new Map(bids), asks: new Map(asks) };
  const [levels, price] = isBid ? [next.bids, 1 + step] : [next.asks, 11 + step];
  if (qty === 0) levels.delete(price);
  else levels.set(price, qty);
  return next;
}

describe('a judgement', () => {
  it('names every price on which two books disagree, best first', () => {
    fc.assert(
      fc.property(book, book, fc.integer({ min: 1, max: 9 }), (ours, theirs, depth) => {
        const found = differencesOf(copyOf(ours, 1, 9), levelsOf(theirs, 9), depth);
        assert.deepEqual(
          found.map((one) => `${one.side}s ${one.price} ${one.ours} ${one.theirs}`),
          naive(ours, theirs, depth),
        );
      }),
    );
  });

  it('never calls a true book different, wherever the look falls; one wrong level at an equal sequence always', () => {
    const seen = { equal: 0, unjoined: 0, different: 0 };
    fc.assert(
      fc.property(
        book,
        fc.array(fc.record({ change, isPushed: fc.boolean() }), { minLength: 2, maxLength: 12, size: 'max' }),
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        change,
        (first, steps, at, depth, wrong) => {
          // Each step has a sequence of its own; only some are pushed.
          const states = new BookStates(50, depth);
          const truth = [first];
          states.add(bookOf(first, 100, depth));
          steps.forEach(({ change: one, isPushed }, index) => {
            const next = changed(truth.at(-1) ?? first, one);
            truth.push(next);
            if (isPushed) states.add(bookOf(next, 101 + index, depth));
          });
          const place = at % truth.length;
          const exchange = truth[place] ?? first;
          const seq = 100 + place;
          const honest = judge(states.list(), bookCheck(seq, levelsOf(exchange, depth)), depth, true);
          assert.ok(honest !== undefined && honest.kind !== 'different');
          seen[honest.kind] += 1;
          const isPushed = states.list().some((state) => state.seq === seq);
          assert.equal(honest.kind === 'equal', isPushed);
          const other = changed(exchange, wrong);
          const expected = naive(exchange, other, depth);
          if (!isPushed || expected.length === 0) return;
          const verdict = judge(states.list(), bookCheck(seq, levelsOf(other, depth)), depth, true);
          assert.ok(verdict?.kind === 'different');
          seen.different += 1;
          assert.deepEqual(
            verdict.differences.map((one) => `${one.side}s ${one.price} ${one.ours} ${one.theirs}`),
            expected,
          );
        },
      ),
      { numRuns: 1_000 },
    );
    assert.ok(
      Object.values(seen).every((times) => times > 100),
      JSON.stringify(seen),
    );
  });

  const states = (...list: readonly (readonly [seq: number, qty: number])[]) => {
    const kept = new BookStates(50, 1);
    for (const [seq, qty] of list)
      kept.add(bookOf({ bids: new Map([[10, qty]]), asks: new Map([[11, 1]]) }, seq, 1));
    return kept.list();
  };
  const look = (seq: number, qty: number) => bookCheck(seq, { bids: [[10, qty]], asks: [[11, 1]] });

  it('waits for a state that may still come, and for another frame of the same sequence', () => {
    assert.equal(judge(states([1, 5]), look(2, 6), 1, false), undefined);
    assert.equal(judge(states([1, 5], [2, 6]), look(2, 6), 1, false)?.kind, 'equal');
    assert.equal(judge(states([2, 5]), look(2, 6), 1, false), undefined);
    assert.equal(judge(states([2, 5], [2, 6]), look(2, 6), 1, false)?.kind, 'equal');
    assert.equal(judge(states([2, 5], [3, 6]), look(2, 6), 1, false)?.kind, 'different');
    assert.equal(judge(states([2, 5]), look(2, 6), 1, true)?.kind, 'different');
  });

  it('suspects a level only where both neighbours agree on it', () => {
    const suspects = (judgement: ReturnType<typeof judge>) =>
      judgement?.kind === 'unjoined' ? judgement.suspects.length : undefined;
    assert.equal(suspects(judge(states([1, 5], [3, 5]), look(2, 6), 1, false)), 1);
    assert.equal(suspects(judge(states([1, 5], [3, 7]), look(2, 6), 1, false)), 0);
    assert.equal(suspects(judge(states([1, 5], [3, 6]), look(2, 6), 1, false)), 0);
    assert.equal(suspects(judge(states([1, 5]), look(2, 6), 1, true)), 1, 'a book that stands still');
    assert.equal(suspects(judge(states([3, 5]), look(2, 6), 1, true)), 0, 'older than all that we have');
    assert.equal(suspects(judge([], look(2, 6), 1, true)), 0);
  });
});

describe('the states of a book', () => {
  it('are bounded by number and by levels, and begin anew where the sequence goes down', () => {
    const empty = { bids: new Map(), asks: new Map() };
    const copy = (seq: number | undefined) => bookOf(empty, seq, 1);
    const few = new BookStates(3, 50);
    for (const seq of [1, 2, undefined, 2, 3, 4]) few.add(copy(seq));
    assert.deepEqual(
      few.list().map(({ seq }) => seq),
      [2, 3, 4],
    );
    few.add(copy(1));
    assert.deepEqual(
      few.list().map(({ seq }) => seq),
      [1],
    );
    const deep = new BookStates(256, 1_000);
    for (let seq = 1; seq <= 100; seq += 1) deep.add(copy(seq));
    assert.equal(deep.list().length, 50);
    assert.deepEqual([deep.list()[0]?.seq, deep.list().at(-1)?.seq], [51, 100], 'the oldest ones left');
  });
});
