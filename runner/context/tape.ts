/**
 * The newest trades of one instrument in memory, in the order of the exchange.
 *
 * Sorted by (timestamp, seq, place in frame). A live trade nearly always belongs at the end; a late or healed one is put
 * where it happened. Old trades leave as new ones come. All tapes together share one budget: when that is used up, whoever
 * has more than its share gives.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { compareTrades } from '../intake/trade-order.ts';

/** The place of a trade in the order of the tape, where the id stands for the place in the frame. Holds while trades come and go. */
export type TapePosition = { readonly timestamp: number; readonly seq: number | null; readonly id: string };

export type TapeRange = {
  /** First and last moment, both included, ms. */
  readonly start: number;
  readonly end: number;
  readonly limit: number;
  /** Only trades before this one: the last of the page before. Null for the first page. */
  readonly after: TapePosition | null;
};

/** Newest first. `next` is null when memory holds no more of the range. */
export type TapePage = { readonly rows: readonly TradeEvent[]; readonly next: TapePosition | null };

export type TapeStats = {
  /** Trades in memory. */
  readonly count: number;
  /** The most that it holds (WEBSOCKET_BUFFER_SIZE). */
  readonly capacity: number;
  /** Exchange time; null while the tape is empty. */
  readonly oldest: number | null;
  readonly newest: number | null;
};

export class Tape {
  readonly capacity: number;
  /** Live slots begin at `#start`; those before it are empty and are cut off from time to time. */
  readonly #slots: (TradeEvent | undefined)[] = [];
  #start = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#slots.length - this.#start;
  }

  /** Puts a trade where it belongs. The caller has made sure that it is not on the tape already. */
  push(trade: TradeEvent): void {
    const last = this.#slots[this.#slots.length - 1];
    if (this.length === 0 || last === undefined || compareTrades(last, trade) <= 0) this.#slots.push(trade);
    else this.#slots.splice(this.#firstAfter(trade), 0, trade);
    if (this.length > this.capacity) this.forgetOldest();
  }

  forgetOldest(): void {
    if (this.length === 0) return;
    this.#slots[this.#start] = undefined;
    this.#start += 1;
    if (this.#start >= 1_024 && this.#start * 4 >= this.#slots.length) {
      this.#slots.splice(0, this.#start);
      this.#start = 0;
    }
  }

  newest(): TradeEvent | undefined {
    return this.length === 0 ? undefined : this.#slots[this.#slots.length - 1];
  }

  /** A page of the trades from `start` to `end`, newest first. Trades of one time are never told twice nor left out. */
  range({ start, end, limit, after }: TapeRange): TapePage {
    const rows: TradeEvent[] = [];
    let index = Math.min(
      this.#lastUpTo(end),
      after === null ? Number.POSITIVE_INFINITY : this.#lastBefore(after),
    );
    for (; index >= this.#start && rows.length < limit; index -= 1) {
      const trade = this.#slots[index];
      if (trade === undefined || trade.timestamp < start) return { rows, next: null };
      rows.push(trade);
    }
    const following = index >= this.#start ? this.#slots[index] : undefined;
    const last = rows[rows.length - 1];
    if (last === undefined || following === undefined || following.timestamp < start)
      return { rows, next: null };
    return { rows, next: { timestamp: last.timestamp, seq: last.seq ?? null, id: last.id } };
  }

  /** All trades, newest first. */
  *newestFirst(): Generator<TradeEvent> {
    for (let index = this.#slots.length - 1; index >= this.#start; index -= 1) {
      const trade = this.#slots[index];
      if (trade !== undefined) yield trade;
    }
  }

  stats(): TapeStats {
    return {
      count: this.length,
      capacity: this.capacity,
      oldest: this.#slots[this.#start]?.timestamp ?? null,
      newest: this.newest()?.timestamp ?? null,
    };
  }

  /** The index of the first trade that comes after `trade`. */
  #firstAfter(trade: TradeEvent): number {
    return this.#firstWhere((other) => compareTrades(other, trade) > 0);
  }

  /** The index of the last trade that is not later than `end`. */
  #lastUpTo(end: number): number {
    return this.#firstWhere((other) => other.timestamp > end) - 1;
  }

  /** The index of the trade before the one at `position`. */
  #lastBefore(position: TapePosition): number {
    const { timestamp, id } = position;
    const seq = position.seq ?? 0;
    const isAfter = (other: TradeEvent): boolean =>
      other.timestamp > timestamp || (other.timestamp === timestamp && (other.seq ?? 0) > seq);
    let index = this.#firstWhere(isAfter) - 1;
    for (; index >= this.#start; index -= 1) {
      const trade = this.#slots[index];
      if (trade === undefined || trade.timestamp !== timestamp || (trade.seq ?? 0) !== seq) break;
      if (trade.id === id) return index - 1;
    }
    // That trade has been forgotten, so all of its time that are still here came after it.
    return index;
  }

  /** Binary search: the trades are sorted, and `isAfter` turns from false to true once. */
  #firstWhere(isAfter: (trade: TradeEvent) => boolean): number {
    let low = this.#start;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const trade = this.#slots[middle];
      if (trade !== undefined && !isAfter(trade)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
