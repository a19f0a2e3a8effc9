/** The topics of one connection or one recording: routes data frames to the topic that they belong to. */
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { GapCause } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { type MonoMs, type UnixMicros, type UnixMs, unixMs } from '../../shared/time.ts';
import type { DataFrame } from '../bybit/frames.ts';
import { readDepth, readTrades } from '../bybit/market-data.ts';
import { TopicFeed } from './topic-feed.ts';

export type TopicFeedsPorts = {
  readonly emit: (event: UnnumberedEvent) => void;
  /** The topic must be asked for anew: its book broke. */
  readonly renew: (name: string) => void;
  /** A frame, or a row of it, could not be read. */
  readonly bad: (reason: string) => void;
};

export class TopicFeeds {
  readonly #policy: Policy;
  readonly #gapPrefix: string;
  readonly #ports: TopicFeedsPorts;
  readonly #feeds = new Map<string, TopicFeed>();
  #gaps = 0;

  /** Gap ids are the prefix and a count. */
  constructor(policy: Policy, gapPrefix: string, ports: TopicFeedsPorts) {
    this.#policy = policy;
    this.#gapPrefix = gapPrefix;
    this.#ports = ports;
  }

  /** A frame of a known topic. Frames of others (the last ones of an unsubscribed topic) are not ours. */
  data(frame: DataFrame, receivedAt: UnixMicros, now: MonoMs): void {
    const feed = this.#feeds.get(frame.topic);
    if (feed === undefined) return;
    const { topic } = feed;
    if (topic.channel === 'trades') {
      const { trades, bad } = readTrades(frame, topic, receivedAt);
      feed.trades(trades, now);
      if (bad !== undefined)
        this.unreadable(frame.topic, `${frame.topic}: ${bad}`, unixMs(Math.floor(receivedAt / 1_000)));
    } else if (topic.channel === 'depth') {
      const event = readDepth(frame, topic, topic.depth ?? 50, receivedAt);
      if (typeof event === 'string') {
        this.unreadable(frame.topic, `${frame.topic}: ${event}`, unixMs(Math.floor(receivedAt / 1_000)));
      } else if (feed.depth(event, now)) {
        this.#ports.renew(frame.topic);
      }
    }
  }

  /** Something could not be read; `name` is the topic that it seems to belong to. */
  unreadable(name: string | undefined, reason: string, at: UnixMs): void {
    this.#ports.bad(reason);
    if (name !== undefined && this.#feeds.get(name)?.unreadable(at)) this.#ports.renew(name);
  }

  /** Adds a topic under the exchange's name of it, once. */
  add(name: string, topic: Topic): void {
    if (this.#feeds.has(name)) return;
    const { freshness, connection } = this.#policy;
    const policy = {
      freshness: topic.channel === 'depth' ? freshness.depth : freshness.other,
      snapshotWithinMs: connection.snapshotWithinMs,
    };
    const nextGapId = (): string => {
      this.#gaps += 1;
      return `${this.#gapPrefix}-${this.#gaps}`;
    };
    this.#feeds.set(name, new TopicFeed(topic, policy, nextGapId, this.#ports.emit));
  }

  get(name: string): TopicFeed | undefined {
    return this.#feeds.get(name);
  }

  delete(name: string): void {
    this.#feeds.delete(name);
  }

  interruptAll(cause: GapCause, at: UnixMs): void {
    for (const feed of this.#feeds.values()) feed.interrupted(cause, at);
  }

  /** We ourselves were asleep: silence before this moment proves nothing. */
  resumeAll(now: MonoMs): void {
    for (const feed of this.#feeds.values()) feed.resumed(now);
  }
}
