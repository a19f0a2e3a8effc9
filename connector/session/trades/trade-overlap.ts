/**
 * What a list of recent trades says about a gap.
 *
 * The list is one unbroken run of trades in match order, as is what a socket brings. So nothing is missing between two trades
 * that are both in it, and where only one end of the gap is in it, all that lies on the gap's side of that end belongs into
 * the gap. Ids decide; times only tell on which side of the gap a list lies that holds neither end.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';

/** Where a trade stands among those of its symbol; as much as a gap's end tells of it. */
export type TradePlace = Pick<TradeEvent, 'id' | 'timestamp' | 'seq'>;

/**
 * `rows` are the trades of the list inside the gap, oldest first; what is still missing then lies
 * `whole`: nowhere; `head`: after them; `tail`: before them, for ever, since lists only move on; `island`: on both sides, the
 * side before them for ever. `beyond`: the list begins after the gap. `behind`: it lags and has not come to the gap, or
 * cannot be placed: a later one will tell.
 */
export type Overlap =
  | { readonly kind: 'whole' | 'head' | 'tail' | 'island'; readonly rows: readonly TradeEvent[] }
  | { readonly kind: 'beyond' | 'behind' };

/** A list of trades in match order, oldest first, each id once. */
export class RecentList {
  readonly #rows: readonly TradeEvent[];
  readonly #places = new Map<string, number>();

  constructor(rows: readonly TradeEvent[]) {
    this.#rows = rows;
    for (const [index, { id }] of rows.entries()) this.#places.set(id, index);
  }

  /** `from` is the last trade before the gap, `to` the first after it, if it has come. */
  overlap(from: TradePlace, to: TradePlace | undefined): Overlap {
    const start = this.#places.get(from.id);
    const end = to === undefined ? undefined : this.#places.get(to.id);
    if (start !== undefined && end !== undefined)
      return { kind: 'whole', rows: this.#rows.slice(start + 1, end) };
    if (start !== undefined) return { kind: 'head', rows: this.#rows.slice(start + 1) };
    if (end !== undefined) return { kind: 'tail', rows: this.#rows.slice(0, end) };
    return this.#apart(from, to);
  }

  #apart(from: TradePlace, to: TradePlace | undefined): Overlap {
    const oldest = this.#rows[0];
    const newest = this.#rows.at(-1);
    // A list that went on past `from` without holding it began after it.
    if (oldest === undefined || newest === undefined || !isBefore(from, newest)) return { kind: 'behind' };
    if (to === undefined || isBefore(newest, to)) return { kind: 'island', rows: this.#rows };
    // Of one that went on past `to` the same is true, and then nothing of it lies in the gap.
    return isBefore(to, newest) ? { kind: 'beyond' } : { kind: 'behind' };
  }
}

/** Is `a` surely before `b`? Trades of one match share time and seq: of them only a list or a socket tells the order. */
export function isBefore(a: TradePlace, b: TradePlace): boolean {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp;
  return a.seq !== undefined && b.seq !== undefined && a.seq < b.seq;
}

/** The place of the first trade that is surely newer than `last`. */
export function newerFrom(trades: readonly TradeEvent[], last: TradePlace): number {
  const place = trades.findIndex((trade) => isBefore(last, trade));
  return place < 0 ? trades.length : place;
}
