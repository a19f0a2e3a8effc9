/**
 * What every topic has, whatever its channel: does it flow, is it silent for too long, and what is reported of it.
 *
 * A topic alone cannot be told from its link: a stall of two seconds silences both. So the topics of a socket vouch for each
 * other: while one is silent, the time during which the others flowed is counted (`FlowTime`), and when that is long enough to
 * prove that the link is there, a much shorter silence is an alarm. After a stall of the link, or a pause of our own, all that
 * waited comes at once, so nothing is proved by it. All of it is measured in the time during which we listened (own-sleep.ts).
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { TopicReport } from '../../../shared/events/process-events.ts';
import { Freshness, type FreshnessPolicy } from '../../../shared/freshness.ts';
import type { Topic } from '../../../shared/market.ts';
import type { Millis, MonoMs } from '../../../shared/time.ts';

/** No limit, known or not. */
const anySilence: FreshnessPolicy = {
  floorMs: Number.POSITIVE_INFINITY,
  provenFloorMs: Number.POSITIVE_INFINITY,
  floorBeforeKnownMs: undefined,
  ceilingMs: Number.POSITIVE_INFINITY,
  flowedAtMostMs: 0,
  flowedToProveMs: Number.POSITIVE_INFINITY,
  onceIn: 1,
  learnForMs: 0,
  learnAfter: Number.POSITIVE_INFINITY,
  halfLifeMs: 1,
  cautiousForMs: 0,
  suspectFloorMs: Number.POSITIVE_INFINITY,
  suspectOnceIn: 1,
  suspectBeforeKnownMs: Number.POSITIVE_INFINITY,
  growthAtMost: 1,
  growthAfterAlarm: 1,
};

/** `suspected`: not yet an alarm, but worth a question to the exchange where it can be asked. `silent`: an alarm. */
export type Suspicion = 'none' | 'suspected' | 'silent';

/** The moment by a clock that runs only while we listen. */
export type Heard = (now: MonoMs) => MonoMs;
const always: Heard = (now) => now;

export type Emit = (event: UnnumberedEvent) => void;

/** Time that passes only while data of a socket come: of each of its pauses no more than `atMostMs` counts. */
class FlowTime {
  /** NaN before the first data. */
  #at = Number.NaN;
  #flowedMs: Millis = 0;

  seen(now: MonoMs, atMostMs: Millis): void {
    if (now > this.#at) this.#flowedMs += Math.min(now - this.#at, atMostMs);
    this.#at = now;
  }

  get flowedMs(): Millis {
    return this.#flowedMs;
  }
}

/** Each socket tells its events through a function of its own, so topics that share it share the socket. */
const flowTimes = new WeakMap<Emit, FlowTime>();

function flowTimeOf(emit: Emit): FlowTime {
  const known = flowTimes.get(emit);
  if (known !== undefined) return known;
  const time = new FlowTime();
  flowTimes.set(emit, time);
  return time;
}

export class FeedPulse {
  readonly topic: Topic;
  readonly #emit: Emit;
  readonly #policy: FreshnessPolicy;
  readonly #freshness: Freshness;
  readonly #socket: FlowTime;
  readonly #heard: Heard;
  /** What the socket's time was at the last data of this topic. */
  #flowedBefore: Millis = 0;
  #flowing = false;
  #stale = false;

  /** Without a policy no silence means anything: the channel speaks only when something happens, be it once a day. */
  constructor(topic: Topic, policy: FreshnessPolicy | undefined, emit: Emit, heard: Heard = always) {
    this.topic = topic;
    this.#policy = policy ?? anySilence;
    this.#freshness = new Freshness(this.#policy);
    this.#emit = emit;
    this.#socket = flowTimeOf(emit);
    this.#heard = heard;
  }

  /** Data of the topic arrived. To be called before they are told, since `flowing` comes first. */
  arrived(now: MonoMs): void {
    const heard = this.#heard(now);
    this.#freshness.seen(heard);
    this.#socket.seen(heard, this.#policy.flowedAtMostMs);
    this.#flowedBefore = this.#socket.flowedMs;
    if (this.#flowing && !this.#stale) return;
    this.#flowing = true;
    this.#stale = false;
    this.#status('flowing', undefined);
  }

  /** The topic is asked for anew, and why. */
  resync(reason: string): void {
    this.#status('resync', reason);
  }

  /** The connection is gone. `resumed` follows when there is another. */
  interrupted(): void {
    this.#flowing = false;
    this.#stale = false;
  }

  /** The topic is being asked for anew on the same connection: the pause is not its own. */
  renewing(): void {
    this.#freshness.interrupted();
  }

  /** A new connection, or we ourselves were asleep: silence before this moment proves nothing. */
  resumed(now: MonoMs): void {
    this.#freshness.resumed(this.#heard(now));
    this.#flowedBefore = this.#socket.flowedMs;
  }

  /** Looks at the clock. A topic that is stale already is not suspected again. */
  look(now: MonoMs): Suspicion {
    if (this.#stale) return 'none';
    const heard = this.#heard(now);
    if (this.#isMissed(heard) || this.#freshness.isStale(heard)) return 'silent';
    // Where nothing proves that the link is there, half of what would be an alarm is worth a question.
    const atLeastMs = this.#isProven ? 0 : this.#policy.floorMs / 2;
    return this.#freshness.isSuspect(heard, atLeastMs) ? 'suspected' : 'none';
  }

  /** The topic is stale from now on; `why` when something else has shown it than the length of its silence. */
  call(now: MonoMs, why?: string): void {
    const heard = this.#heard(now);
    const proven = this.#isMissed(heard);
    this.#stale = true;
    // What was seen to be a fault says nothing of the market's pauses.
    if (why === undefined) this.#freshness.calledStale(proven);
    else this.renewing();
    this.#status('stale', why ?? this.#freshness.staleReason(heard, proven));
  }

  /** The topic is asked for anew once more, since it still gives nothing. */
  stillSilent(now: MonoMs, times: number): void {
    const age = this.ageMs(now);
    const silence = age === undefined ? 'nothing has come yet' : `nothing for ${Math.round(age)} ms`;
    this.#status('stale', `${silence}: asked for anew, attempt ${times}`);
  }

  /** Up to `until` the present silence was the market's, and why we think so; told, so that nobody else takes it for a fault. */
  excused(until: MonoMs, reason: string): void {
    this.#freshness.excused(this.#heard(until));
    if (this.#flowing && !this.#stale) this.#status('flowing', reason);
  }

  /** Looks at the clock. Answers true, once, when the topic became stale by the length of its silence. */
  fellSilent(now: MonoMs): boolean {
    if (this.look(now) !== 'silent') return false;
    this.call(now);
    return true;
  }

  /** Milliseconds since the last data; undefined before the first. */
  ageMs(now: MonoMs): Millis | undefined {
    return this.#freshness.ageMs(this.#heard(now));
  }

  /** Frames with data so far. */
  get arrivals(): number {
    return this.#freshness.arrivals;
  }

  get isStale(): boolean {
    return this.#stale;
  }

  /** Enough of it was seen to judge its silence. */
  get isPaceKnown(): boolean {
    return this.#freshness.isPaceKnown;
  }

  report(state: TopicReport['state'], now: MonoMs): TopicReport {
    const age = this.ageMs(now);
    return {
      ...this.topic,
      state,
      stale: this.#stale,
      age_ms: age === undefined ? null : Math.round(age),
      messages: this.#freshness.arrivals,
    };
  }

  /** The others of its socket have flowed for long enough meanwhile. */
  get #isProven(): boolean {
    return this.#socket.flowedMs - this.#flowedBefore >= this.#policy.flowedToProveMs;
  }

  #isMissed(heard: MonoMs): boolean {
    return this.#isProven && this.#freshness.isMissed(heard);
  }

  #status(status: 'stale' | 'flowing' | 'resync', reason: string | undefined): void {
    this.#emit({
      type: 'status',
      status,
      scope: 'topic',
      ...this.topic,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
