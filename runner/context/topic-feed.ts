/**
 * What we know about one wanted topic: the phase that it is in (topic-phase.ts), why, and for a book its levels.
 *
 * Every output reads the phase, and nothing else, for whether the topic was granted, flows, is stale, or is cut off. The
 * child's word and our own judgement both count, since a child can be wrong, and a foreign one may say nothing. Our own is made
 * when somebody looks (`look`), so that two who look at the same moment see the same.
 */
import { Freshness, type FreshnessPolicy } from '../../shared/freshness.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import { assertLegal } from '../../shared/state-table.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';
import { OrderBook } from './order-book.ts';
import {
  type SubscriptionState,
  stepTopicPhase,
  subscriptionOf,
  subscriptionStates,
  type TopicPhase,
  type TopicPhaseEvent,
  topicPhaseTable,
} from './topic-phase.ts';

export { type SubscriptionState, subscriptionStates, type TopicPhase };

/** So many moves of the ticker's last price, the first of them so long ago, and no trade since: trades are being missed. */
const MOVES_THAT_PROVE = 3;
const MOVES_WITHIN_MS: Millis = 3_000;

/** Why data are not to be believed, where nobody gave a reason. */
const phaseWords: Readonly<Record<TopicPhase, string>> = {
  wanted: 'its subscription is not acknowledged',
  awaiting: 'no snapshot yet',
  flowing: 'nothing is wrong',
  stale: 'stale',
  refused: 'refused',
  disconnected: 'disconnected',
};

/** One topic as /health, /ready, /ws/health and the page show it. */
export type TopicView = {
  readonly topic: Topic;
  /** `trades:linear:BTCUSDT` */
  readonly key: string;
  readonly phase: TopicPhase;
  /** What the phase says of our wish. */
  readonly state: SubscriptionState;
  /** Why it was refused, in the exchange's words. */
  readonly refusal?: string;
  /** Data do not come: by their silence, or because nothing is there that could carry them. */
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
  readonly #onPhase: () => void;
  #phase: TopicPhase = 'wanted';
  /** Why it is in this phase; only of `stale`, `refused` and `disconnected`. */
  #why: string | undefined;
  #dataSeen = false;
  /** Moves of the ticker's last price since the last trade, and when the first of them was. */
  #moves = 0;
  #movedAt: MonoMs | undefined;
  /** The sockets that carry it; empty while unknown. */
  sockets: readonly number[] = [];

  /** `onPhase` is called after each change of the phase, or of the reason for it. */
  constructor(topic: Topic, freshness: FreshnessPolicy, onPhase: () => void = () => undefined) {
    this.topic = topic;
    this.key = topicKey(topic);
    this.book = topic.channel === 'depth' ? new OrderBook(topic.depth ?? 50) : undefined;
    this.#freshness = new Freshness(freshness);
    this.#onPhase = onPhase;
  }

  /** Data arrived; a book has taken them in. They prove the subscription, also of a child that never acknowledges. */
  seen(now: MonoMs): void {
    this.#freshness.seen(now);
    this.#dataSeen = true;
    this.#moves = 0;
    const isWhole = this.book === undefined || this.book.state.kind === 'valid';
    if (this.#phase !== 'flowing' || !isWhole) this.#step(isWhole ? 'whole' : 'broken');
  }

  granted(): void {
    this.#step('granted');
  }

  /** The child asks for it anew: it is not granted at present. A stale one stays so until data come. */
  askedAnew(): void {
    if (this.#phase !== 'stale') this.#step('withdrawn');
  }

  refused(reason: string): void {
    this.#step('refused', reason);
  }

  released(): void {
    this.sockets = [];
    this.#forget('unsubscribed');
    this.#step('withdrawn');
  }

  /** The child says that data do not come as they should. It acts on that, so this silence is over for our own judgement. */
  toldStale(reason: string): void {
    this.#freshness.calledStale();
    this.#step('told_stale', reason);
  }

  /** The child says that data come as they should; where none come, that nothing happens in the market. */
  toldFlowing(now: MonoMs): void {
    this.#freshness.excused(now);
    this.#step('told_flowing');
  }

  /** The connection is (again) there: silence is counted from now. */
  connected(now: MonoMs): void {
    this.#freshness.resumed(now);
    this.#step('connected');
  }

  /** Our own process was asleep: silence before this moment proves nothing. */
  slept(now: MonoMs): void {
    this.#freshness.resumed(now);
    this.#moves = 0;
  }

  /** Nothing is there any more that could carry it. */
  disconnected(reason: string): void {
    this.#forget(reason);
    this.#step('disconnected', reason);
  }

  /** A connection is lost that may have carried it, among others that may: the exchange may have forgotten our wish. */
  maybeLost(reason: string): void {
    this.#forget(reason);
    if (this.#phase !== 'refused') this.#step('withdrawn');
  }

  /** Another child will ask anew, and may be answered differently. */
  childEnded(reason: string): void {
    this.sockets = [];
    this.#forget(reason);
    this.#step('child_ended', reason);
  }

  /** What is known of the present state is no longer true; the next snapshot will tell. */
  lost(reason: string): void {
    this.#forget(reason);
    this.#step('resync', this.#why);
  }

  /** Of trades: the ticker of the symbol says that one happened. Of what was not granted then, nothing is missed. */
  priceMoved(now: MonoMs): void {
    if (this.#phase !== 'flowing') return;
    if (this.#moves === 0) this.#movedAt = now;
    this.#moves += 1;
  }

  /** The child spoke of the topic as of this socket. */
  carriedBy(socket: number): void {
    if (!this.sockets.includes(socket)) this.sockets = [...this.sockets, socket];
  }

  /** Judges its silence. Answers the reason when just now another channel of its symbol proved that data are missed. */
  look(now: MonoMs): string | undefined {
    if (this.#phase !== 'flowing') return undefined;
    if (this.#freshness.isStale(now)) this.#step('missed', this.#freshness.staleReason(now));
    else if (this.#moves >= MOVES_THAT_PROVE && now - (this.#movedAt ?? now) >= MOVES_WITHIN_MS) {
      const age = this.#freshness.ageMs(now);
      const since = age === undefined ? 'so far' : `for ${Math.round(age)} ms`;
      const reason = `the last price of its ticker moved ${this.#moves} times, but no trade came ${since}`;
      this.#endPause();
      this.#step('missed', reason);
      return reason;
    }
    return undefined;
  }

  get category(): Topic['category'] {
    return this.topic.category;
  }

  get phase(): TopicPhase {
    return this.#phase;
  }

  get state(): SubscriptionState {
    return subscriptionOf[this.#phase];
  }

  get snapshotSeen(): boolean {
    return this.book === undefined ? this.#dataSeen : this.book.state.kind === 'valid';
  }

  /** Why its data are not to be believed now; undefined while it flows, and before anything came: that has words of its own. */
  distrust(now: MonoMs): string | undefined {
    this.look(now);
    const phase = this.#phase;
    if (phase === 'flowing') return undefined;
    const isEmpty = (phase === 'wanted' || phase === 'awaiting') && !this.snapshotSeen;
    return isEmpty ? undefined : (this.#why ?? phaseWords[phase]);
  }

  view(now: MonoMs): TopicView {
    const distrust = this.distrust(now);
    const phase = this.#phase;
    const staleReason = phase === 'stale' || phase === 'disconnected' ? distrust : undefined;
    return {
      topic: this.topic,
      key: this.key,
      phase,
      state: subscriptionOf[phase],
      ...(phase === 'refused' ? { refusal: this.#why ?? 'no reason given' } : {}),
      stale: staleReason !== undefined,
      stale_reason: staleReason ?? null,
      age_ms: this.#freshness.ageMs(now) ?? null,
      messages: this.#freshness.arrivals,
      snapshot_seen: this.snapshotSeen,
      sockets: this.sockets,
    };
  }

  #forget(reason: string): void {
    this.#dataSeen = false;
    this.#moves = 0;
    this.#endPause();
    this.book?.invalidate(reason);
  }

  /** What comes next is no sign of its pace. */
  #endPause(): void {
    this.#freshness.interrupted();
  }

  #step(event: TopicPhaseEvent, why?: string): void {
    const before = this.#phase;
    const whyBefore = this.#why;
    const needsSnapshot = this.topic.channel === 'depth' || this.topic.channel === 'ticker';
    const after = stepTopicPhase(before, event, !needsSnapshot || this.snapshotSeen);
    assertLegal(topicPhaseTable, before, event, after);
    if (typeof topicPhaseTable[before][event] !== 'string') this.#why = why;
    if (after === before && this.#why === whyBefore) return;
    this.#phase = after;
    this.#onPhase();
  }
}
