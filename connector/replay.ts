/**
 * Re-emits recorded frames through the same parsing code as the live stream.
 *
 * Pure: entries of a recording come in one by one, events go out. Receipt times are those of the recording; a second
 * `connect`, or frames that the recorder had to leave out, interrupt every topic just as a lost socket does. Without wanted
 * topics everything that the recording holds is told; with them, only they are.
 */
import type { UnnumberedEvent } from '../shared/events/event.ts';
import { type Category, type Topic, topicKey } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import { monoMs, type UnixMicros, unixMicros, unixMs } from '../shared/time.ts';
import { type DataFrame, parseFrame } from './bybit/frames.ts';
import { readDepth, readTrades } from './bybit/market-data.ts';
import { parseBybitTopic } from './bybit/topics.ts';
import { TopicFeed } from './session/topic-feed.ts';

/** One line of a recording. */
export type RecordedEntry = {
  readonly t: 'connect' | 'send' | 'recv' | 'lost';
  /** Microseconds since the epoch. */
  readonly at: number;
  readonly frame?: string | undefined;
};

export type ReplayCounts = { frames: number; badFrames: number; trades: number; depth: number };

export class Replay {
  readonly counts: ReplayCounts = { frames: 0, badFrames: 0, trades: 0, depth: 0 };
  readonly #category: Category;
  readonly #policy: Policy;
  readonly #emit: (event: UnnumberedEvent) => void;
  readonly #wanted = new Map<string, Topic>();
  readonly #feeds = new Map<string, TopicFeed | null>();
  #connections = 0;
  #gaps = 0;

  constructor(category: Category, policy: Policy, emit: (event: UnnumberedEvent) => void) {
    this.#category = category;
    this.#policy = policy;
    this.#emit = emit;
  }

  want(topic: Topic): void {
    this.#wanted.set(topicKey(topic), topic);
  }

  unwant(topic: Topic): void {
    this.#wanted.delete(topicKey(topic));
    this.#feeds.clear();
  }

  get wanted(): number {
    return this.#wanted.size;
  }

  entry(entry: RecordedEntry): void {
    const at = unixMicros(entry.at);
    if (entry.t === 'connect') {
      this.#connections += 1;
      if (this.#connections > 1) this.#interrupt(at);
    } else if (entry.t === 'lost') {
      this.#interrupt(at);
    } else if (entry.t === 'recv') {
      this.#frame(entry.frame ?? '', at);
    }
  }

  /** Wanted topics of which the recording had nothing. */
  missing(): readonly Topic[] {
    const seen = new Set(
      [...this.#feeds.values()].flatMap((feed) => (feed === null ? [] : [topicKey(feed.topic)])),
    );
    return [...this.#wanted.values()].filter((topic) => !seen.has(topicKey(topic)));
  }

  #frame(text: string, at: UnixMicros): void {
    this.counts.frames += 1;
    const frame = parseFrame(text);
    if (frame.kind === 'data') this.#data(frame, at);
    else if (frame.kind === 'bad') this.#bad(frame.reason);
  }

  #data(frame: DataFrame, at: UnixMicros): void {
    const feed = this.#feedOf(frame.topic);
    if (feed === null) return;
    const now = monoMs(at / 1_000);
    const { topic } = feed;
    if (topic.channel === 'trades') {
      const { trades, bad } = readTrades(frame, topic, at);
      this.counts.trades += trades.length;
      feed.trades(trades, now);
      if (bad !== undefined) this.#unreadable(feed, `${frame.topic}: ${bad}`, at);
    } else if (topic.channel === 'depth') {
      const event = readDepth(frame, topic, topic.depth ?? 50, at);
      if (typeof event === 'string') return this.#unreadable(feed, `${frame.topic}: ${event}`, at);
      this.counts.depth += 1;
      feed.depth(event, now);
    }
  }

  #unreadable(feed: TopicFeed, reason: string, at: UnixMicros): void {
    this.#bad(reason);
    feed.unreadable(unixMs(Math.floor(at / 1_000)));
  }

  #bad(reason: string): void {
    this.counts.badFrames += 1;
    this.#emit({
      type: 'error',
      error: `recorded frame ${this.counts.frames}: ${reason}`,
      code: 'bad_frame',
      retryable: false,
    });
  }

  #interrupt(at: UnixMicros): void {
    for (const feed of this.#feeds.values()) feed?.interrupted('socket_lost', unixMs(Math.floor(at / 1_000)));
  }

  /** The feed of a topic of the recording; null when nobody wants it or we cannot read it. */
  #feedOf(name: string): TopicFeed | null {
    const known = this.#feeds.get(name);
    if (known !== undefined) return known;
    const topic = parseBybitTopic(name, this.#category);
    const isReadable = topic?.channel === 'trades' || topic?.channel === 'depth';
    const isWanted = isReadable && (this.#wanted.size === 0 || this.#wanted.has(topicKey(topic)));
    const feed = isWanted ? this.#newFeed(topic) : null;
    this.#feeds.set(name, feed);
    return feed;
  }

  #newFeed(topic: Topic): TopicFeed {
    const { freshness, connection } = this.#policy;
    const policy = {
      freshness: topic.channel === 'depth' ? freshness.depth : freshness.other,
      snapshotWithinMs: connection.snapshotWithinMs,
    };
    const nextGapId = (): string => {
      this.#gaps += 1;
      return `replay-${this.#gaps}`;
    };
    return new TopicFeed(topic, policy, nextGapId, this.#emit);
  }
}

/** One line of a recording, or what is wrong with it. */
export function readRecordedLine(line: string): RecordedEntry | string {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (typeof raw !== 'object' || raw === null) return 'not an object';
  const { t, at, frame } = raw as Readonly<Record<string, unknown>>;
  if (t !== 'connect' && t !== 'send' && t !== 'recv' && t !== 'lost')
    return 't is not connect, send, recv or lost';
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at <= 0)
    return 'at is not a time in microseconds';
  if ((t === 'recv' || t === 'send') && typeof frame !== 'string') return 'frame is not text';
  return { t, at, ...(typeof frame === 'string' ? { frame } : {}) };
}
