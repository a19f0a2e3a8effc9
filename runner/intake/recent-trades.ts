/**
 * The newest trades of one topic, by id: was this one seen already?
 *
 * Kept in the order of the exchange's time, not of arrival: one trade with an absurd time then takes one place for ever
 * instead of becoming "the oldest" one day, beside which every true trade would look too old and be refused. Of a trade only
 * its id and its place in the order are kept: 2,000 topics remember 1,024 of them each.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { hashOf, IdTable } from './id-table.ts';

/** What decides where a trade stands among others (trade-order.ts). */
type TradePlace = Pick<TradeEvent, 'id' | 'timestamp' | 'seq'>;

export class RecentTrades {
  readonly #capacity: number;
  readonly #known = new IdTable();
  /** Three rings side by side, oldest at `#head`. A missing seq is NaN, so that the rings stay plain numbers. */
  readonly #places: number[] = [];
  readonly #timestamps: number[] = [];
  readonly #seqs: number[] = [];
  #head = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** `hash` is always `hashOf(id)`: whoever asks several memories works it out once. */
  has(id: string, hash = hashOf(id)): boolean {
    return this.#places.length > 0 && this.#known.has(id, hash);
  }

  /** Older than all that is remembered, while older ones were already forgotten: whether it was seen cannot be known. */
  isBeyondMemory({ timestamp, seq }: TradePlace): boolean {
    if (this.#places.length < this.#capacity) return false;
    const oldest = this.#timestamps[this.#head] ?? 0;
    return timestamp === oldest
      ? seq !== undefined && seq < (this.#seqs[this.#head] ?? Number.NaN)
      : timestamp < oldest;
  }

  /** Remembers a trade that is neither known nor beyond memory; when full, the oldest is forgotten. */
  add({ id, timestamp, seq = Number.NaN }: TradePlace, hash = hashOf(id)): void {
    const size = this.#places.length;
    let first = this.#head;
    let at = size;
    if (size === this.#capacity) {
      this.#known.remove(this.#places[first] ?? 0);
      at = first + size;
      first += 1;
      this.#head = first % size;
    } else this.#put(size, 0, timestamp, seq);
    const place = this.#known.add(id, hash);
    at = this.#sink(timestamp, seq, at, first);
    this.#put(at % this.#places.length, place, timestamp, seq);
  }

  /**
   * Moves later trades up by one until the place for this one is free, at most at `first`; answers it. Ordinarily it already
   * is. Places count on past the end of the ring, where the head has begun anew.
   */
  #sink(timestamp: number, seq: number, from: number, first: number): number {
    const size = this.#places.length;
    let place = from;
    while (place > first) {
      const before = (place - 1) % size;
      const at = this.#timestamps[before] ?? 0;
      const order = at - timestamp || (this.#seqs[before] || 0) - (seq || 0);
      if (order <= 0) break;
      this.#put(place % size, this.#places[before] ?? 0, at, this.#seqs[before] ?? Number.NaN);
      place -= 1;
    }
    return place;
  }

  #put(at: number, place: number, timestamp: number, seq: number): void {
    this.#places[at] = place;
    this.#timestamps[at] = timestamp;
    this.#seqs[at] = seq;
  }
}
