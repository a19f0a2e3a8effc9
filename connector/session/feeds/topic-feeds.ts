/** The topics of one connection or one recording: routes data frames to the topic that they belong to. */
import { Buffer } from 'node:buffer';
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { GapCause } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import { type MonoMs, type UnixMicros, type UnixMs, unixMs } from '../../../shared/time.ts';
import type { DepthShape } from '../../bybit/depth-splice.ts';
import { skip } from '../../bybit/frame-scan.ts';
import { ascii } from '../../bybit/frame-shape.ts';
import type { DataFrame } from '../../bybit/frames.ts';
import { LearntShapes } from '../../bybit/learnt-shapes.ts';
import type { TradeShape } from '../../bybit/trade-splice.ts';
import { FeedPulse, type Heard } from '../silence/feed-pulse.ts';
import { MuteSteps } from '../silence/mute-steps.ts';
import { type AskNewest, SilenceCheck } from '../silence/silence-check.ts';
import type { TopicSilence } from '../silence/socket-silence.ts';
import type { Frame } from '../sockets/socket-port.ts';
import type { Subscription } from '../subscriptions/subscriptions.ts';
import { type TradeFeed, TradeLines } from '../trades/trade-lines.ts';
import type { FetchKlines } from './candle-line.ts';
import { depthFeed, klineFeed, liquidationFeed, tickerFeed, tradesFeed } from './channel-feeds.ts';
import { GivenUpGaps } from './given-up-gaps.ts';
import { TopicFeed } from './topic-feed.ts';
import { TopicTable } from './topic-table.ts';

export type TopicFeedsPorts = {
  readonly emit: (event: UnnumberedEvent) => void;
  /** The topic must be asked for anew: its book broke, or it is stale. */
  readonly renew: (name: string) => void;
  /** A frame, or a row of it, could not be read. */
  readonly bad: (reason: string) => void;
  /** Fetches closed candles whose close was not seen; without it, their gaps stay open. */
  readonly fetchKlines?: FetchKlines | undefined;
  /** The lines that these trades belong to; without them the topics here have lines of their own, which nobody heals. */
  readonly lines?: TradeLines | undefined;
  /** The number of the socket among those that feed the same lines. */
  readonly socket?: number;
  /** A clock that runs only while we listen; without it, the one that is told. */
  readonly heard?: Heard | undefined;
  /** Asks the exchange about trades that do not come; without it the length of their silence decides. */
  readonly askNewest?: AskNewest | undefined;
  /** When the exchange pushed what the socket brought last, ms by its clock. */
  readonly sentAt?: () => number | undefined;
};

/** How a frame begins that need not be parsed. */
const TOPIC_FIRST = '{"topic":"';
const TOPIC_FIRST_BYTES = ascii(TOPIC_FIRST);

const never = (): undefined => undefined;

export type FeedCounts = {
  /** Candles that were told already, or older than what was told. */
  droppedCandles: number;
};

export class TopicFeeds {
  readonly #policy: Policy;
  readonly #gapPrefix: string;
  readonly #ports: TopicFeedsPorts;
  readonly #feeds = new TopicTable<TopicFeed>();
  readonly #lines: TradeLines;
  readonly #givenUp: GivenUpGaps;
  readonly counts: FeedCounts = { droppedCandles: 0 };
  readonly #tradeShapes = new LearntShapes<TradeShape>();
  readonly #depthShapes = new LearntShapes<DepthShape>();
  #gaps = 0;

  /** Gap ids are the prefix and a count. */
  constructor(policy: Policy, gapPrefix: string, ports: TopicFeedsPorts) {
    this.#policy = policy;
    this.#gapPrefix = gapPrefix;
    this.#ports = ports;
    const { emit, lines } = ports;
    this.#lines =
      lines ?? new TradeLines(policy.healing.trades, { emit, nextGapId: () => this.#nextGapId() });
    this.#givenUp = new GivenUpGaps(policy.healing.trades.wantedAgainWithinMs, emit);
  }

  /** A frame as it came. Answers when the exchange pushed it (ms), or undefined when it must be parsed. */
  frame(frame: Frame, receivedAt: UnixMicros, now: MonoMs): number | undefined {
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
    if (skip(bytes, 0, TOPIC_FIRST_BYTES) < 0) return undefined;
    const feed = this.#feeds.find(bytes, TOPIC_FIRST.length);
    const topicEnd = this.#feeds.end;
    const outcome = feed?.bytes(bytes, topicEnd, receivedAt, now);
    if (outcome?.isBroken === true) this.#ports.renew(bytes.toString('latin1', TOPIC_FIRST.length, topicEnd));
    return outcome?.sentAt;
  }

  /** A parsed frame of a known topic. Frames of others (the last ones of an unsubscribed topic) are not ours. */
  data(frame: DataFrame, text: string, receivedAt: UnixMicros, now: MonoMs): void {
    const feed = this.#feeds.get(frame.topic);
    const outcome = feed?.data(frame, receivedAt, now);
    if (outcome?.kind === 'done' && text.startsWith(TOPIC_FIRST))
      feed?.parsed(text, TOPIC_FIRST.length + frame.topic.length);
    if (outcome?.kind === 'broken') this.#ports.renew(frame.topic);
    if (outcome?.kind === 'bad') {
      const reason = `${frame.topic}: ${outcome.reason}`;
      this.unreadable(frame.topic, reason, unixMs(Math.floor(receivedAt / 1_000)));
    }
  }

  /**
   * Something could not be read; `name` is the topic that it seems to belong to. When nothing tells, it may have held trades
   * of any topic; a book would show it by its update ids.
   */
  unreadable(name: string | undefined, reason: string, at: UnixMs): void {
    this.#ports.bad(reason);
    if (name === undefined) for (const feed of this.#feeds.values()) feed.maybeUnreadable(at);
    else if (this.#feeds.get(name)?.unreadable(at)) this.#ports.renew(name);
  }

  /** Adds a topic under the exchange's name of it, once. */
  add(name: string, topic: Topic): void {
    if (this.#feeds.get(name) === undefined) this.#feeds.set(name, this.#feedOf(topic));
  }

  get(name: string): TopicFeed | undefined {
    return this.#feeds.get(name);
  }

  delete(name: string): void {
    this.#feeds.get(name)?.ended();
    this.#feeds.delete(name);
  }

  /** Looks at the clock for each topic that was not refused; one that is stale is asked for anew, or needs a new socket. */
  judge(subscriptions: readonly Subscription[], now: MonoMs, at: UnixMs): readonly TopicSilence[] {
    this.#givenUp.tick(now, at);
    return subscriptions.flatMap(({ name, topic, state }) => {
      const feed = this.#feeds.get(name);
      if (feed === undefined || state === 'rejected') return [];
      const step = feed.judge(now, at);
      if (step === 'renew') this.#ports.renew(name);
      const isActiveBook = topic.channel === 'depth' && state === 'active';
      const isMissed = feed.isStale || feed.awaitsSnapshot;
      const isVouched = feed.isVouched(now);
      const { isPaceKnown } = feed;
      return [{ name, isActiveBook, isPaceKnown, isMissed, isVouched, wantsSocket: step === 'replace' }];
    });
  }

  interruptAll(cause: GapCause, at: UnixMs): void {
    for (const feed of this.#feeds.values()) feed.interrupted(cause, at);
  }

  /** A new connection, or we ourselves were asleep: silence before this moment proves nothing. */
  resumeAll(now: MonoMs): void {
    for (const feed of this.#feeds.values()) feed.resumed(now);
  }

  /** A channel without a feed does not compile. */
  #feedOf(topic: Topic): TopicFeed {
    const { emit, bad, fetchKlines, heard, askNewest } = this.#ports;
    const { freshness, connection, silenceCheck } = this.#policy;
    const nextGapId = (): string => this.#nextGapId();
    const ports = { emit, bad, nextGapId, givenUp: this.#givenUp };
    switch (topic.channel) {
      case 'trades': {
        const pulse = new FeedPulse(topic, freshness.other, emit, heard);
        const line = this.#lines.feed(topic, this.#ports.socket ?? 0);
        return new TopicFeed(
          pulse,
          this.#steps(),
          tradesFeed(topic, pulse, this.#tradeShapes, ports, line, this.#checkOf(topic, line)),
        );
      }
      case 'depth': {
        const pulse = new FeedPulse(topic, freshness.depth, emit, heard);
        return new TopicFeed(
          pulse,
          this.#steps(),
          depthFeed(topic, pulse, this.#depthShapes, connection.snapshotWithinMs, ports),
        );
      }
      case 'ticker': {
        const pulse = new FeedPulse(topic, freshness.other, emit, heard);
        return new TopicFeed(
          pulse,
          this.#steps(),
          tickerFeed(topic, pulse, connection.snapshotWithinMs, ports),
        );
      }
      case 'kline': {
        const pulse = new FeedPulse(topic, freshness.other, emit, heard);
        const dropped = (): void => {
          this.counts.droppedCandles += 1;
        };
        return new TopicFeed(
          pulse,
          this.#steps(),
          klineFeed(topic, pulse, { ...ports, dropped, fetchKlines }, askNewest, silenceCheck),
        );
      }
      case 'liquidation': {
        const pulse = new FeedPulse(topic, undefined, emit, heard);
        return new TopicFeed(pulse, this.#steps(), liquidationFeed(topic, pulse, ports));
      }
    }
  }

  #steps(): MuteSteps {
    return new MuteSteps(this.#policy.mute);
  }

  #checkOf({ symbol }: Topic, line: TradeFeed): SilenceCheck | undefined {
    const { askNewest: ask, sentAt = never } = this.#ports;
    const listed: TradeFeed['listed'] = (...list) => line.listed(...list);
    return ask && new SilenceCheck(symbol, this.#policy.silenceCheck, { ask, sentAt, listed });
  }

  #nextGapId(): string {
    this.#gaps += 1;
    return `${this.#gapPrefix}-${this.#gaps}`;
  }
}
