/** One topic: its pulse, and what its channel adds to it. Every event in its life passes to both here. */
import type { GapCause, TopicReport } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { MonoMs, UnixMicros, UnixMs } from '../../../shared/time.ts';
import type { DataFrame } from '../../bybit/frames.ts';
import type { FeedPulse } from '../silence/feed-pulse.ts';
import type { MuteStep, MuteSteps } from '../silence/mute-steps.ts';
import type { TopicCheck } from '../silence/silence-check.ts';
import type { Resume } from '../trades/trade-line-types.ts';
import type { ChannelFeed, Continuity, FrameOutcome, SpliceOutcome } from './continuity.ts';

export class TopicFeed {
  readonly topic: Topic;
  readonly #pulse: FeedPulse;
  readonly #read: ChannelFeed['read'];
  readonly #splice: ChannelFeed['splice'];
  readonly #learn: ChannelFeed['learn'];
  readonly #continuity: Continuity;
  readonly #check: TopicCheck | undefined;
  readonly #steps: MuteSteps;
  /** Every subscription of a book or a ticker begins with a snapshot, however calm the market is. */
  readonly #beginsWithSnapshot: boolean;
  /** The exchange's own list has shown that something is missing. */
  #isShownMute = false;
  /** Frames that had come when it was last seen to be well. */
  #arrivals = 0;

  constructor(pulse: FeedPulse, steps: MuteSteps, { read, splice, learn, continuity, check }: ChannelFeed) {
    this.topic = pulse.topic;
    this.#pulse = pulse;
    this.#steps = steps;
    this.#beginsWithSnapshot = pulse.topic.channel === 'depth' || pulse.topic.channel === 'ticker';
    this.#read = read;
    this.#splice = splice;
    this.#learn = learn;
    this.#continuity = continuity;
    this.#check = check;
  }

  /** A frame of this topic, whose name ends at `topicEnd`. Undefined: it must be parsed. */
  bytes(bytes: Buffer, topicEnd: number, receivedAt: UnixMicros, now: MonoMs): SpliceOutcome | undefined {
    return this.#splice?.(bytes, topicEnd, receivedAt, now);
  }

  /** This text had to be parsed, and was read whole. */
  parsed(text: string, topicEnd: number): void {
    this.#learn?.(text, topicEnd);
  }

  /** A frame of this topic. */
  data(frame: DataFrame, receivedAt: UnixMicros, now: MonoMs): FrameOutcome {
    return this.#read(frame, receivedAt, now);
  }

  /** Something of this topic could not be read, so it may be missing from the stream. Answers true when it must be fetched anew. */
  unreadable(at: UnixMs): boolean {
    return this.#continuity.unreadable?.(at) ?? false;
  }

  /** Something could not be read, and nothing tells whether it was of this topic. */
  maybeUnreadable(at: UnixMs): void {
    this.#continuity.maybeMissed?.(at);
  }

  /** The book is given up on our side (the reader is too slow): only a snapshot makes it whole. */
  dropBook(): void {
    this.#continuity.dropped?.();
  }

  /** The connection is gone: what comes next does not join what came before. `resumed` follows when there is another. */
  interrupted(cause: GapCause, at: UnixMs): void {
    this.#pulse.interrupted();
    this.#steps.reconnected();
    this.#check?.interrupted();
    this.#continuity.interrupted?.(cause, at);
  }

  /** The topic is being asked for anew on the same connection; data in between may be missed. */
  renewing(at: UnixMs): void {
    this.#pulse.renewing();
    this.#check?.interrupted();
    this.#continuity.renewing?.(at);
  }

  /** Nobody answered our request, so it is made again. */
  unanswered(at: UnixMs): void {
    this.#continuity.unanswered?.(at);
    this.renewing(at);
  }

  /** The exchange agreed to our request. */
  agreed(now: MonoMs): void {
    this.#check?.agreed(now);
    this.#continuity.agreed?.(now);
  }

  /** Goes on where an earlier connector had ended; without effect once something of the topic was seen. */
  resume(resume: Resume, at: UnixMs): void {
    this.#continuity.resume?.(resume, at);
  }

  /** Nobody wants it any more. */
  ended(): void {
    this.#continuity.ended?.();
  }

  /** Looks at the clock. Answers what is to be done when the topic became stale, stays so, or its snapshot does not come. */
  judge(now: MonoMs, at: UnixMs): MuteStep {
    if (this.#continuity.isOverdue?.(now) === true) return this.#steps.asked(now, true);
    if (this.awaitsSnapshot) return 'nothing';
    if (this.#fellSilent(now)) {
      this.#continuity.missed?.('data_silent', at);
      return this.#steps.asked(now, false);
    }
    if (!this.isStale) {
      // A new socket ends what was called stale, but only data show that it was a cure.
      if (this.#pulse.arrivals !== this.#arrivals) this.#steps.flows();
      this.#arrivals = this.#pulse.arrivals;
      this.#isShownMute = false;
      return 'nothing';
    }
    const step = this.#steps.stillMute(now, this.#beginsWithSnapshot || this.#isShownMute);
    if (step === 'renew') this.#pulse.stillSilent(now, this.#steps.inVain);
    return step;
  }

  /** A new connection, or we ourselves were asleep: silence before this moment proves nothing. */
  resumed(now: MonoMs): void {
    this.#pulse.resumed(now);
  }

  get isStale(): boolean {
    return this.#pulse.isStale;
  }

  /** True for a book or ticker whose first snapshot has not come since the connection or the topic began. */
  get awaitsSnapshot(): boolean {
    return this.#continuity.awaitsSnapshot ?? false;
  }

  /** The exchange has said, lately, that nothing of it is missing. */
  isVouched(now: MonoMs): boolean {
    return this.#check?.isVouched(now) ?? false;
  }

  /** Enough of it was seen to judge its silence. */
  get isPaceKnown(): boolean {
    return this.#pulse.isPaceKnown;
  }

  #fellSilent(now: MonoMs): boolean {
    if (this.#check === undefined) return this.#pulse.fellSilent(now);
    const alarm = this.#check.judge(this.#pulse.look(now), this.#pulse, now);
    if (alarm === undefined) return false;
    this.#pulse.call(now, alarm.why);
    this.#isShownMute = alarm.why !== undefined;
    return true;
  }

  report(state: TopicReport['state'], now: MonoMs): TopicReport {
    return this.#pulse.report(state, now);
  }
}
