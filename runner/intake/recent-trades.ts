/**
 * The newest trades of one topic, by id: was this one seen already?
 *
 * Kept in the order of the exchange's time, not of arrival: one trade with an absurd time then takes one place for ever
 * instead of becoming "the oldest" one day, beside which every true trade would look too old and be refused. Of a trade only
 * its id and its place in the order are kept: 2,000 topics remember 1,024 of them each.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';

/** What decides where a trade stands among others (trade-order.ts). */
type TradePlace = Pick<TradeEvent, 'id' | 'timestamp' | 'seq'>;

export class RecentTrades {
  readonly #capacity: number;
  readonly #known = new Set<string>();
  /** Three rings side by side, oldest at `#head`. A missing seq is NaN, so that the rings stay plain numbers. */
  readonly #ids: string[] = [];
  readonly #timestamps: number[] = [];
  readonly #seqs: number[] = [];
  #head = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Older than all that is remembered, while older ones were already forgotten: whether it was seen cannot be known. */
  isBeyondMemory({ timestamp, seq }: TradePlace): boolean {
    if (this.#ids.length < this.#capacity) return false;
    const oldest = this.#timestamps[this.#head] ?? 0;
    return timestamp === oldest
      ? seq !== undefined && seq < (this.#seqs[this.#head] ?? Number.NaN)
      : timestamp < oldest;
  }

  /** Remembers a trade that is neither known nor beyond memory; when full, the oldest is forgotten. */
  add({ id, timestamp, seq = Number.NaN }: TradePlace): void {
    this.#known.add(id);
    let first = this.#head;
    let place = this.#ids.length;
    if (place < this.#capacity) {
      this.#put(place, id, timestamp, seq);
    } else {
      const leaving = this.#ids[this.#head];
      if (leaving !== undefined) this.#known.delete(leaving);
      first += 1;
      place = this.#head + this.#capacity;
      this.#head = first % this.#capacity;
    }
    place = this.#sink(timestamp, seq, place, first);
    this.#put(place % this.#ids.length, id, timestamp, seq);
  }

  /**
   * Moves later trades up by one until the place for this one is free, at most at `first`; answers it. Ordinarily it already
   * is. Places count on past the end of the ring, where the head has begun anew.
   */
  #sink(timestamp: number, seq: number, from: number, first: number): number {
    const size = this.#ids.length;
    let place = from;
    while (place > first) {
      const before = (place - 1) % size;
      const at = this.#timestamps[before] ?? 0;
      const order = at - timestamp || (this.#seqs[before] || 0) - (seq || 0);
      if (order <= 0) break;
      this.#put(place % size, this.#ids[before] ?? '', at, this.#seqs[before] ?? Number.NaN);
      place -= 1;
    }
    return place;
  }

  #put(place: number, id: string, timestamp: number, seq: number): void {
    this.#ids[place] = id;
    this.#timestamps[place] = timestamp;
    this.#seqs[place] = seq;
  }
}
