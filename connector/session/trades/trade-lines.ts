/**
 * The trades topics of one market, each a line of its own, whatever sockets bring it: it outlives them, and ends when nobody
 * wants the topic any more. Who finds a topic silent gives it up and wants it again at once: then the line goes on, since it knows
 * best what was told last.
 */

import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause } from '../../../shared/events/process-events.ts';
import type { Instrument, Topic } from '../../../shared/market.ts';
import { after, type MonoMs, type UnixMs } from '../../../shared/time.ts';
import type { Continuity } from '../feeds/continuity.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import { ToldTrades } from './told-trades.ts';
import type { AuditSubject } from './trade-audit.ts';
import { type RecentAnswer, TradeLine, type TradeLinePolicy } from './trade-line.ts';
import type { HasRoom } from './trade-line-gaps.ts';
import type { Resume } from './trade-line-types.ts';

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

/** More given up at a time come only of somebody who plays with subscriptions; the oldest then ends at once. */
const MAX_GIVEN_UP = 1_000;

type Entry = {
  readonly line: TradeLine;
  readonly told: ToldTrades;
  weight: number;
  /** The topic was given up before: trades of that subscription may still come. */
  isAgain: boolean;
  /** When nobody wants it again any more; undefined before that is reckoned. */
  endsAt: MonoMs | undefined;
};

/** What one socket tells of one trades topic. */
export class TradeFeed implements Continuity {
  readonly #lines: TradeLines;
  readonly #symbol: string;
  readonly #socket: number;
  #entry: Entry;

  constructor(lines: TradeLines, symbol: string, socket: number, entry: Entry) {
    this.#lines = lines;
    this.#symbol = symbol;
    this.#socket = socket;
    this.#entry = entry;
    entry.line.wanted(socket, entry.isAgain);
  }

  tell(trades: readonly TradeEvent[], now: MonoMs): void {
    this.#entry.weight += 1;
    this.#entry.line.tell(this.#socket, trades, now);
  }

  /** A list of some of the newest trades, and the exchange's clock as it told them. */
  listed(rows: readonly TradeEvent[], exchangeAt: UnixMs, now: MonoMs): void {
    this.#entry.line.listed(rows, exchangeAt, now);
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

  resume(resume: Resume, at: UnixMs): void {
    const known = this.#entry.line.isNew ? this.#lines.wantedAgain(this.#symbol) : undefined;
    if (known !== undefined) {
      this.#entry = known;
      known.line.wanted(this.#socket, true);
      known.line.goOn(at);
    }
    if ('owedSince' in resume) this.#entry.line.owed(resume, at);
    else this.#entry.line.resume(resume, at);
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
  /** Those that were given up a moment ago, oldest first. */
  readonly #givenUp = new Map<string, Entry>();
  /** By lines that are forgotten. */
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
    if (entry === undefined) return;
    this.#entries.delete(symbol);
    entry.line.end();
    entry.endsAt = undefined;
    this.#forget(symbol);
    this.#givenUp.set(symbol, entry);
    if (this.#givenUp.size <= MAX_GIVEN_UP) return;
    const [oldest] = this.#givenUp.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  /** The line of a topic that was given up a moment ago; it takes the place of the new one. */
  wantedAgain(symbol: string): Entry | undefined {
    const entry = this.#givenUp.get(symbol);
    if (entry === undefined) return undefined;
    this.#givenUp.delete(symbol);
    entry.isAgain = true;
    this.#entries.set(symbol, entry);
    return entry;
  }

  /** The connector stops: what waits is told. The topics may go on with the next one, so no gap is called lost. */
  stop(): void {
    for (const { line } of this.#entries.values()) line.stop();
    this.#entries.clear();
    for (const symbol of [...this.#givenUp.keys()]) this.#forget(symbol);
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

  /** The topics that may be held against the exchange's list. */
  subjects(): readonly AuditSubject[] {
    return Array.from(this.#entries, ([symbol, { line, told }]) => ({
      symbol,
      told,
      compare: (rows, exchangeAt, now) => line.audit(told, rows, exchangeAt, now),
    }));
  }

  /** Trades that were given up since the start, because the reader had no room. */
  get dropped(): number {
    let sum = this.#droppedBefore;
    for (const { line } of this.#entries.values()) sum += line.counts.dropped;
    for (const { line } of this.#givenUp.values()) sum += line.counts.dropped;
    return sum;
  }

  /** The exchange answers again: lists that had failed are read at once. */
  hurry(now: MonoMs): void {
    for (const { line } of this.#entries.values()) line.hurry(now);
  }

  /** Looks at every deadline. */
  tick(now: MonoMs): void {
    for (const { line } of this.#entries.values()) line.tick(now);
    for (const [symbol, entry] of this.#givenUp) {
      entry.endsAt ??= after(now, this.#policy.wantedAgainWithinMs);
      if (now >= entry.endsAt) this.#forget(symbol);
    }
  }

  /** A topic that was given up is not wanted again. */
  #forget(symbol: string): void {
    const entry = this.#givenUp.get(symbol);
    if (entry === undefined) return;
    this.#givenUp.delete(symbol);
    entry.line.lost();
    this.#droppedBefore += entry.line.counts.dropped;
  }

  #begin({ category, symbol }: Topic): Entry {
    const { emit, nextGapId, readRecent, hasRoom = always } = this.#ports;
    const instrument = { category, symbol };
    const told = new ToldTrades(this.#policy.audit);
    const line = new TradeLine(instrument, this.#policy, {
      emit: (event) => {
        told.heard(event);
        emit(event);
      },
      nextGapId,
      hasRoom,
      readRecent:
        readRecent &&
        (() =>
          readRecent({
            instrument,
            weight: () => this.#weightOf(symbol, entry),
            answered: (answer, now) => line.recent(answer, now),
          })),
    });
    const entry: Entry = { line, told, weight: 0, isAgain: this.#givenUp.has(symbol), endsAt: undefined };
    return entry;
  }

  /** What a line asked before it was given up is answered all the same: it may go on. */
  #weightOf(symbol: string, entry: Entry): number | undefined {
    if (this.#entries.get(symbol) === entry) return entry.weight;
    return this.#givenUp.get(symbol) === entry ? 0 : undefined;
  }
}
