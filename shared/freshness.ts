/**
 * Is a topic silent for longer than it should be? A pure detector that learns how long its pauses are.
 *
 * Watching cars from a window tells after a while how long a pause is normal in this street. Pauses are counted by their
 * length (pause-lengths.ts), and the tail of what was counted tells how long one is that comes once in a million. Until
 * enough pauses were seen nothing is known about the pace; then only a generous limit holds, or none. What was watched for a
 * short while only is judged with a margin: the lull between two bursts may not have been seen yet. The margin falls with the
 * time that was watched: with `cautiousForMs` of it the limit is twice what the pauses say, with ten times as much a tenth more.
 *
 * A silence may also be the market's: the exchange itself says that nothing happened (`excused`). It is no alarm then, and
 * what is silent is counted from there; when it ends it counts as a pause within the limit.
 *
 * What a pause may teach decides whether the second fault is found as soon as the first:
 * - A pause that is not the topic's own teaches nothing: the socket was lost, the topic was asked for anew, we were asleep.
 * - A pause within the limit is normal. It counts, but one pause at most doubles the limit: a hole just too short to be
 *   noticed must not hide a long one.
 * - A pause beyond the limit was called stale, and it is either a fault or a market that slowed down. If it counted in full,
 *   a fault of 40 s would make the next one last 160 s. If it never counted, a quiet night would be one alarm after another.
 *   So it makes the limit a little longer: a fault now and then leaves the judgement nearly as sharp as it was.
 * - A slow market shows in what comes after: silence again, before data flowed for even as long as the limit. Then the limit
 *   doubles, so that a topic whose pauses have grown a hundredfold is left in peace after some ten alarms.
 */
import { PauseLengths } from './pause-lengths.ts';
import { type Millis, type MonoMs, monoMs } from './time.ts';

export type FreshnessPolicy = {
  /** Never called stale sooner. */
  readonly floorMs: Millis;
  /** The same where others prove that data should come: they flowed while this one was silent. */
  readonly provenFloorMs: Millis;
  /** Data of the others must have flowed for so long meanwhile. Of each of their pauses only so much counts. */
  readonly flowedToProveMs: Millis;
  readonly flowedAtMostMs: Millis;
  /** Never called stale sooner while the pace is unknown; undefined: not at all. */
  readonly floorBeforeKnownMs: Millis | undefined;
  /** The limit is never longer. */
  readonly ceilingMs: Millis;
  /** A pause that is expected less often than once in so many is an alarm. */
  readonly onceIn: number;
  /** The topic's own pauses, and for how long they must have been seen, before its pace counts as known. */
  readonly learnAfter: number;
  readonly learnForMs: Millis;
  /** The limit is longer by this part of the time for which the pauses were watched: 1 + cautiousForMs / watched. */
  readonly cautiousForMs: Millis;
  /**
   * A silence that is not yet an alarm, but worth a question to the exchange: never sooner than after `suspectFloorMs`, and when
   * it is expected less often than once in so many pauses; while the pace is unknown after so long.
   */
  readonly suspectFloorMs: Millis;
  readonly suspectOnceIn: number;
  readonly suspectBeforeKnownMs: Millis;
  /** After this long what was counted weighs half; topics that speak seldom remember the last hundred pauses instead. */
  readonly halfLifeMs: Millis;
  /** What one pause may multiply the limit by: one within it, or one of several alarms in a row. */
  readonly growthAtMost: number;
  /** What a single alarm multiplies the limit by. */
  readonly growthAfterAlarm: number;
};

export class Freshness {
  readonly #policy: FreshnessPolicy;
  readonly #lengths: PauseLengths;
  #arrivals = 0;
  #pauses = 0;
  #pausedMs: Millis = 0;
  /** When data came last, NaN before the first: where it could be undefined each new one would be an object of its own. */
  #silentSince = monoMs(Number.NaN);
  /** The present silence was the market's up to here. */
  #excusedUntil: MonoMs | undefined;
  /** The pause under way began with data, and nothing but the topic's own silence has made it longer. */
  #isOwnPause = false;
  /** The limit that alarms have taught; it fades as the counts do. */
  #taughtMs: Millis = 0;
  /** What the present silence will have taught when it is over; 0 while it is not called stale. */
  #lessonMs: Millis = 0;
  /** The first data after the newest alarm. */
  #flowingSince: MonoMs | undefined;

  constructor(policy: FreshnessPolicy) {
    this.#policy = policy;
    this.#lengths = new PauseLengths(policy.halfLifeMs);
  }

  /** Data of the topic arrived. */
  seen(now: MonoMs): void {
    if (this.#hasBegun) {
      const pause = now - this.#silentSince;
      if (this.isStale(now)) this.calledStale();
      if (this.#isOwnPause)
        this.#learn(this.#excusedUntil === undefined ? pause : this.#withinLimit(pause), now);
      if (this.#lessonMs > 0) {
        this.#flowingSince = now;
        this.#taughtMs = Math.max(this.#taughtMs, this.#lessonMs);
      }
    }
    this.#silentSince = now;
    this.#excusedUntil = undefined;
    this.#isOwnPause = true;
    this.#lessonMs = 0;
    this.#arrivals += 1;
  }

  /**
   * The present silence is an alarm. To be told when something is done about it, since what is done (asking anew, a new
   * socket) interrupts it; otherwise it is noticed when the data come. A silence that is interrupted already is none.
   * `proven`: it was `isMissed`, whose limit is shorter.
   */
  calledStale(proven = false): void {
    const limit = proven ? this.#knownLimit(this.#policy.provenFloorMs) : this.limitMs();
    if (!this.#isOwnPause || !this.#hasBegun || limit === undefined) return;
    const isRepeated = this.#flowingSince !== undefined && this.#silentSince - this.#flowingSince < limit;
    const { growthAtMost, growthAfterAlarm } = this.#policy;
    this.#lessonMs = limit * (isRepeated ? growthAtMost : growthAfterAlarm);
    this.#isOwnPause = false;
  }

  /** The pause under way is no longer the topic's own: its connection is lost, or it is being asked for anew. */
  interrupted(): void {
    this.#isOwnPause = false;
  }

  /** Starts to wait anew, keeping what was learned: after a reconnect, or when we ourselves were asleep. */
  resumed(now: MonoMs): void {
    this.#excusedUntil = undefined;
    this.#isOwnPause = false;
    if (this.#hasBegun) this.#silentSince = now;
  }

  /** Up to `until` the present silence was the market's: the exchange says that nothing happened. */
  excused(until: MonoMs): void {
    if (this.#hasBegun && until > this.#silentSince) this.#excusedUntil = until;
  }

  isStale(now: MonoMs): boolean {
    if (!this.#hasBegun) return false;
    // Most are looked at while they flow: then what they learned need not be asked.
    const silence = now - (this.#excusedUntil ?? this.#silentSince);
    if (this.isPaceKnown && silence <= this.#policy.floorMs) return false;
    const limit = this.limitMs();
    return limit !== undefined && silence > limit;
  }

  /** The same, where others prove that data should come. Without a known pace nothing can be proved. */
  isMissed(now: MonoMs): boolean {
    if (!this.#hasBegun || !this.isPaceKnown) return false;
    const silence = now - (this.#excusedUntil ?? this.#silentSince);
    return silence > this.#policy.provenFloorMs && silence > this.#knownLimit(this.#policy.provenFloorMs);
  }

  /** It is silent for so long that a question is worth its cost. `atLeastMs`: where nothing proves that data should come. */
  isSuspect(now: MonoMs, atLeastMs: Millis): boolean {
    if (!this.#hasBegun) return false;
    const { suspectFloorMs, suspectBeforeKnownMs, suspectOnceIn } = this.#policy;
    const silence = now - this.#silentSince;
    if (silence <= suspectFloorMs || silence <= atLeastMs) return false;
    // A question costs little: what a burst has taught is enough for it.
    const isKnown = this.#pauses >= this.#policy.learnAfter;
    return silence > (isKnown ? this.#lengths.seldomMs(suspectOnceIn) : suspectBeforeKnownMs);
  }

  /** The longest silence that is still normal; undefined while any may be. */
  limitMs(): Millis | undefined {
    const { floorMs, floorBeforeKnownMs, ceilingMs } = this.#policy;
    if (this.isPaceKnown) return this.#knownLimit(floorMs);
    if (floorBeforeKnownMs === undefined) return undefined;
    return Math.min(ceilingMs, Math.max(floorBeforeKnownMs, this.#taughtMs));
  }

  /** Enough was seen to say what is normal. */
  get isPaceKnown(): boolean {
    return this.#pauses >= this.#policy.learnAfter && this.#pausedMs >= this.#policy.learnForMs;
  }

  /** Why the topic is stale, in words, to be read after "is stale:". `proven`: others flowed meanwhile. */
  staleReason(now: MonoMs, proven = false): string {
    const age = `nothing for ${Math.round(this.ageMs(now) ?? 0)} ms`;
    if (proven) {
      const limit = Math.round(this.#knownLimit(this.#policy.provenFloorMs));
      return `${age} while other topics of its socket flow, normal is up to ${limit} ms`;
    }
    const limit = `${Math.round(this.limitMs() ?? 0)} ms`;
    return this.isPaceKnown
      ? `${age}, normal is up to ${limit}`
      : `${age}; its pace is not known yet, so up to ${limit} were waited`;
  }

  /** Milliseconds since the last arrival; undefined before the first. */
  ageMs(now: MonoMs): Millis | undefined {
    return !this.#hasBegun ? undefined : Math.max(0, now - this.#silentSince);
  }

  get arrivals(): number {
    return this.#arrivals;
  }

  get #hasBegun(): boolean {
    return !Number.isNaN(this.#silentSince);
  }

  #knownLimit(floorMs: Millis): Millis {
    const { ceilingMs, onceIn, cautiousForMs } = this.#policy;
    const margin = this.#pausedMs > 0 ? 1 + cautiousForMs / this.#pausedMs : 1;
    const rare = this.#lengths.rareMs(onceIn) * margin;
    return Math.min(ceilingMs, Math.max(floorMs, this.#taughtMs, this.#lengths.longerThanAnyMs(), rare));
  }

  #withinLimit(pauseMs: Millis): Millis {
    return Math.min(pauseMs, this.limitMs() ?? pauseMs);
  }

  /** One pause counts for so much that the limit at most doubles. */
  #learn(pauseMs: Millis, now: MonoMs): void {
    this.#pauses += 1;
    this.#pausedMs += pauseMs;
    if (this.#lengths.add(pauseMs, now)) this.#taughtMs /= 2;
  }
}
