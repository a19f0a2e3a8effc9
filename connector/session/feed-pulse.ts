/** What every topic has, whatever its channel: does it flow, is it silent for too long, and what is reported of it. */
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { TopicReport } from '../../shared/events/process-events.ts';
import { Freshness, type FreshnessPolicy } from '../../shared/freshness.ts';
import type { Topic } from '../../shared/market.ts';
import type { MonoMs } from '../../shared/time.ts';

/** No limit, known or not. */
const anySilence: FreshnessPolicy = {
  floorMs: Number.POSITIVE_INFINITY,
  floorBeforeKnownMs: undefined,
  ceilingMs: Number.POSITIVE_INFINITY,
  factor: 1,
  learnAfter: Number.POSITIVE_INFINITY,
  halfLifeMs: 1,
  growthAtMost: 1,
  growthAfterAlarm: 1,
};

export type Emit = (event: UnnumberedEvent) => void;

export class FeedPulse {
  readonly topic: Topic;
  readonly #emit: Emit;
  readonly #freshness: Freshness;
  #flowing = false;
  #stale = false;

  /** Without a policy no silence means anything: the channel speaks only when something happens, be it once a day. */
  constructor(topic: Topic, policy: FreshnessPolicy | undefined, emit: Emit) {
    this.topic = topic;
    this.#freshness = new Freshness(policy ?? anySilence);
    this.#emit = emit;
  }

  /** Data of the topic arrived. To be called before they are told, since `flowing` comes first. */
  arrived(now: MonoMs): void {
    this.#freshness.seen(now);
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
    this.#freshness.resumed(now);
  }

  /** Looks at the clock. Answers true, once, when the topic became stale. */
  fellSilent(now: MonoMs): boolean {
    if (this.#stale || !this.#freshness.isStale(now)) return false;
    this.#stale = true;
    this.#freshness.calledStale();
    this.#status('stale', this.#freshness.staleReason(now));
    return true;
  }

  get isStale(): boolean {
    return this.#stale;
  }

  /** Enough of it was seen to judge its silence. */
  get isPaceKnown(): boolean {
    return this.#freshness.isPaceKnown;
  }

  report(state: TopicReport['state'], now: MonoMs): TopicReport {
    const age = this.#freshness.ageMs(now);
    return {
      ...this.topic,
      state,
      stale: this.#stale,
      age_ms: age === undefined ? null : Math.round(age),
      messages: this.#freshness.arrivals,
    };
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
