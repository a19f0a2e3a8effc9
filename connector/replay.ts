/**
 * Re-emits recorded frames through the same parsing code as the live stream.
 *
 * Pure: entries of a recording come in one by one, events go out. Receipt times are those of the recording; another
 * `connect` of a socket interrupts its topics, frames that the recorder had to leave out interrupt all, just as a lost socket does. Without wanted
 * topics everything that the recording holds is told; with them, only they are.
 */
import type { UnnumberedEvent } from '../shared/events/event.ts';
import {
  type Category,
  categories,
  type Environment,
  environments,
  type Topic,
  topicKey,
} from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import { monoMs, type UnixMicros, type UnixMs, unixMicros, unixMs } from '../shared/time.ts';
import { guessTopic, parseFrame } from './bybit/frames.ts';
import { bybitTopic, parseBybitTopic } from './bybit/topics.ts';
import { noteKinds } from './flight/tap.ts';
import { TopicFeeds } from './session/feeds/topic-feeds.ts';
import { noticedWithin, Race } from './session/race/race.ts';
import { TradeLines } from './session/trades/trade-lines.ts';

/** One line of a recording; recordings of other programs may leave category and environment out. */
export type RecordedEntry = {
  /** `note`: something that is not for a replay, in a dump of the flight recorder. */
  readonly t: 'connect' | 'send' | 'recv' | 'lost' | 'note';
  /** Microseconds since the epoch. */
  readonly at: number;
  readonly category?: Category | undefined;
  /** Its number among the sockets of the category; 0 where it is left out. */
  readonly socket?: number | undefined;
  /** Where it was recorded; on `connect` lines, and at the head of a dump. */
  readonly environment?: Environment | undefined;
  readonly frame?: string | undefined;
};

export type ReplayCounts = { frames: number; badFrames: number; trades: number; depth: number };

type RecordedSocket = { readonly category: Category; readonly feeds: TopicFeeds };

/** What unites the sockets of a market. A recording may have been made with two for each topic. */
type RecordedMarket = { readonly lines: TradeLines; readonly race: Race };
const RACED = 2;

export class Replay {
  readonly counts: ReplayCounts = { frames: 0, badFrames: 0, trades: 0, depth: 0 };
  readonly #defaultCategory: Category;
  readonly #policy: Policy;
  readonly #emit: (event: UnnumberedEvent) => void;
  readonly #wanted = new Map<string, Topic>();
  readonly #seen = new Set<string>();
  /** The sockets of the recording, by market and number. */
  readonly #sockets = new Map<string, RecordedSocket>();
  readonly #markets = new Map<Category, RecordedMarket>();
  /** The time of the recording, and when the lines of trades looked at it last. */
  #now = unixMicros(0);
  #tickedAt = 0;

  /** `defaultCategory` is the market of lines that name none. */
  constructor(defaultCategory: Category, policy: Policy, emit: (event: UnnumberedEvent) => void) {
    this.#defaultCategory = defaultCategory;
    this.#policy = policy;
    this.#emit = emit;
  }

  want(topic: Topic): void {
    this.#wanted.set(topicKey(topic), topic);
  }

  unwant(topic: Topic): void {
    this.#wanted.delete(topicKey(topic));
    for (const { category, feeds } of this.#sockets.values())
      if (category === topic.category) feeds.delete(bybitTopic(topic));
    this.#markets.get(topic.category)?.race.forget(topic);
  }

  entry(entry: RecordedEntry): void {
    if (entry.t === 'note') return;
    const at = unixMicros(entry.at);
    this.#tick(at);
    const category = entry.category ?? this.#defaultCategory;
    const socket = this.#socket(category, entry.socket ?? 0);
    if (entry.t === 'connect') {
      // Before the first one there are no topics, unless the recording begins in the middle: a dump has forgotten what came before.
      socket.feeds.interruptAll('socket_lost', msOf(at));
    } else if (entry.t === 'lost') {
      for (const { feeds } of this.#sockets.values()) feeds.interruptAll('socket_lost', msOf(at));
    } else if (entry.t === 'recv') {
      this.#frame(entry.frame ?? '', at, category, socket.feeds);
    }
  }

  /** Wanted topics of which the recording had nothing. */
  missing(): readonly Topic[] {
    return [...this.#wanted].filter(([key]) => !this.#seen.has(key)).map(([, topic]) => topic);
  }

  #socket(category: Category, number: number): RecordedSocket {
    const key = number === 0 ? category : `${category}-${number}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known;
    const { lines, race } = this.#market(category);
    const feeds = new TopicFeeds(this.#policy, `replay-${key}`, {
      emit: (event) => race.told(number % RACED, event),
      renew: () => undefined, // the recording has what it has
      bad: (reason) => this.#bad(reason),
      lines,
      socket: number,
    });
    const socket = { category, feeds };
    this.#sockets.set(key, socket);
    return socket;
  }

  #market(category: Category): RecordedMarket {
    const known = this.#markets.get(category);
    if (known !== undefined) return known;
    const { healing, connection } = this.#policy;
    const emit = (event: UnnumberedEvent): void => this.#count(event);
    let gaps = 0;
    const nextGapId = (): string => {
      gaps += 1;
      return `replay-${category}-t${gaps}`;
    };
    const market = {
      lines: new TradeLines(healing.trades, { emit, nextGapId }),
      race: new Race({
        replicas: RACED,
        clock: { unixMs: () => msOf(this.#now), monoMs: () => monoMs(this.#now / 1_000) },
        noticedWithinMs: noticedWithin(connection),
        bringWithinMs: healing.trades.joinWithinMs,
        emit,
      }),
    };
    this.#markets.set(category, market);
    return market;
  }

  /** Lines of trades and raced topics have deadlines, which are looked at as often as in a live stream. */
  #tick(at: UnixMicros): void {
    this.#now = at;
    if (at - this.#tickedAt < this.#policy.tickEveryMs * 1_000) return;
    this.#tickedAt = at;
    for (const { lines, race } of this.#markets.values()) {
      race.tick(monoMs(at / 1_000));
      lines.tick(monoMs(at / 1_000));
    }
  }

  #frame(text: string, at: UnixMicros, category: Category, feeds: TopicFeeds): void {
    this.counts.frames += 1;
    const frame = parseFrame(text);
    if (frame.kind === 'bad') feeds.unreadable(guessTopic(text), frame.reason, msOf(at));
    if (frame.kind !== 'data') return;
    if (feeds.get(frame.topic) === undefined) this.#meet(frame.topic, category, feeds);
    feeds.data(frame, text, at, monoMs(at / 1_000));
  }

  /** A topic is told when it is wanted (without wishes: all are) and we can read it. */
  #meet(name: string, category: Category, feeds: TopicFeeds): void {
    const topic = parseBybitTopic(name, category);
    if (topic === undefined) return;
    const key = topicKey(topic);
    this.#seen.add(key);
    if (this.#wanted.size === 0 || this.#wanted.has(key)) feeds.add(name, topic);
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
  const { t, at, frame, category, socket, environment } = raw as Readonly<Record<string, unknown>>;
  const isNote = noteKinds.some((known) => known === t);
  if (t !== 'connect' && t !== 'send' && t !== 'recv' && t !== 'lost' && !isNote)
    return 't is not connect, send, recv or lost';
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at <= 0)
    return 'at is not a time in microseconds';
  if ((t === 'recv' || t === 'send') && typeof frame !== 'string') return 'frame is not text';
  if (socket !== undefined && !(Number.isSafeInteger(socket) && Number(socket) >= 0))
    return 'socket is not a number from 0';
  const market = categories.find((known) => known === category);
  if (category !== undefined && market === undefined) return `category is none of ${categories.join(', ')}`;
  const origin = environments.find((known) => known === environment);
  if (environment !== undefined && origin === undefined)
    return `environment is none of ${environments.join(', ')}`;
  return {
    t: t === 'connect' || t === 'send' || t === 'recv' || t === 'lost' ? t : 'note',
    at,
    category: market,
    socket: socket === undefined ? undefined : Number(socket),
    environment: origin,
    frame: typeof frame === 'string' ? frame : undefined,
  };
}
