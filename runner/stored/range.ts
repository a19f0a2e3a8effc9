/**
 * A page of trades from memory and, where memory does not hold all of it, from what is stored. Pure.
 *
 * Both are joined a millisecond at a time: of one that both know, the tape's trades count and those of the store that the tape does not have. So a
 * page needs no trade at which one ends and the other begins, and it does not matter what leaves the tape between two pages. A page that ends
 * within a millisecond goes on after its last trade, or, when neither knows that any more, after as many trades of that millisecond as were told.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Category } from '../../shared/market.ts';
import { type Span, united, without } from '../../shared/spans.ts';
import type { Tape, TapePosition, TapeRange } from '../context/tape.ts';

/** `told`: how many trades of that millisecond were told, this one included. */
export type RangePosition = TapePosition & { readonly told?: number };
export type RangeWish = Omit<TapeRange, 'after'> & { readonly after: RangePosition | null };

/** Newest first. `next` is null when there are no more. */
export type RangePage = {
  readonly rows: readonly TradeEvent[];
  readonly next: RangePosition | null;
  /** What of the page's stretch of time nobody here holds completely, ascending. None is the same as left out. */
  readonly missing?: readonly Span[];
};

/** What is asked of the store: ms, half-open, and at least so many of the newest trades. */
export type StoreWish = Span & { readonly limit: number };

/** A trade with what stored it. */
export type StoredRow = TradeEvent & { readonly source: string | null };

export type StoreAnswer = {
  /** Newest first; the oldest millisecond is whole. */
  readonly rows: readonly StoredRow[];
  readonly more: boolean;
  /** What the answer is about, and what of that is not stored completely. */
  readonly about: Span;
  readonly missing: readonly Span[];
};

/** What memory holds of a wish, taken in one moment. */
export type MemoryPart = {
  /** Newest first, from the millisecond of the position on; the oldest millisecond is whole. */
  readonly rows: readonly TradeEvent[];
  /** Of these spans every trade is on the tape. */
  readonly covered: readonly Span[];
  /** Of these the store has nothing either. */
  readonly hopeless: readonly Span[];
  /** Nothing has happened since, ms: what is later is not missing. */
  readonly until: number;
};

/**
 * Of which time every trade is on the tape: behind its oldest millisecond, which may have lost some, without what was missed.
 *
 * @param oldest - of the tape; null while it is empty
 * @param until - how far the exchange's time has come, excluded
 */
export function coveredByTape(
  oldest: number | null,
  missed: readonly Span[],
  until: number,
): readonly Span[] {
  return oldest === null ? [] : without([{ from: oldest + 1, to: until }], united(missed));
}

/** What of a wish is on the tape, and enough of it to know whether the page has a next one. */
export function onTape(
  tape: Pick<Tape, 'range'>,
  { start, end, limit, after }: RangeWish,
): readonly TradeEvent[] {
  const last = after?.timestamp ?? end;
  const want = limit + 1 + (after?.told ?? 0);
  const page = tape.range({ start, end: Math.min(end, last), limit: want, after: null });
  const oldest = page.rows.at(-1)?.timestamp;
  if (page.next === null || oldest === undefined) return page.rows;
  const whole = tape.range({ start: oldest, end: oldest, limit: Number.POSITIVE_INFINITY, after: null });
  return [...page.rows.filter(({ timestamp }) => timestamp > oldest), ...whole.rows];
}

/** What the page needs of the store; undefined when memory holds all of it. */
export function storeWishOf(
  wish: RangeWish,
  { rows, covered, hopeless, until }: MemoryPart,
): StoreWish | undefined {
  const left = behind(rows, wish.after);
  const stretch = stretchOf(wish, left, left.length > wish.limit, until);
  const needed = without([stretch], united([...covered, ...hopeless])).at(-1);
  if (needed === undefined) return undefined;
  const fromTape = left.findIndex(({ timestamp }) => timestamp < needed.to);
  const limit = wish.limit + 1 - (fromTape === -1 ? left.length : fromTape) + (wish.after?.told ?? 0);
  return { from: wish.start, to: needed.to, limit };
}

/** Undefined when what is stored changed so much meanwhile that the page cannot be told. */
export function pageOf(
  category: Category,
  wish: RangeWish,
  memory: MemoryPart,
  answer: StoreAnswer | undefined,
): RangePage | undefined {
  const floor = answer?.more === true ? answer.about.from : wish.start;
  const inMemory = memory.rows.filter(({ timestamp }) => timestamp >= floor);
  const all = behind(joined(category, inMemory, answer?.rows ?? []), wish.after);
  const rows = all.slice(0, wish.limit);
  const hasMore = all.length > rows.length || answer?.more === true;
  const last = rows.at(-1);
  if (hasMore && last === undefined) return undefined;
  const stored = answer === undefined ? [] : without([answer.about], answer.missing);
  const held = united([...memory.covered, ...stored]);
  const missing = without([stretchOf(wish, rows, hasMore, memory.until)], held);
  return { rows, next: last === undefined || !hasMore ? null : positionOf(rows, last, wish.after), missing };
}

function positionOf(
  rows: readonly TradeEvent[],
  { timestamp, seq, id }: TradeEvent,
  after: RangePosition | null,
): RangePosition {
  const here = rows.filter((row) => row.timestamp === timestamp).length;
  const before = after?.timestamp === timestamp ? (after.told ?? 0) : 0;
  return { timestamp, seq: seq ?? null, id, told: here + before };
}

/** The time that a page is about: down to its last trade when there are more. What has not happened yet is not in it. */
function stretchOf(
  { start, end, limit, after }: RangeWish,
  rows: readonly TradeEvent[],
  hasMore: boolean,
  until: number,
): Span {
  const to = Math.min(end, after?.timestamp ?? end) + 1;
  const last = hasMore ? rows[Math.min(limit, rows.length) - 1] : undefined;
  return { from: last?.timestamp ?? start, to: Math.min(to, until) };
}

/** What comes after a place. Rows begin with its millisecond, or later ones. */
function behind(rows: readonly TradeEvent[], after: RangePosition | null): readonly TradeEvent[] {
  if (after === null) return rows;
  const { timestamp, id, told } = after;
  const there = rows.findIndex((row) => row.timestamp === timestamp && row.id === id);
  if (there !== -1) return rows.slice(there + 1);
  const here = rows.filter((row) => row.timestamp === timestamp).length;
  return rows.slice(Math.min(here, told ?? here));
}

function joined(
  category: Category,
  tape: readonly TradeEvent[],
  stored: readonly StoredRow[],
): readonly TradeEvent[] {
  if (stored.length === 0) return tape;
  const all: TradeEvent[] = [];
  let [atTape, atStored] = [0, 0];
  for (;;) {
    const time = Math.max(tape[atTape]?.timestamp ?? -1, stored[atStored]?.timestamp ?? -1);
    if (time === -1) return all;
    const [fromTape, fromStored] = [atTape, atStored];
    while (tape[atTape]?.timestamp === time) atTape += 1;
    while (stored[atStored]?.timestamp === time) atStored += 1;
    all.push(...moment(category, tape.slice(fromTape, atTape), stored.slice(fromStored, atStored)));
  }
}

/** The trades of one millisecond. What the tape does not have is older than what it has, unless sequences say otherwise. */
function moment(
  category: Category,
  tape: readonly TradeEvent[],
  stored: readonly StoredRow[],
): readonly TradeEvent[] {
  if (tape.length === 0) return stored;
  // An archive of spot has ids of its own.
  const byId = category !== 'spot' || stored.every(({ source }) => source !== 'archive');
  const nameOf = ({ id, price, qty, side }: TradeEvent): string => (byId ? id : `${price} ${qty} ${side}`);
  const there = new Map<string, number>();
  for (const row of tape) there.set(nameOf(row), (there.get(nameOf(row)) ?? 0) + 1);
  const more = stored.filter((row) => {
    const left = there.get(nameOf(row)) ?? 0;
    if (left > 0) there.set(nameOf(row), left - 1);
    return left === 0;
  });
  const all = [...tape, ...more];
  if (more.length === 0 || all.some(({ seq }) => seq === undefined)) return all;
  return all.toSorted((one, other) => (other.seq ?? 0) - (one.seq ?? 0));
}
