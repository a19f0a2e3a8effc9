/**
 * Trades that are in no sum although they happened: their time had not come by our clock, or too many came before the feed.
 *
 * What is told of a day may claim their time (the feed was heard, or the gap was healed), so the day has to know of them.
 */
import { DAY_MS } from '../../../shared/day-totals.ts';
import type { Span } from '../../../shared/spans.ts';

/** How many, and the span from the first up to the last. */
export type LeftOut = Span & { readonly trades: number };

/**
 * Days to come of which they are remembered: while our clock is behind, tomorrow's trades come today. The nearest ones, so that
 * times that are quite wrong take no room.
 */
const MAX_DAYS = 2;

export function leftOutAt(timestamp: number): LeftOut {
  return { from: timestamp, to: timestamp + 1, trades: 1 };
}

export function together(one: LeftOut | undefined, other: LeftOut): LeftOut {
  if (one === undefined) return other;
  return {
    from: Math.min(one.from, other.from),
    to: Math.max(one.to, other.to),
    trades: one.trades + other.trades,
  };
}

/** Those of days that have not begun. */
export class LeftOutAhead {
  /** By the first millisecond of the day. */
  readonly #days = new Map<number, LeftOut>();

  note(timestamp: number): void {
    const start = timestamp - (timestamp % DAY_MS);
    this.#days.set(start, together(this.#days.get(start), leftOutAt(timestamp)));
    if (this.#days.size > MAX_DAYS) this.#days.delete(Math.max(...this.#days.keys()));
  }

  /** Of the day that begins then. */
  of(start: number): LeftOut | undefined {
    return this.#days.get(start);
  }

  forgetBefore(time: number): void {
    for (const start of this.#days.keys()) if (start < time) this.#days.delete(start);
  }
}
