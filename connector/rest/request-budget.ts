/**
 * How many requests may still go out in this stretch of time: a window that slides, so that no stretch of its length ever holds more.
 *
 * By the monotonic clock: a queue that counts by the wall clock stands still for an hour when that is set back by an hour.
 */
import type { Millis, MonoMs } from '../../shared/time.ts';

export class RequestBudget {
  readonly #windowMs: Millis;
  /** When the last requests went, as a ring; the slot that comes next holds the oldest. */
  readonly #times: Float64Array;
  #next = 0;

  constructor(most: number, windowMs: Millis) {
    this.#windowMs = windowMs;
    this.#times = new Float64Array(most).fill(Number.NEGATIVE_INFINITY);
  }

  /** How long until a request may go; 0 when it may go now. */
  wait(now: MonoMs): Millis {
    return Math.max(0, (this.#times[this.#next] ?? 0) + this.#windowMs - now);
  }

  /** A request goes. */
  take(now: MonoMs): void {
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
  }
}
