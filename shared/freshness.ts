/**
 * Is a topic silent for longer than it should be? A pure detector with a memory of one number.
 *
 * Watching cars from a window tells after a while how long a pause is normal in this street. We keep the longest pause seen
 * lately (it fades with a half-life, so that a quiet night does not blunt the day) and call the topic stale after a multiple
 * of it. Until enough arrivals were seen nothing is known about the pace, and nothing is claimed.
 */
import type { Millis, MonoMs } from './time.ts';

export type FreshnessPolicy = {
  /** Never called stale sooner. */
  readonly floorMs: Millis;
  /** The limit is never longer. */
  readonly ceilingMs: Millis;
  /** Limit = factor x the longest pause. */
  readonly factor: number;
  /** Arrivals before a judgement is made. */
  readonly learnAfter: number;
  /** After this long the memory of a long pause has faded by half. */
  readonly halfLifeMs: Millis;
};

export class Freshness {
  readonly #policy: FreshnessPolicy;
  #arrivals = 0;
  #lastAt: MonoMs | undefined;
  #longestPauseMs = 0;

  constructor(policy: FreshnessPolicy) {
    this.#policy = policy;
  }

  /** Data of the topic arrived. */
  seen(now: MonoMs): void {
    if (this.#lastAt !== undefined) {
      const pause = now - this.#lastAt;
      const faded =
        pause === 0 ? this.#longestPauseMs : this.#longestPauseMs * 0.5 ** (pause / this.#policy.halfLifeMs);
      this.#longestPauseMs = Math.max(pause, faded);
    }
    this.#lastAt = now;
    this.#arrivals += 1;
  }

  /** Starts to wait anew, keeping what was learned: after a reconnect, or when we ourselves were asleep. */
  resumed(now: MonoMs): void {
    if (this.#lastAt !== undefined) this.#lastAt = now;
  }

  isStale(now: MonoMs): boolean {
    const limit = this.limitMs();
    return limit !== undefined && this.#lastAt !== undefined && now - this.#lastAt > limit;
  }

  /** The longest silence that is still normal; undefined while unknown. */
  limitMs(): Millis | undefined {
    if (this.#arrivals < this.#policy.learnAfter) return undefined;
    return Math.min(
      this.#policy.ceilingMs,
      Math.max(this.#policy.floorMs, this.#policy.factor * this.#longestPauseMs),
    );
  }

  /** Milliseconds since the last arrival; undefined before the first. */
  ageMs(now: MonoMs): Millis | undefined {
    return this.#lastAt === undefined ? undefined : Math.max(0, now - this.#lastAt);
  }

  get arrivals(): number {
    return this.#arrivals;
  }
}
