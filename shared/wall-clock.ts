/**
 * Our wall clock in microseconds: looked at a hundred times a second, never running backwards while it is only corrected.
 *
 * The system's wall clock tells whole milliseconds and cuts off the rest, so one look says no more than that the true time lies
 * within the millisecond that begins there. The monotonic clock has no such steps. Their distance is what is kept: a look that
 * contradicts it moves it as little as needed, and since looks come at random places of a millisecond, many of them leave some
 * tens of microseconds of doubt. In between the monotonic clock counts, so that two receipts keep their distance.
 *
 * When wall and monotonic time drift apart by more than the limit between two looks, the machine slept or its clock was set: the
 * caller must treat everything it thought it saw meanwhile as a gap. A clock that was set back by so much is followed back:
 * receipts would else stand still until it has caught up, an hour if it had been an hour ahead.
 */
import type { Millis } from './time.ts';

const LOOK_EVERY_MS = 10;
/** What the wall clock cuts off. */
const STEP_MS = 1;

/** One reading of both clocks, taken together. Milliseconds, fractions allowed. */
export type ClockReading = { readonly wallMs: number; readonly monoMs: number };

export class WallClock {
  readonly #setAfterMs: Millis;
  /** The wall clock minus the monotonic one. */
  #distanceMs: Millis;
  #lookedAt: number;
  #lastMicros = 0;

  /** `first`: as exact as it can be had. `setAfterMs`: from this on a drift is no correction, somebody has set the clock. */
  constructor(first: ClockReading, setAfterMs: Millis) {
    this.#distanceMs = first.wallMs - first.monoMs;
    this.#lookedAt = first.monoMs;
    this.#setAfterMs = setAfterMs;
  }

  /** Microseconds since the epoch for a monotonic reading; never less than the last answer, unless the clock was set back since. */
  micros(monoMs: number): number {
    const micros = Math.floor((this.#distanceMs + monoMs) * 1_000);
    this.#lastMicros = Math.max(this.#lastMicros, micros);
    return this.#lastMicros;
  }

  needsAnchor(monoMs: number): boolean {
    return monoMs - this.#lookedAt >= LOOK_EVERY_MS;
  }

  /**
   * A look at both clocks, of which the wall clock has cut off what is below a millisecond. Answers how far the wall clock ran
   * away from the monotonic one since the last look, as far as that is proven (signed).
   */
  anchor({ wallMs, monoMs }: ClockReading): Millis {
    const least = wallMs - monoMs;
    const known = this.#distanceMs;
    this.#distanceMs = Math.min(Math.max(known, least), least + STEP_MS);
    this.#lookedAt = monoMs;
    const drift = this.#distanceMs - known;
    if (drift < -this.#setAfterMs) this.#lastMicros = 0;
    return drift;
  }
}
