/** The newest ids of one topic, and what each of several sockets brought of them. */
import { Ring } from '../../../shared/ring.ts';
import { isBefore, type TradePlace } from './trade-overlap.ts';

/** Ids remembered a topic (DESIGN 6, memory), once for live trades and once for healed ones. */
export const REMEMBERED_TRADES = 1_024;

/** What one socket was good for. A trade counts in `only` when it leaves the memory and no other socket has brought it. */
export type RaceCounts = { first: number; only: number };

type Entry = {
  readonly place: TradePlace;
  readonly by: RaceCounts | undefined;
  isShared: boolean;
  isTakenBack: boolean;
};

export class TradeIds {
  readonly #entries = new Map<string, Entry>();
  readonly #order = new Ring<Entry>(REMEMBERED_TRADES);
  /** The newest one that was forgotten. */
  #forgotten: TradePlace | undefined;

  get size(): number {
    return this.#entries.size;
  }

  /** An unknown trade that is not surely newer than all that was forgotten may be one of those. */
  mayHaveHad(trade: TradePlace): boolean {
    return this.#forgotten !== undefined && !isBefore(this.#forgotten, trade);
  }

  /** The oldest one that is remembered, in the order in which they were added. */
  get oldest(): TradePlace | undefined {
    return this.#order.at(0)?.place;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Remembers a trade, the first copy of which `by` brought; the oldest is forgotten. */
  add(place: TradePlace, by?: RaceCounts): void {
    // The place alone, so that a thousand whole trades are not kept for it.
    const { id, timestamp, seq } = place;
    const entry = { place: { id, timestamp, seq }, by, isShared: false, isTakenBack: false };
    if (by !== undefined) by.first += 1;
    this.#entries.set(id, entry);
    const leaving = this.#order.push(entry);
    // One that was taken back may be here again.
    if (leaving === undefined || leaving.isTakenBack) return;
    this.#entries.delete(leaving.place.id);
    if (this.#forgotten === undefined || isBefore(this.#forgotten, leaving.place))
      this.#forgotten = leaving.place;
    if (leaving.by !== undefined && !leaving.isShared) leaving.by.only += 1;
  }

  /** Another copy came. */
  again(id: string, by: RaceCounts): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.by !== by) entry.isShared = true;
  }

  /** It is not told after all: the next copy is a trade that nobody has brought. */
  takeBack(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isTakenBack = true;
    this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
    this.#order.clear();
    this.#forgotten = undefined;
  }
}
