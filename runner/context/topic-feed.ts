/**
 * What we know about one wanted topic: was it granted, does it flow, and for a book its levels.
 *
 * Three facts that are easily taken for one: `state` is what the exchange said to our wish, `stale` is whether data come as
 * they should, and a book's validity is whether its levels are true. The child's word and our own judgement both count
 * for staleness, since a child can be wrong, and a foreign one may say nothing.
 */
import { Freshness, type FreshnessPolicy } from '../../shared/freshness.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';
import { OrderBook } from './order-book.ts';

/** `wanted`: asked for or to be asked for, not yet answered. */
export const subscriptionStates = ['wanted', 'subscribed', 'refused'] as const;
export type SubscriptionState = (typeof subscriptionStates)[number];

/** One topic as /health, /ready, /ws/health and the page show it. */
export type TopicView = {
  readonly topic: Topic;
  /** `trades:linear:BTCUSDT` */
  readonly key: string;
  readonly state: SubscriptionState;
  /** Why it was refused, in the exchange's words. */
  readonly refusal?: string;
  readonly stale: boolean;
  readonly stale_reason: string | null;
  /** Milliseconds since the last data; null before the first. */
  readonly age_ms: Millis | null;
  readonly messages: number;
  /** Of a book: its levels are known. Of another topic: something came since the present connection. */
  readonly snapshot_seen: boolean;
  /** The sockets of its market that carry it, by number; empty while unknown. */
  readonly sockets?: readonly number[];
};

export class TopicFeed {
  readonly topic: Topic;
  readonly key: string;
  /** Only of a depth topic. */
  readonly book: OrderBook | undefined;
  readonly #freshness: Freshness;
  #state: SubscriptionState = 'wanted';
  #refusal: string | undefined;
  #toldStale: string | undefined;
  #dataSeen = false;
  /** The sockets that carry it; empty while unknown. */
  sockets: readonly number[] = [];

  constructor(topic: Topic, freshness: FreshnessPolicy) {
    this.topic = topic;
    this.key = topicKey(topic);
    this.book = topic.channel === 'depth' ? new OrderBook(topic.depth ?? 50) : undefined;
    this.#freshness = new Freshness(freshness);
  }

  /** Data arrived. They prove the subscription, also of a child that never acknowledges. */
  seen(now: MonoMs): void {
    this.#freshness.seen(now);
    this.#toldStale = undefined;
    this.#dataSeen = true;
    if (this.#state !== 'subscribed') this.granted();
  }

  granted(): void {
    this.#state = 'subscribed';
    this.#refusal = undefined;
  }

  /** The child asks for it anew: it is not granted at present. */
  askedAnew(): void {
    this.#state = 'wanted';
  }

  refused(reason: string): void {
    this.#state = 'refused';
    this.#refusal = reason;
  }

  released(): void {
    this.#state = 'wanted';
    this.sockets = [];
    this.lost('unsubscribed');
  }

  /** The child says that data do not come as they should. It acts on that, so this silence is over for our own judgement. */
  toldStale(reason: string): void {
    this.#freshness.calledStale();
    this.#toldStale = reason;
  }

  toldFlowing(): void {
    this.#toldStale = undefined;
  }

  /** The connection is (again) there: silence is counted from now. */
  connected(now: MonoMs): void {
    this.#freshness.resumed(now);
    this.#toldStale = undefined;
  }

  /** The connection is gone: the exchange has forgotten our wish, unless it had refused it. */
  disconnected(reason: string): void {
    if (this.#state === 'subscribed') this.#state = 'wanted';
    this.lost(reason);
  }

  /** Another child will ask anew, and may be answered differently. */
  childEnded(reason: string): void {
    this.#state = 'wanted';
    this.#refusal = undefined;
    this.sockets = [];
    this.lost(reason);
  }

  /** What is known of the present state is no longer true; the next snapshot will tell. */
  lost(reason: string): void {
    this.#dataSeen = false;
    this.#freshness.interrupted();
    this.book?.invalidate(reason);
  }

  /** The child spoke of the topic as of this socket. */
  carriedBy(socket: number): void {
    if (!this.sockets.includes(socket)) this.sockets = [...this.sockets, socket];
  }

  get category(): Topic['category'] {
    return this.topic.category;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get snapshotSeen(): boolean {
    return this.book === undefined ? this.#dataSeen : this.book.state.kind === 'valid';
  }

  /** Why the topic counts as stale by what was told or by its silence; undefined while it flows or nothing is known. */
  staleReason(now: MonoMs): string | undefined {
    if (this.#toldStale !== undefined) return this.#toldStale;
    if (!this.#freshness.isStale(now)) return undefined;
    return this.#freshness.staleReason(now);
  }

  view(now: MonoMs, disconnected: string | undefined): TopicView {
    const staleReason = disconnected ?? this.staleReason(now);
    return {
      topic: this.topic,
      key: this.key,
      state: this.#state,
      ...(this.#refusal === undefined ? {} : { refusal: this.#refusal }),
      stale: staleReason !== undefined,
      stale_reason: staleReason ?? null,
      age_ms: this.#freshness.ageMs(now) ?? null,
      messages: this.#freshness.arrivals,
      snapshot_seen: this.snapshotSeen,
      sockets: this.sockets,
    };
  }
}
