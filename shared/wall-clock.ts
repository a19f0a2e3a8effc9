/**
 * Our wall clock in microseconds: anchored to the system's clock again every second, never running backwards while that is only corrected.
 *
 * Between anchors the monotonic clock counts, so that two receipts keep their distance even while NTP slews. When wall and
 * monotonic time drift apart by more than the limit between two anchors, the machine slept or its clock was set: the caller
 * must treat everything it thought it saw meanwhile as a gap. A clock that was set back by so much is followed back: receipts would
 * else stand still until it has caught up, an hour if it had been an hour ahead.
 */
import type { Millis } from './time.ts';

const REANCHOR_AFTER_MS = 1_000;

/** One reading of both clocks, taken together. Milliseconds, fractions allowed. */
export type ClockReading = { readonly wallMs: number; readonly monoMs: number };

export class WallClock {
  readonly #setAfterMs: Millis;
  #anchor: ClockReading;
  #lastMicros = 0;

  /** `setAfterMs`: from this on a drift is no correction, somebody has set the clock. */
  constructor(first: ClockReading, setAfterMs: Millis) {
    this.#anchor = first;
    this.#setAfterMs = setAfterMs;
  }

  /** Microseconds since the epoch for a monotonic reading; never less than the last answer, unless the clock was set back since. */
  micros(monoMs: number): number {
    const micros = Math.floor((this.#anchor.wallMs + (monoMs - this.#anchor.monoMs)) * 1_000);
    this.#lastMicros = Math.max(this.#lastMicros, micros);
    return this.#lastMicros;
  }

  needsAnchor(monoMs: number): boolean {
    return monoMs - this.#anchor.monoMs >= REANCHOR_AFTER_MS;
  }

  /** Anchors again. Answers how far the wall clock ran away from the monotonic one since the last anchor (signed). */
  anchor(reading: ClockReading): Millis {
    const drift = reading.wallMs - this.#anchor.wallMs - (reading.monoMs - this.#anchor.monoMs);
    this.#anchor = reading;
    if (drift < -this.#setAfterMs) this.#lastMicros = 0;
    return drift;
  }
}
