/**
 * The exchange's own candles of one symbol and interval: the open one, and the closed ones in order of their start.
 *
 * A closed candle is told once. The same one may come again (a new child, a second socket, a list that was read anew): only
 * the first counts. One that was healed is sorted in where it belongs.
 */
import type { KlineEvent } from '../../shared/events/market-events.ts';
import type { Shortable } from './candle-budget.ts';

/** Closed candles kept of one interval. */
export const MAX_KLINES = 1_000;

/** What the exchange says of one candle. Times in ms, `end` is its last one; units as in the `kline` event. */
export type Kline = Readonly<
  Pick<KlineEvent, 'start' | 'end' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'turnover'>
>;

export class KlineSeries implements Shortable {
  readonly #closed: Kline[] = [];
  #open: Kline | undefined;
  /** Starts up to this one were forgotten: whether a candle of then was told cannot be known. */
  #forgottenUpTo = Number.NEGATIVE_INFINITY;
  /** Exchange time of the newest event, ms; null before the first. */
  newestAt: number | null = null;

  /** Takes an event in. Answers false for what is known already: a closed candle told again, or an open one that has closed. */
  take(event: KlineEvent): boolean {
    this.newestAt = Math.max(this.newestAt ?? 0, event.timestamp);
    const { start } = event;
    if (start <= this.#forgottenUpTo) return false;
    const place = this.#placeOf(start);
    if (!event.closed) {
      if (place < this.#closed.length || this.#closed[place - 1]?.start === start) return false;
      this.#open = klineOf(event);
      return true;
    }
    if (this.#closed[place - 1]?.start === start) return false;
    this.#closed.splice(place, 0, klineOf(event));
    if (this.#open !== undefined && this.#open.start <= start) this.#open = undefined;
    this.keepNewest(MAX_KLINES);
    return true;
  }

  /** The candle in the making, as it was last told. */
  get open(): Kline | undefined {
    return this.#open;
  }

  /** Closed candles. */
  get length(): number {
    return this.#closed.length;
  }

  /** The newest closed ones, newest first. */
  newestFirst(limit: number): readonly Kline[] {
    return limit <= 0 ? [] : this.#closed.slice(-limit).reverse();
  }

  /** Forgets the oldest closed ones until `count` are left, but never the last. */
  keepNewest(count: number): void {
    const surplus = this.#closed.length - Math.max(count, 1);
    if (surplus <= 0) return;
    this.#forgottenUpTo = this.#closed[surplus - 1]?.start ?? this.#forgottenUpTo;
    this.#closed.splice(0, surplus);
  }

  /** Where a closed candle of this start would be put: after all that do not begin later. Nearly always the end. */
  #placeOf(start: number): number {
    let place = this.#closed.length;
    while (place > 0 && (this.#closed[place - 1]?.start ?? 0) > start) place -= 1;
    return place;
  }
}

/** Only what is kept: there are up to 100,000 of them. */
function klineOf({ start, end, open, high, low, close, volume, turnover }: KlineEvent): Kline {
  return { start, end, open, high, low, close, volume, turnover };
}
