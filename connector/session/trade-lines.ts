/**
 * The trades topics of one market, each a line of its own, whatever sockets bring it: it outlives them, and ends when nobody
 * wants the topic any more.
 */

import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapCause } from '../../shared/events/process-events.ts';
import type { Instrument, Topic } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import type { Continuity } from './continuity.ts';
import type { Emit } from './feed-pulse.ts';
import { type RecentAnswer, type ResumePlace, TradeLine, type TradeLinePolicy } from './trade-line.ts';
import type { HasRoom } from './trade-line-gaps.ts';

/** A wish to read the newest trades of an instrument. */
export type RecentQuestion = {
  readonly instrument: Instrument;
  /** How much the topic moves, compared to others: the busiest is read first. Undefined when nobody waits any more. */
  readonly weight: () => number | undefined;
  /** Takes the answer, once; never before `ReadRecent` has returned. */
  readonly answered: (answer: RecentAnswer, now: MonoMs) => void;
};
export type ReadRecent = (question: RecentQuestion) => void;

export type TradeLinesPorts = {
  readonly emit: Emit;
  readonly nextGapId: () => string;
  /** Without it nothing heals: gaps are told with both ends. */
  readonly readRecent?: ReadRecent | undefined;
  /** Without it there always is. */
  readonly hasRoom?: HasRoom | undefined;
};

const always: HasRoom = () => true;

type Entry = { readonly line: TradeLine; weight: number };

/** What one socket tells of one trades topic. */
export class TradeFeed implements Continuity {
  readonly #lines: TradeLines;
  readonly #symbol: string;
  readonly #socket: number;
  readonly #entry: Entry;

  constructor(lines: TradeLines, symbol: string, socket: number, entry: Entry) {
    this.#lines = lines;
    this.#symbol = symbol;
    this.#socket = socket;
    this.#entry = entry;
    entry.line.wanted(socket);
  }

  tell(trades: readonly TradeEvent[], now: MonoMs): void {
    this.#entry.weight += 1;
    this.#entry.line.tell(this.#socket, trades, now);
  }

  unreadable(at: UnixMs): boolean {
    this.missed('bad_frame', at);
    return false;
  }

  missed(cause: GapCause, at: UnixMs): void {
    this.#entry.line.missed(this.#socket, cause, at);
  }

  maybeMissed(at: UnixMs): void {
    this.missed('bad_frame', at);
  }

  interrupted(cause: GapCause, at: UnixMs): void {
    this.#entry.line.interrupted(this.#socket, cause, at);
  }

  renewing(at: UnixMs): void {
    this.#entry.line.renewing(this.#socket, at);
  }

  agreed(now: MonoMs): void {
    this.#entry.line.agreed(this.#socket, now);
  }

  resume(place: ResumePlace, at: UnixMs): void {
    this.#entry.line.resume(place, at);
  }

  /** Given up on one socket means given up: a topic is never moved. */
  ended(): void {
    this.#lines.giveUp(this.#symbol);
  }
}

export class TradeLines {
  readonly #policy: TradeLinePolicy;
  readonly #ports: TradeLinesPorts;
  /** By symbol. */
  readonly #entries = new Map<string, Entry>();
  /** By lines that have ended. */
  #droppedBefore = 0;

  constructor(policy: TradeLinePolicy, ports: TradeLinesPorts) {
    this.#policy = policy;
    this.#ports = ports;
  }

  /** The topic is about to be asked for on this socket. */
  feed(topic: Topic, socket: number): TradeFeed {
    const { symbol } = topic;
    const known = this.#entries.get(symbol);
    const entry = known ?? this.#begin(topic);
    if (known === undefined) this.#entries.set(symbol, entry);
    return new TradeFeed(this, symbol, socket, entry);
  }

  giveUp(symbol: string): void {
    const entry = this.#entries.get(symbol);
    this.#entries.delete(symbol);
    entry?.line.stop(true);
    this.#droppedBefore += entry?.line.counts.dropped ?? 0;
  }

  /** The connector stops: what waits is told. The topics may go on with the next one, so no gap is called lost. */
  stop(): void {
    for (const { line } of this.#entries.values()) line.stop(false);
    this.#entries.clear();
  }

  /** What a socket was good for, over all topics: trades that it brought first, and that nobody else brought. */
  raceCounts(socket: number): { readonly first: number; readonly only: number } {
    const sum = { first: 0, only: 0 };
    for (const { line } of this.#entries.values()) {
      const { first, only } = line.raceCounts(socket);
      sum.first += first;
      sum.only += only;
    }
    return sum;
  }

  /** Trades that were given up since the start, because the reader had no room. */
  get dropped(): number {
    let sum = this.#droppedBefore;
    for (const { line } of this.#entries.values()) sum += line.counts.dropped;
    return sum;
  }

  /** Looks at every deadline. */
  tick(now: MonoMs): void {
    for (const { line } of this.#entries.values()) line.tick(now);
  }

  #begin({ category, symbol }: Topic): Entry {
    const { emit, nextGapId, readRecent, hasRoom = always } = this.#ports;
    const instrument = { category, symbol };
    const line = new TradeLine(instrument, this.#policy, {
      emit,
      nextGapId,
      hasRoom,
      readRecent:
        readRecent &&
        (() =>
          readRecent({
            instrument,
            weight: () => (this.#entries.get(symbol) === entry ? entry.weight : undefined),
            answered: (answer, now) => line.recent(answer, now),
          })),
    });
    const entry = { line, weight: 0 };
    return entry;
  }
}
