/**
 * How far the exchange's clock and ours are apart, as far as one-way times can tell.
 *
 * Each figure is travel time plus clock difference. The minimum is the best guess of the difference (the fastest message
 * travelled least), the moving average shows the trend. A negative minimum means that our clock is behind.
 */
import type { MarketEvent } from '../../shared/events/market-events.ts';
import type { UnixMs } from '../../shared/time.ts';

/** More than this in our future cannot be travel time. */
const FUTURE_MS = 10_000;
/** Bybit's first trades are of November 2018: nothing older can be a market event. */
const FIRST_DAY = Date.UTC(2018, 0, 1);
/** Weight of the newest value: the average follows the last few hundred events. */
const WEIGHT = 1 / 128;

/** Milliseconds; null before the first event that carries the time. */
export type Spread = { readonly min_ms: number | null; readonly ewma_ms: number | null };

export type SkewReport = {
  /** From the matching engine's time to the child's receipt. */
  readonly receipt: Spread;
  /** From the exchange's push to our reading of the line: network, child and pipe together. */
  readonly arrival: Spread;
};

/** Is this time impossible as seen from our clock? */
export function isAbsurd(timestamp: number, nowMs: UnixMs): boolean {
  return timestamp > nowMs + FUTURE_MS || timestamp < FIRST_DAY;
}

export class ClockSkew {
  readonly #receipt = new RunningSpread();
  readonly #arrival = new RunningSpread();

  seen(event: MarketEvent, nowMs: UnixMs): void {
    if (event.received_at !== undefined) this.#receipt.add(event.received_at / 1_000 - event.timestamp);
    if (event.sent_at !== undefined) this.#arrival.add(nowMs - event.sent_at);
  }

  report(): SkewReport {
    return { receipt: this.#receipt.report(), arrival: this.#arrival.report() };
  }
}

class RunningSpread {
  #min = Number.POSITIVE_INFINITY;
  #ewma = Number.NaN;

  add(value: number): void {
    if (value < this.#min) this.#min = value;
    this.#ewma = Number.isNaN(this.#ewma) ? value : this.#ewma + (value - this.#ewma) * WEIGHT;
  }

  report(): Spread {
    return Number.isNaN(this.#ewma)
      ? { min_ms: null, ewma_ms: null }
      : { min_ms: this.#min, ewma_ms: this.#ewma };
  }
}
