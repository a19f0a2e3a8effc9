/**
 * From filters and the list of what is traded to the symbols that are meant. Pure.
 *
 * A list of the first N changes with every look, and each change costs a subscription and a hole in somebody's data. So who is in
 * stays in until it has fallen behind rank N x 1.2, unless one from before rank N / 1.2 needs the seat.
 */
import type { InstrumentEvent } from '../events/market-events.ts';
import type { Instrument } from '../market.ts';
import type { SymbolFilter } from './symbol-selectors.ts';

/** What a decision needs of an instrument. */
export type Listed = Pick<
  InstrumentEvent,
  'category' | 'symbol' | 'status' | 'quote' | 'settle' | 'turnover_24h'
>;

/** Who is in stays until this many times N. */
const STAYS_UNTIL = 1.2;

/** The symbols of each filter of one market, by the filter's text, those with the most turnover first. */
export type Chosen = ReadonlyMap<string, readonly string[]>;

export type Resolution = {
  readonly chosen: Chosen;
  /** Filters that fit nothing, and those that cannot be answered since no turnover is known. */
  readonly empty: readonly string[];
  readonly unranked: readonly string[];
};

/** Answers the filters of one market. `excluded` are symbols of it; `before` is what was chosen the last time. */
export function resolveFilters(
  filters: readonly SymbolFilter[],
  listed: readonly Listed[],
  excluded: ReadonlySet<string>,
  before: Chosen,
): Resolution {
  const ranked = rankedByTurnover(
    listed.filter((one) => one.status === 'trading' && !excluded.has(one.symbol)),
  );
  const chosen = new Map<string, readonly string[]>();
  const empty: string[] = [];
  const unranked: string[] = [];
  for (const { category, coin, top, text } of filters) {
    const fitting = ranked.filter(
      (one) => one.category === category && (coin === undefined || one.quote === coin || one.settle === coin),
    );
    if (fitting.length === 0) empty.push(text);
    if (top !== undefined && fitting.length > 0 && fitting.every((one) => one.turnover_24h === undefined)) {
      unranked.push(text);
      continue;
    }
    const symbols = fitting.map(({ symbol }) => symbol);
    chosen.set(text, top === undefined ? symbols : seats(symbols, top, new Set(before.get(text))));
  }
  return { chosen, empty, unranked };
}

/** The `count` of `ranked` (best first) that get a seat, best first; `incumbents` had one. */
export function seats(
  ranked: readonly string[],
  count: number,
  incumbents: ReadonlySet<string>,
): readonly string[] {
  const taken = byPrecedence(ranked, count, (symbol) => incumbents.has(symbol)).slice(0, count);
  return taken.toSorted((a, b) => a.rank - b.rank).map(({ one }) => one);
}

/** Who gets a seat first when there are `count` of them. */
function byPrecedence<T>(
  ranked: readonly T[],
  count: number,
  isIn: (one: T) => boolean,
): readonly { readonly one: T; readonly rank: number }[] {
  const sure = Math.floor(count / STAYS_UNTIL);
  const until = Math.ceil(count * STAYS_UNTIL);
  const precedence = (one: T, rank: number): number => {
    if (rank < sure) return 0;
    return rank < until && isIn(one) ? 1 : 2;
  };
  return ranked
    .map((one, rank) => ({ one, rank, precedence: precedence(one, rank) }))
    .toSorted((a, b) => a.precedence - b.precedence || a.rank - b.rank);
}

/** Instruments in the order in which they are given up last; each with the number of its topics. */
export type Candidate = { readonly instrument: Instrument; readonly topics: number };

/**
 * As many candidates as fit in `room` topics. Turnovers of two markets are in different coins, so markets take turns: the first
 * of each, then the second. `isIn` says who was in the last time: they keep their place as in a list of the first N.
 */
export function withinRoom(
  markets: readonly (readonly Candidate[])[],
  room: number,
  isIn: (instrument: Instrument) => boolean,
): { readonly taken: readonly Candidate[]; readonly leftOut: number } {
  const longest = Math.max(0, ...markets.map((market) => market.length));
  const ranked = Array.from({ length: longest }, (_, rank) =>
    markets.flatMap((market) => market[rank] ?? []),
  ).flat();
  const plain = fill(ranked, room);
  if (plain.length === ranked.length) return { taken: ranked, leftOut: 0 };
  const order = byPrecedence(ranked, plain.length, ({ instrument }) => isIn(instrument));
  const taken = fill(
    order.map(({ one }) => one),
    room,
  );
  return { taken, leftOut: ranked.length - taken.length };
}

function fill(ranked: readonly Candidate[], room: number): readonly Candidate[] {
  let left = room;
  return ranked.filter(({ topics }) => {
    if (topics > left) return false;
    left -= topics;
    return true;
  });
}

/** The most turnover first; without one last; equals by name, so that the order is the same every time. */
function rankedByTurnover(listed: readonly Listed[]): readonly Listed[] {
  return listed.toSorted(
    (a, b) => (b.turnover_24h ?? -1) - (a.turnover_24h ?? -1) || (a.symbol < b.symbol ? -1 : 1),
  );
}
