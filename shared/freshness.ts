/**
 * Is a topic silent for longer than it should be? A pure detector with a memory of one number.
 *
 * Watching cars from a window tells after a while how long a pause is normal in this street. We keep the longest pause seen
 * lately (it fades with a half-life, so that a quiet night does not blunt the day) and call the topic stale after a multiple
 * of it. Until enough pauses were seen nothing is known about the pace; then only a generous limit holds, or none.
 *
 * What a pause may teach decides whether the second fault is found as soon as the first:
 * - A pause that is not the topic's own teaches nothing: the socket was lost, the topic was asked for anew, we were asleep.
 * - A pause within the limit is normal. It counts, but one pause at most doubles the limit: a hole just too short to be
 *   noticed must not hide a long one.
 * - A pause beyond the limit was called stale, and it is either a fault or a market that slowed down. If it counted in full,
 *   a fault of 40 s would make the next one last 160 s. If it never counted, a quiet night would be one alarm after another.
 *   So it counts as a little more than the limit: a fault now and then leaves the judgement nearly as sharp as it was.
 * - A slow market shows in what comes after: silence again, before data flowed for even as long as the limit. Then the limit
 *   doubles, so that a topic whose pauses have grown twentyfold is left in peace after five or six alarms.
 */
import type { Millis, MonoMs } from './time.ts';

export type FreshnessPolicy = {
  /** Never called stale sooner. */
  readonly floorMs: Millis;
  /** Never called stale sooner while the pace is unknown; undefined: not at all. */
  readonly floorBeforeKnownMs: Millis | undefined;
  /** The limit is never longer. */
  readonly ceilingMs: Millis;
  /** Limit = factor x the longest pause. */
  readonly factor: number;
  /** The topic's own pauses before its pace counts as known. */
  readonly learnAfter: number;
  /** After this long the memory of a long pause has faded by half. */
  readonly halfLifeMs: Millis;
  /** What one pause may multiply the limit by: one within it, or one of several alarms in a row. */
  readonly growthAtMost: number;
  /** What a single alarm multiplies the limit by. */
  readonly growthAfterAlarm: number;
};

export class Freshness {
  readonly #policy: FreshnessPolicy;
  #arrivals = 0;
  #pauses = 0;
  #silentSince: MonoMs | undefined;
  #longestPauseMs = 0;
  /** The pause under way began with data, and nothing but the topic's own silence has made it longer. */
  #isOwnPause = false;
  /** What the present silence will have taught when it is over; 0 while it is not called stale. */
  #lessonMs = 0;
  /** The first data after the newest alarm. */
  #flowingSince: MonoMs | undefined;

  constructor(policy: FreshnessPolicy) {
    this.#policy = policy;
  }

  /** Data of the topic arrived. */
  seen(now: MonoMs): void {
    if (this.#silentSince !== undefined) {
      const pause = now - this.#silentSince;
      if (this.isStale(now)) this.calledStale();
      const faded =
        pause === 0 ? this.#longestPauseMs : this.#longestPauseMs * 0.5 ** (pause / this.#policy.halfLifeMs);
      const learned = this.#isOwnPause ? Math.min(pause, this.#pauseFor(this.#policy.growthAtMost)) : 0;
      if (this.#isOwnPause) this.#pauses += 1;
      if (this.#lessonMs > 0) this.#flowingSince = now;
      this.#longestPauseMs = Math.max(learned, faded, this.#lessonMs);
    }
    this.#silentSince = now;
    this.#isOwnPause = true;
    this.#lessonMs = 0;
    this.#arrivals += 1;
  }

  /**
   * The present silence is an alarm. To be told when something is done about it, since what is done (asking anew, a new
   * socket) interrupts it; otherwise it is noticed when the data come. A silence that is interrupted already is none.
   */
  calledStale(): void {
    const limit = this.limitMs();
    if (!this.#isOwnPause || this.#silentSince === undefined || limit === undefined) return;
    const isRepeated = this.#flowingSince !== undefined && this.#silentSince - this.#flowingSince < limit;
    this.#lessonMs = this.#pauseFor(isRepeated ? this.#policy.growthAtMost : this.#policy.growthAfterAlarm);
    this.#isOwnPause = false;
  }

  /** The pause under way is no longer the topic's own: its connection is lost, or it is being asked for anew. */
  interrupted(): void {
    this.#isOwnPause = false;
  }

  /** Starts to wait anew, keeping what was learned: after a reconnect, or when we ourselves were asleep. */
  resumed(now: MonoMs): void {
    this.#isOwnPause = false;
    if (this.#silentSince !== undefined) this.#silentSince = now;
  }

  isStale(now: MonoMs): boolean {
    const limit = this.limitMs();
    return limit !== undefined && this.#silentSince !== undefined && now - this.#silentSince > limit;
  }

  /** The longest silence that is still normal; undefined while any may be. */
  limitMs(): Millis | undefined {
    const { floorMs, floorBeforeKnownMs, ceilingMs, factor } = this.#policy;
    const floor = this.isPaceKnown ? floorMs : floorBeforeKnownMs;
    return floor === undefined
      ? undefined
      : Math.min(ceilingMs, Math.max(floor, factor * this.#longestPauseMs));
  }

  /** Enough was seen to say what is normal. */
  get isPaceKnown(): boolean {
    return this.#pauses >= this.#policy.learnAfter;
  }

  /** Why the topic is stale, in words, to be read after "is stale:". */
  staleReason(now: MonoMs): string {
    const age = `nothing for ${Math.round(this.ageMs(now) ?? 0)} ms`;
    const limit = `${Math.round(this.limitMs() ?? 0)} ms`;
    return this.isPaceKnown
      ? `${age}, normal is up to ${limit}`
      : `${age}; its pace is not known yet, so up to ${limit} were waited`;
  }

  /** Milliseconds since the last arrival; undefined before the first. */
  ageMs(now: MonoMs): Millis | undefined {
    return this.#silentSince === undefined ? undefined : Math.max(0, now - this.#silentSince);
  }

  get arrivals(): number {
    return this.#arrivals;
  }

  /** The pause that makes the limit `growth` times as long as it is. */
  #pauseFor(growth: number): Millis {
    const limit = this.limitMs();
    return limit === undefined ? Number.POSITIVE_INFINITY : (limit * growth) / this.#policy.factor;
  }
}
