/**
 * Re-emits recorded frames through the same parsing code as the live stream.
 *
 * Pure: entries of a recording come in one by one, events go out. Receipt times are those of the recording; a second
 * `connect`, or frames that the recorder had to leave out, interrupt every topic just as a lost socket does. Without wanted
 * topics everything that the recording holds is told; with them, only they are.
 */
import type { UnnumberedEvent } from '../shared/events/event.ts';
import type { Category, Topic } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import { monoMs, type UnixMicros, type UnixMs, unixMicros, unixMs } from '../shared/time.ts';
import { guessTopic, parseFrame } from './bybit/frames.ts';
import { bybitTopic, parseBybitTopic } from './bybit/topics.ts';
import { TopicFeeds } from './session/topic-feeds.ts';

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
  readonly #emit: (event: UnnumberedEvent) => void;
  readonly #feeds: TopicFeeds;
  readonly #wanted = new Map<string, Topic>();
  readonly #seen = new Set<string>();
  #connections = 0;

  constructor(category: Category, policy: Policy, emit: (event: UnnumberedEvent) => void) {
    this.#category = category;
    this.#emit = emit;
    this.#feeds = new TopicFeeds(policy, 'replay', {
      emit: (event) => this.#count(event),
      renew: () => undefined, // the recording has what it has
      bad: (reason) => this.#bad(reason),
    });
  }

  want(topic: Topic): void {
    this.#wanted.set(bybitTopic(topic), topic);
  }

  unwant(topic: Topic): void {
    this.#wanted.delete(bybitTopic(topic));
    this.#feeds.delete(bybitTopic(topic));
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
    return [...this.#wanted].filter(([name]) => !this.#seen.has(name)).map(([, topic]) => topic);
  }

  #frame(text: string, at: UnixMicros): void {
    this.counts.frames += 1;
    const frame = parseFrame(text);
    if (frame.kind === 'bad') this.#feeds.unreadable(guessTopic(text), frame.reason, msOf(at));
    if (frame.kind !== 'data') return;
    if (!this.#seen.has(frame.topic)) this.#meet(frame.topic);
    this.#feeds.data(frame, at, monoMs(at / 1_000));
  }

  /** The first frame of a topic: it is told from now on when it is wanted and we can read it. */
  #meet(name: string): void {
    this.#seen.add(name);
    const topic = parseBybitTopic(name, this.#category);
    const isReadable = topic?.channel === 'trades' || topic?.channel === 'depth';
    if (isReadable && (this.#wanted.size === 0 || this.#wanted.has(name))) this.#feeds.add(name, topic);
  }

  #count(event: UnnumberedEvent): void {
    if (event.type === 'trade') this.counts.trades += 1;
    if (event.type === 'depth') this.counts.depth += 1;
    this.#emit(event);
  }

  #bad(reason: string): void {
    this.counts.badFrames += 1;
    const error = `recorded frame ${this.counts.frames}: ${reason}`;
    this.#emit({ type: 'error', error, code: 'bad_frame', retryable: false });
  }

  #interrupt(at: UnixMicros): void {
    this.#feeds.interruptAll('socket_lost', msOf(at));
  }
}

function msOf(at: UnixMicros): UnixMs {
  return unixMs(Math.floor(at / 1_000));
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
