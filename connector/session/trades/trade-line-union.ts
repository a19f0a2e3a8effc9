/**
 * The runs of one trades topic, united: each trade of theirs is told once, in match order, or held until it is known where it
 * belongs. What follows what is decided by ids; times only sort out what is older than all that is remembered.
 */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause } from '../../../shared/events/process-events.ts';
import { type MonoMs, monoMs, type UnixMs, unixMs } from '../../../shared/time.ts';
import { healed } from './healed-trade.ts';
import { LastTrade } from './last-trade.ts';
import type { TradeBirth } from './trade-line-birth.ts';
import type { LineGaps } from './trade-line-gaps.ts';
import { REMEMBERED_TRADES, TradeIds } from './trade-line-ids.ts';
import { TradeRun } from './trade-line-run.ts';
import { isBefore, newerFrom, type TradePlace } from './trade-overlap.ts';

export class TradeUnion {
  readonly runs: TradeRun[] = [];
  readonly counts = { refused: 0, late: 0 };
  /** The newest trade of the line, told or waiting. */
  readonly newest = new LastTrade();
  now = monoMs(0);
  /** Counts the moments after which an older list does not prove that nothing was traded. */
  doubts = 0;
  /** The line began at this trade, which no socket has brought: what a socket brings first need not follow on it. */
  beginsAt: string | undefined;
  readonly #birth: TradeBirth;
  readonly #gaps: LineGaps;
  readonly #emit: (event: UnnumberedEvent) => void;
  readonly #canHeal: () => void;
  /** Ids of live trades; kept only while there are several sockets. */
  readonly #live = new TradeIds();

  /** `canHeal` hears of each moment from which a list of recent trades may heal more than before. */
  constructor(
    gaps: LineGaps,
    birth: TradeBirth,
    emit: (event: UnnumberedEvent) => void,
    canHeal: () => void,
  ) {
    this.#gaps = gaps;
    this.#birth = birth;
    this.#emit = emit;
    this.#canHeal = canHeal;
  }

  /** Each trade must be looked up: another socket or a list may have brought it. */
  get isCompared(): boolean {
    return this.runs.length > 1 || this.#gaps.pending.filled.size > 0;
  }

  get #hasJoined(): boolean {
    return this.runs.some(({ isJoined }) => isJoined);
  }

  /** The topic is on no socket any more. */
  clear(): void {
    for (const run of this.runs) run.breakOff();
    this.runs.length = 0;
    this.#live.clear();
  }

  runOf(socket: number): TradeRun {
    const [only] = this.runs;
    if (only?.socket === socket) return only;
    const known = this.runs.find((run) => run.socket === socket);
    if (known !== undefined) return known;
    const run = new TradeRun(socket);
    this.runs.push(run);
    // Up to now nobody had to know what the first one has brought.
    if (only?.isJoined === true && this.runs.length === 2 && this.newest.place?.id !== this.beginsAt)
      only.lastId = this.newest.place?.id;
    return run;
  }

  take(run: TradeRun, trade: TradeEvent): void {
    if (this.#isKnown(trade.id)) return this.#takeAgain(run, trade);
    if (!run.isJoined) return this.#takeApart(run, trade);
    if (run.quietAt !== undefined && !this.#goesOn(run, trade, run.quietAt)) return;
    // A run that is alone may not have been followed trade by trade.
    if (this.runs.length === 1 || run.lastId === this.newest.place?.id) this.#append(run, trade);
    else if (!this.#gaps.fillAfter(run.lastId, trade)) this.#takeApartFromLast(run, trade);
    run.lastId = trade.id;
  }

  #isKnown(id: string): boolean {
    return (
      id === this.newest.place?.id ||
      this.#live.has(id) ||
      this.#gaps.pending.filled.has(id) ||
      this.#gaps.pending.isBound(id)
    );
  }

  #takeAgain(run: TradeRun, trade: TradeEvent): void {
    this.#live.again(trade.id, run.counts);
    if (run.isJoined) this.#gaps.bridge(run.lastId, trade.id);
    else if (run.isRenewing) return;
    else this.#join(run, trade.id);
    run.lastId = trade.id;
    run.quietAt = undefined;
  }

  /** The first trade after a silence. What is unknown and surely older is refused; what may be older is told, but not as live. */
  #goesOn(run: TradeRun, trade: TradeEvent, quietAt: TradePlace): boolean {
    if (isBefore(quietAt, trade)) {
      run.quietAt = undefined;
      run.lastId = quietAt.id;
      return true;
    }
    run.lastId = undefined;
    if (isBefore(trade, quietAt)) this.counts.refused += 1;
    else this.#tellLate(trade);
    return false;
  }

  /** The run has brought a trade of the line: it goes on with it. What it brought before that is older. */
  #join(run: TradeRun, id: string): void {
    const before = run.takeHeld();
    if (!this.#gaps.fillBefore(id, before)) this.counts.refused += before.length;
    run.isJoined = true;
    run.refusals = 0;
    this.#gaps.healEndless(false);
  }

  /** A trade that is unknown, of a run that is not joined: does it follow the line, and after a gap? */
  #takeApart(run: TradeRun, trade: TradeEvent): void {
    if (this.#isOld(run, trade)) return;
    if (!this.#hasJoined) this.#begin(run, trade, this.now);
    // What is in doubt twice is left to the other sockets.
    else if (!run.isRenewing) run.hold(trade, this.now);
  }

  /**
   * A slow socket brings what is older than all that is known; or, while nothing is joined, not surely newer than the line:
   * the gap begins there, so what is refused wrongly lies in it. One absurd time must not shut the line for ever.
   */
  #isOld(run: TradeRun, trade: TradeEvent): boolean {
    if (!this.isCompared || this.newest.place === undefined || run.refusals >= REMEMBERED_TRADES)
      return false;
    const { oldest } = this.#live;
    const isOld = this.#hasJoined
      ? oldest !== undefined && isBefore(trade, oldest) && !this.#gaps.pending.mayHold(trade)
      : !isBefore(this.newest.place, trade);
    if (!isOld) return false;
    run.refusals += 1;
    this.counts.refused += 1;
    // Only a list that is younger tells whether nothing follows the line all the same.
    this.doubts += 1;
    return true;
  }

  /** The line goes on with this run; what is missing before it is a gap. */
  #begin(run: TradeRun, trade: TradeEvent, since: MonoMs): void {
    run.isJoined = true;
    run.refusals = 0;
    run.lastId = trade.id;
    if (this.newest.place === undefined && this.#birth.ended(trade, this.now)) this.#canHeal();
    this.#gaps.end(trade, since, run.isRenewing);
    // Where each trade may be followed by a hole, a list that heals would only begin the next gap: first the acknowledgement.
    if (this.#gaps.size > 0 && !run.isRenewing) this.#canHeal();
    this.#append(run, trade);
  }

  #append(run: TradeRun, trade: TradeEvent): void {
    run.lastId = trade.id;
    if (this.runs.length > 1) {
      this.newest.follow(trade);
      this.#live.add(trade, run.counts);
    } else {
      this.newest.advance(trade);
      if (this.#gaps.size === 0) this.#gaps.pending.filled.clear();
    }
    this.#gaps.pass(trade);
    for (const other of this.runs) if (other.holds(trade.id)) this.takeHeldAgain(other);
  }

  /**
   * The run goes on, but not behind the newest trade of the line: it brings what the others left out, or it left that one out
   * itself. Then the line goes on with it all the same; what the others bring in between comes late.
   */
  #takeApartFromLast(run: TradeRun, trade: TradeEvent): void {
    if (this.newest.place !== undefined && isBefore(this.newest.place, trade)) this.#append(run, trade);
    else this.#takeLate(trade);
  }

  /** Unknown, and not where its socket should be: forgotten already, left out by the others, or the exchange changed the order. */
  #takeLate(trade: TradeEvent): void {
    const { oldest } = this.#live;
    if (this.#gaps.pending.filled.mayHaveHad(trade) || oldest === undefined || !isBefore(oldest, trade)) {
      this.counts.refused += 1;
      return;
    }
    this.#tellLate(trade);
  }

  #tellLate(trade: TradeEvent): void {
    this.counts.late += 1;
    this.#gaps.pending.filled.add(trade);
    this.#emit(healed(trade));
  }

  takeHeldAgain(run: TradeRun): void {
    const since = run.heldSince;
    for (const trade of run.takeHeld()) this.take(run, trade);
    if (run.held > 0) run.heldSince = since;
  }

  breakOff(run: TradeRun, cause: GapCause, at: UnixMs): void {
    const wasJoined = run.isJoined;
    run.breakOff();
    this.doubts += 1;
    this.#gaps.uncount();
    if (this.newest.place === undefined) {
      const isBrought = this.runs.some((other) => other !== run && other.aliveSince !== undefined);
      return isBrought ? undefined : this.#birth.missed(cause, at);
    }
    if (!wasJoined || this.#hasJoined) return;
    this.#open(cause, this.newest.place, at);
    for (const other of this.runs) if (other.held > 0) this.#promote(other);
  }

  /** What follows the line is missing, whatever brings it. */
  miss(cause: GapCause, at: UnixMs): void {
    if (this.newest.place === undefined) this.#birth.missed(cause, at);
    else if (this.#gaps.endless === undefined) this.#open(cause, this.newest.place, at);
  }

  #open(cause: GapCause, from: TradePlace, at: UnixMs): void {
    this.doubts += 1;
    this.#gaps.open(cause, from, at);
    this.newest.place = this.#gaps.endless ?? from;
    // Who is alive can bring, and heal, what comes; else the acknowledgement or the first trade begins the reads.
    if (this.runs.some(({ aliveSince }) => aliveSince !== undefined)) this.#canHeal();
  }

  /** Trades of the line that are not told after all: whoever brings them again brings what is missing. */
  takeBack(trades: readonly TradeEvent[]): void {
    for (const { id } of trades) this.#live.takeBack(id);
  }

  /** The reader has no room: whatever the sockets bring is not told from here on. */
  overflow(at: UnixMs): void {
    for (const run of this.runs) run.breakOff();
    if (this.newest.place === undefined) this.#birth.missed('overload', at);
    else this.newest.place = this.#gaps.overflow(this.newest.place, at);
    if (this.runs.length > 1) this.#gaps.uncount();
  }

  /** Trades that are not told for want of room. */
  drop(run: TradeRun, count: number): void {
    this.doubts += 1;
    if (run.aliveSince !== undefined) run.aliveSince = this.now;
    this.#gaps.drop(count);
  }

  /** A run is held, and no joined socket brings what it brought: they are mute. */
  suspect(run: TradeRun): void {
    if (this.newest.place === undefined) return;
    const since = run.heldSince ?? this.now;
    const last = this.newest.place;
    const held = run.takeHeld();
    const newer = held.slice(newerFrom(held, last));
    this.counts.refused += held.length - newer.length;
    const [first] = newer;
    if (first === undefined) return;
    this.#open('data_silent', last, msOf(first));
    this.#goOnWith(run, newer, since);
  }

  /** Nobody is joined any more, and this one has trades that follow. */
  #promote(run: TradeRun): void {
    const since = run.heldSince ?? this.now;
    const held = run.takeHeld();
    if (this.#hasJoined || this.newest.place === undefined) {
      for (const trade of held) this.take(run, trade);
      return;
    }
    const newer = held.slice(newerFrom(held, this.newest.place));
    this.counts.refused += held.length - newer.length;
    this.#goOnWith(run, newer, since);
  }

  #goOnWith(run: TradeRun, trades: readonly TradeEvent[], since: MonoMs): void {
    for (const [index, trade] of trades.entries()) {
      if (index === 0) this.#begin(run, trade, since);
      else this.take(run, trade);
    }
  }
}

/** When it was received, by our clock; where that is unknown, when it happened. */
export function msOf({ received_at, timestamp }: TradeEvent): UnixMs {
  return unixMs(received_at === undefined ? timestamp : Math.floor(received_at / 1_000));
}
