/** Counts events by second over the last minute: the rates of /metrics. Time is an argument; adding is O(1). */
import type { MonoMs } from '../../shared/time.ts';

const WINDOW_SECONDS = 60;
/** "Per second" is the mean of the last whole seconds, so that it does not jump with every batch. */
const RATE_SECONDS = 5;

export class RateMeter {
  readonly #slots = new Float64Array(WINDOW_SECONDS + 1);
  #second = 0;
  total = 0;

  add(now: MonoMs, count = 1): void {
    this.#turn(now);
    const slot = this.#second % this.#slots.length;
    this.#slots[slot] = (this.#slots[slot] ?? 0) + count;
    this.total += count;
  }

  /** Events of the last 60 s, the running second included. */
  perMinute(now: MonoMs): number {
    this.#turn(now);
    return this.#slots.reduce((sum, count) => sum + count, 0);
  }

  /** Mean events a second over the last 5 whole seconds. */
  perSecond(now: MonoMs): number {
    this.#turn(now);
    let sum = 0;
    for (let back = 1; back <= RATE_SECONDS; back += 1) {
      const second = this.#second - back;
      if (second >= 0) sum += this.#slots[second % this.#slots.length] ?? 0;
    }
    return Math.round((sum / RATE_SECONDS) * 100) / 100;
  }

  /** Forgets the seconds that have passed since the last look. */
  #turn(now: MonoMs): void {
    const second = Math.floor(now / 1_000);
    if (second - this.#second > WINDOW_SECONDS) this.#slots.fill(0);
    else
      for (let passed = this.#second + 1; passed <= second; passed += 1)
        this.#slots[passed % this.#slots.length] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
