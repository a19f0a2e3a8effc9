/**
 * What one topic has told so far: is its book whole, where is its last trade, is it silent for too long.
 *
 * Trades carry no counter that would show a hole, so a hole is known only by its cause: the socket was lost, the topic fell
 * silent, a frame could not be read. Then a gap opens at the last trade seen; the first trade after it is its other end, and
 * the gap is told again right before that trade.
 */
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { DepthEvent, TradeEvent } from '../../shared/events/market-events.ts';
import {
  type GapBound,
  type GapCause,
  type GapEvent,
  gapBound,
  type TopicReport,
} from '../../shared/events/process-events.ts';
import { Freshness, type FreshnessPolicy } from '../../shared/freshness.ts';
import type { Topic } from '../../shared/market.ts';
import { type Millis, type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import { type BookSyncState, emptyBook, stepBookSync } from './book-sync.ts';

export type Emit = (event: UnnumberedEvent) => void;

export type FeedPolicy = {
  readonly freshness: FreshnessPolicy;
  /** A subscribed book without a snapshot for this long is asked for anew. */
  readonly snapshotWithinMs: Millis;
};

export class TopicFeed {
  readonly topic: Topic;
  readonly #emit: Emit;
  readonly #nextGapId: () => string;
  readonly #freshness: Freshness;
  readonly #snapshotWithinMs: Millis;
  #book: BookSyncState = emptyBook;
  #lastTrade: GapBound | undefined;
  #openGap: GapEvent | undefined;
  #flowing = false;
  #stale = false;
  /** Asked for anew on the same connection: until the exchange agrees, what still comes does not join what will come. */
  #renewing = false;
  #awaitingSince: MonoMs | undefined;

  constructor(topic: Topic, policy: FeedPolicy, nextGapId: () => string, emit: Emit) {
    this.topic = topic;
    this.#freshness = new Freshness(policy.freshness);
    this.#snapshotWithinMs = policy.snapshotWithinMs;
    this.#nextGapId = nextGapId;
    this.#emit = emit;
  }

  /** Trades of one frame, in match order. */
  trades(trades: readonly TradeEvent[], now: MonoMs): void {
    const first = trades[0];
    const last = trades.at(-1);
    if (first === undefined || last === undefined) return;
    this.#arrived(now);
    if (this.#openGap !== undefined) {
      this.#emit({ ...this.#openGap, to: gapBound(first) });
      this.#openGap = undefined;
    }
    for (const trade of trades) this.#emit(trade);
    this.#lastTrade = gapBound(last);
    if (this.#renewing) this.openGap('resubscribed', unixMs(Math.floor((last.received_at ?? 0) / 1_000)));
  }

  /** A book frame. Answers true when the book broke with it: the caller asks for the topic anew. */
  depth(event: DepthEvent, now: MonoMs): boolean {
    this.#arrived(now);
    const { next, verdict } = stepBookSync(this.#book, event.action ?? 'snapshot', event.last_update_id);
    const before = this.#book;
    this.#book = next;
    if (verdict === 'pass') this.#emit(event);
    if (verdict !== 'break') return false;
    const last = before.kind === 'live' ? before.lastUpdateId : 0;
    this.#status('resync', `update ${event.last_update_id} came after ${last}: the book is fetched anew`);
    return true;
  }

  /** Something of this topic could not be read, so it may be missing from the stream. Answers true when it must be fetched anew. */
  unreadable(at: UnixMs): boolean {
    if (this.topic.channel === 'trades') this.openGap('bad_frame', at);
    if (this.topic.channel !== 'depth' || this.#book.kind !== 'live') return false;
    this.#book = { kind: 'broken' };
    this.#status('resync', 'a frame of this book could not be read: the book is fetched anew');
    return true;
  }

  /** The book is given up on our side (the reader is too slow): only a snapshot makes it whole. */
  dropBook(): void {
    if (this.#book.kind === 'live') this.#book = { kind: 'broken' };
  }

  /** The connection is gone: what comes next does not join what came before. `resumed` follows when there is another. */
  interrupted(cause: GapCause, at: UnixMs): void {
    this.#book = emptyBook;
    this.#flowing = false;
    this.#stale = false;
    this.#renewing = false;
    this.openGap(cause, at);
  }

  /** The topic is being asked for anew on the same connection; trades in between may be missed. */
  renewing(at: UnixMs): void {
    this.#renewing = true;
    this.#freshness.interrupted();
    this.openGap('resubscribed', at);
  }

  /** Nobody answered our request, so it is made again; a book that moved without an answer starts again, too. */
  unanswered(at: UnixMs): void {
    if (this.topic.channel === 'depth' && this.#book.kind === 'live')
      this.#status('resync', 'nobody acknowledged its subscription: the book is fetched anew');
    this.#book = emptyBook;
    this.renewing(at);
  }

  /** The exchange agreed to our request. */
  agreed(): void {
    this.#renewing = false;
  }

  /** Opens a gap at the last trade, once: a gap that has no end yet swallows every later cause. */
  openGap(cause: GapCause, at: UnixMs): void {
    if (this.topic.channel !== 'trades' || this.#lastTrade === undefined || this.#openGap !== undefined)
      return;
    const { category, symbol, channel } = this.topic;
    this.#openGap = {
      type: 'gap',
      gap_id: this.#nextGapId(),
      state: 'open',
      channel,
      category,
      symbol,
      cause,
      from: this.#lastTrade,
      to: null,
      at,
    };
    this.#emit(this.#openGap);
  }

  /** Looks at the clock. Answers true when the topic should be asked for anew: it became stale, or its snapshot does not come. */
  judge(now: MonoMs, at: UnixMs): boolean {
    if (this.awaitsSnapshot) {
      this.#awaitingSince ??= now;
      if (now - this.#awaitingSince < this.#snapshotWithinMs) return false;
      this.#awaitingSince = now;
      this.#status('resync', `no snapshot within ${this.#snapshotWithinMs} ms: asking anew`);
      return true;
    }
    this.#awaitingSince = undefined;
    if (this.#stale || !this.#freshness.isStale(now)) return false;
    this.#stale = true;
    this.#freshness.calledStale();
    this.#status('stale', this.#freshness.staleReason(now));
    this.openGap('data_silent', at);
    return true;
  }

  /** A new connection, or we ourselves were asleep: silence before this moment proves nothing. */
  resumed(now: MonoMs): void {
    this.#freshness.resumed(now);
  }

  get isStale(): boolean {
    return this.#stale;
  }

  /** True for a book whose first snapshot has not come since the connection or the topic began. */
  get awaitsSnapshot(): boolean {
    return this.topic.channel === 'depth' && this.#book.kind !== 'live';
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

  #arrived(now: MonoMs): void {
    this.#freshness.seen(now);
    if (this.#flowing && !this.#stale) return;
    this.#flowing = true;
    this.#stale = false;
    this.#status('flowing', undefined);
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
