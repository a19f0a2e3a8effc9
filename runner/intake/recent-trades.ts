/**
 * The newest trades of one topic, by id: was this one seen already?
 *
 * Kept in the order of the exchange's time, not of arrival: one trade with an absurd time then takes one place for ever
 * instead of becoming "the oldest" one day, beside which every true trade would look too old and be refused.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { compareTrades, isOlder } from './trade-order.ts';

export class RecentTrades {
  readonly #capacity: number;
  readonly #ids = new Set<string>();
  /** A ring, oldest at `#head`. */
  readonly #slots: TradeEvent[] = [];
  #head = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Older than all that is remembered, while older ones were already forgotten: whether it was seen cannot be known. */
  isBeyondMemory(trade: TradeEvent): boolean {
    const oldest = this.#slots[this.#head];
    return this.#slots.length === this.#capacity && oldest !== undefined && isOlder(trade, oldest);
  }

  /** Remembers a trade that is neither known nor beyond memory; when full, the oldest is forgotten. */
  add(trade: TradeEvent): void {
    this.#ids.add(trade.id);
    const slots = this.#slots;
    let first = this.#head;
    let place = slots.length;
    if (place < this.#capacity) {
      slots.push(trade);
    } else {
      const leaving = slots[this.#head];
      if (leaving !== undefined) this.#ids.delete(leaving.id);
      first += 1;
      place = this.#head + this.#capacity;
      this.#head = first % this.#capacity;
    }
    this.#sink(trade, place, first);
  }

  /**
   * Moves later trades up by one until `trade` stands in its place, at most at `first`. Ordinarily it already does. Places
   * count on past the end of the ring, where the head has begun anew.
   */
  #sink(trade: TradeEvent, from: number, first: number): void {
    const slots = this.#slots;
    const size = slots.length;
    let place = from;
    while (place > first) {
      const before = slots[(place - 1) % size];
      if (before === undefined || compareTrades(before, trade) <= 0) break;
      slots[place % size] = before;
      place -= 1;
    }
    slots[place % size] = trade;
  }
}
