/**
 * Is our book the exchange's? What one answer of its REST interface proves, and what it does not.
 *
 * Update ids of the two cannot be compared, the sequence of the matching engine can: an answer whose `seq` is that of one of our
 * states was identical in 58 of 58 cases (bybit-v5.md 3.2), so a difference is proof. Most answers lie between two pushes. There a
 * level is only suspect, and only when both neighbours agree on it and the answer does not: a level that is wrong in our book
 * for good shows up like that each time, one that changed in between does so once.
 */
import type { BookCheckEvent } from '../../shared/events/market-events.ts';
import type { Level } from '../../shared/market.ts';
import type { SequencedCopy } from './book-states.ts';

/** One price on which the two books disagree; null: the level is not there. */
export type LevelDifference = {
  readonly side: 'bid' | 'ask';
  readonly price: number;
  readonly ours: number | null;
  readonly theirs: number | null;
};

export type Judgement =
  | { readonly kind: 'equal' }
  | {
      readonly kind: 'different';
      readonly differences: readonly LevelDifference[];
      readonly ours: SequencedCopy;
    }
  /** No state of ours has that sequence; `ours` is the state before it, where there is one. */
  | {
      readonly kind: 'unjoined';
      readonly suspects: readonly LevelDifference[];
      readonly ours: SequencedCopy | undefined;
    };

/**
 * Judges an answer by our states, oldest first. Undefined while a state that may still come decides; `isOver`: nothing more is
 * waited for. `depth`: levels a side that both sides can show.
 */
export function judge(
  states: readonly SequencedCopy[],
  check: BookCheckEvent,
  depth: number,
  isOver: boolean,
): Judgement | undefined {
  const before = states.findLast(({ seq }) => seq < check.seq);
  const after = states.find(({ seq }) => seq > check.seq);
  const joined = states.filter(({ seq }) => seq === check.seq);
  const differing = joined.map((ours) => ({ ours, differences: differencesOf(ours, check, depth) }));
  if (differing.some(({ differences }) => differences.length === 0)) return { kind: 'equal' };
  // Another frame with the same sequence may be on its way.
  if (after === undefined && !isOver) return undefined;
  const last = differing.at(-1);
  if (last !== undefined) return { kind: 'different', ...last };
  if (before === undefined) return { kind: 'unjoined', suspects: [], ours: undefined };
  const suspects = common(
    differencesOf(before, check, depth),
    after === undefined ? undefined : differencesOf(after, check, depth),
  );
  return { kind: 'unjoined', suspects, ours: before };
}

/** What two lists say alike, of the first one; all of it where there is no second one. */
export function common(
  some: readonly LevelDifference[],
  others: readonly LevelDifference[] | undefined,
): readonly LevelDifference[] {
  if (others === undefined) return some;
  const known = new Set(others.map(nameOf));
  return some.filter((difference) => known.has(nameOf(difference)));
}

/** Every price of the best `depth` levels on which they disagree, best first, bids before asks. */
export function differencesOf(
  ours: Pick<SequencedCopy, 'bids' | 'asks'>,
  theirs: Pick<BookCheckEvent, 'bids' | 'asks'>,
  depth: number,
): readonly LevelDifference[] {
  return [
    ...sideDifferences('bid', ours.bids, theirs.bids, depth),
    ...sideDifferences('ask', ours.asks, theirs.asks, depth),
  ];
}

/** `ours`: price and quantity by turns, best first. */
function sideDifferences(
  side: 'bid' | 'ask',
  ours: Float64Array,
  theirs: readonly Level[],
  depth: number,
): readonly LevelDifference[] {
  const expected = new Map(theirs.slice(0, depth));
  const differences: LevelDifference[] = [];
  const end = Math.min(ours.length, 2 * depth);
  for (let index = 0; index < end; index += 2) {
    const price = ours[index] ?? 0;
    const qty = ours[index + 1] ?? 0;
    const there = expected.get(price) ?? null;
    expected.delete(price);
    if (there !== qty) differences.push({ side, price, ours: qty, theirs: there });
  }
  for (const [price, qty] of expected) differences.push({ side, price, ours: null, theirs: qty });
  const better = side === 'bid' ? -1 : 1;
  return differences.sort((a, b) => (a.price - b.price) * better);
}

function nameOf({ side, price, ours, theirs }: LevelDifference): string {
  return `${side} ${price} ${ours} ${theirs}`;
}
