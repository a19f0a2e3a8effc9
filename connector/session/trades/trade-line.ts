/**
 * One trades topic, whole: what several sockets and the exchange's list of recent trades bring becomes one stream of trades,
 * each told once, in match order, with a gap wherever something is missing.
 *
 * Nothing counts trades, so what follows what is known only inside a run: one socket's trades since nothing of it was
 * missed, or one list. Runs that share a trade are one. The line is told from the runs that are joined to it; while one is,
 * nothing is missing. A run that is not joined yet is held for a moment: if a joined socket brings what it brought, it joins;
 * if none does, they are mute, and there is a gap between the line and it. Why so: docs/adr/0013.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause } from '../../../shared/events/process-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import { after, type MonoMs, type UnixMs } from '../../../shared/time.ts';
import type { ToldTrades } from './told-trades.ts';
import { TradeBirth } from './trade-line-birth.ts';
import { LineGaps } from './trade-line-gaps.ts';
import { RecentReads } from './trade-line-reads.ts';
import type { TradeRun } from './trade-line-run.ts';
import type {
  OwedSince,
  RecentAnswer,
  ResumePlace,
  TradeLinePolicy,
  TradeLinePorts,
} from './trade-line-types.ts';
import { msOf, TradeUnion } from './trade-line-union.ts';
import { RecentList, type TradePlace } from './trade-overlap.ts';

export type { RecentAnswer, ResumePlace, TradeLinePolicy, TradeLinePorts } from './trade-line-types.ts';

export class TradeLine {
  readonly #policy: TradeLinePolicy;
  readonly #ports: TradeLinePorts;
  readonly #gaps: LineGaps;
  readonly #reads: RecentReads;
  readonly #union: TradeUnion;
  readonly #birth: TradeBirth;
  /** The doubts at the last list that showed that nothing was traded since the beginning of the gap. */
  #quietAtDoubt: number | undefined;
  /** The reader had no room, and has not enough yet. */
  #isOverflowing = false;
  #isEnded = false;

  constructor(instrument: Instrument, policy: TradeLinePolicy, ports: TradeLinePorts) {
    this.#policy = policy;
    this.#ports = ports;
    this.#reads = new RecentReads(policy.reads);
    const heals = ports.readRecent !== undefined;
    this.#gaps = new LineGaps(instrument, policy, {
      ...ports,
      heals,
      givenUp: (trades) => this.#union.takeBack(trades),
    });
    this.#birth = new TradeBirth(instrument, policy.settleMs, ports);
    this.#union = new TradeUnion(this.#gaps, this.#birth, ports.emit, () =>
      this.#reads.begin(this.#union.now),
    );
  }

  /**
   * The topic is about to be asked for on this socket: from now on its companions' trades are remembered for it. `isAgain`: trades
   * of an earlier subscription may be on their way.
   */
  wanted(socket: number, isAgain: boolean): void {
    const run = this.#union.runOf(socket);
    if (isAgain) run.isRenewing = true;
  }

  /** Trades of one socket, in match order. */
  tell(socket: number, trades: readonly TradeEvent[], now: MonoMs): void {
    this.#union.now = now;
    const run = this.#union.runOf(socket);
    if (!this.#hasRoom(trades)) return this.#union.drop(run, trades.length);
    if (run.isJoined && !run.isRenewing && run.quietAt === undefined && !this.#union.isCompared) {
      for (const trade of trades) this.#gaps.pass(trade);
      const last = trades.at(-1);
      // No ids are compared here: what the exchange brings again must not take the line back.
      if (last !== undefined) this.#union.newest.advance(last);
    } else {
      for (const trade of trades) this.#union.take(run, trade);
      if (run.isRenewing) this.#doubt(run, trades.at(-1));
      if (run.held >= this.#policy.waitingAtMost) this.#union.suspect(run);
    }
    if (this.#gaps.size > 0) this.tick(now);
  }

  /** Some of its trades were missed, and it goes on. */
  missed(socket: number, cause: GapCause, at: UnixMs): void {
    const run = this.#union.runOf(socket);
    if (run.aliveSince !== undefined) run.aliveSince = this.#union.now;
    this.#union.breakOff(run, cause, at);
  }

  /** The connection is gone. */
  interrupted(socket: number, cause: GapCause, at: UnixMs): void {
    const run = this.#union.runOf(socket);
    run.isRenewing = false;
    run.aliveSince = undefined;
    this.#union.breakOff(run, cause, at);
  }

  /** It is being asked for anew on the same connection. */
  renewing(socket: number, at: UnixMs): void {
    const run = this.#union.runOf(socket);
    run.isRenewing = true;
    run.aliveSince = undefined;
    this.#union.breakOff(run, 'resubscribed', at);
  }

  /** The exchange acknowledged: from now on it owes this socket every trade. */
  agreed(socket: number, now: MonoMs): void {
    this.#union.now = now;
    const run = this.#union.runOf(socket);
    run.isRenewing = false;
    run.aliveSince = now;
    // What came while it was asked for may be of the former subscription.
    if (run.doubtedAt !== undefined) this.#union.breakOff(run, 'resubscribed', run.doubtedAt);
    run.doubtedAt = undefined;
    if (this.isNew) this.#birth.agreed(now);
    if (this.#gaps.endless !== undefined) this.#reads.begin(now);
    this.tick(now);
  }

  /** It was given up, and is wanted again. */
  goOn(at: UnixMs): void {
    this.#isEnded = false;
    this.#union.miss('resubscribed', at);
  }

  /** Goes on where an earlier child had ended. Has no meaning once this one has seen trades of its own. */
  resume({ gap_id, gaps = [], ...place }: ResumePlace, at: UnixMs): void {
    if (this.#union.newest.place !== undefined) return;
    this.#union.newest.place = place;
    if (this.#ports.readRecent !== undefined) for (const gap of gaps) this.#gaps.pending.takeUp(gap, at);
    // Who saw an earlier child die has told a gap; without one it is only asked for anew, too late to go on.
    this.#gaps.open(gap_id === undefined ? 'resubscribed' : 'child_died', place, at, gap_id);
    if (this.#union.runs.some(({ aliveSince }) => aliveSince !== undefined))
      this.#reads.begin(this.#union.now);
  }

  /** Goes on where an earlier child, or an earlier subscription, had ended that had seen nothing. */
  owed(since: OwedSince, at: UnixMs): void {
    if (this.isNew) this.#birth.owed(since, at);
  }

  /** A list of some of the newest trades, which was read for another reason, and the exchange's clock as it told them. */
  listed(rows: readonly TradeEvent[], exchangeAt: UnixMs, now: MonoMs): void {
    this.#union.now = now;
    this.#birth.dated(exchangeAt, now);
    if (!this.#findBeginning(rows) && this.#birth.isSought) this.#reads.begin(now);
  }

  /** The answer to `readRecent`. */
  recent(answer: RecentAnswer, now: MonoMs): void {
    this.#union.now = now;
    const askedAt = this.#reads.answered(answer.kind === 'rows');
    if (this.#isEnded) return;
    if (answer.kind === 'failed') this.#gaps.release();
    else {
      if (this.#birth.isSought && !this.#findBeginning(answer.rows)) this.#birth.giveUp();
      this.#heal(answer.rows, askedAt);
    }
    if (this.#gaps.size > 0 && this.#reads.isExhausted) this.#gaps.giveUpEnded();
    if (this.#reads.isExhausted) this.#birth.giveUp();
    if (!this.#isAsking) return this.#reads.rest();
    this.#reads.again(now, this.#gaps.endless === undefined ? now : after(now, this.#policy.settleMs));
  }

  /** Holds a list against what was told. Answers how many trades had been left out; undefined: it proves nothing. */
  audit(told: ToldTrades, rows: readonly TradeEvent[], at: UnixMs, now: MonoMs): number | undefined {
    this.#union.now = now;
    if (this.#isEnded || this.#isOverflowing || this.#gaps.isWaiting) return undefined;
    return told.fillIn(this.#gaps, rows, at, () => this.#reads.begin(now));
  }

  /** The exchange answers again. */
  hurry(now: MonoMs): void {
    this.#reads.hurry(now);
  }

  /** Looks at the clock. */
  tick(now: MonoMs): void {
    this.#union.now = now;
    if (!this.#hasRoomAgain()) return;
    const { joinWithinMs, waitAtMostMs } = this.#policy;
    for (const run of this.#union.runs)
      if (run.heldSince !== undefined && now - run.heldSince >= joinWithinMs) this.#union.suspect(run);
    const { waitingSince } = this.#gaps;
    if (waitingSince !== undefined && now - waitingSince >= waitAtMostMs) this.#gaps.release();
    if (this.#ports.readRecent === undefined || !this.#isAsking || !this.#reads.isDue(now)) return;
    this.#reads.asked(now);
    this.#ports.readRecent();
  }

  /** The topic is given up: what waits is told. It may `goOn`, until it is `lost`. */
  end(): void {
    this.#isEnded = true;
    this.#gaps.pause();
    this.#reads.rest();
    this.#union.clear();
  }

  /** After `end`: nobody wants the topic again. */
  lost(): void {
    this.#gaps.loseEndless();
    this.#birth.lost();
  }

  /** Only this connector stops: the next one may heal what is missing. */
  stop(): void {
    this.end();
    this.#gaps.leaveEndless();
  }

  /** Nothing of the topic is known yet. */
  get isNew(): boolean {
    return this.#union.newest.place === undefined;
  }

  /** What a socket was good for; only while it has a companion. */
  raceCounts(socket: number): { readonly first: number; readonly only: number } {
    return this.#union.runs.find((run) => run.socket === socket)?.counts ?? { first: 0, only: 0 };
  }

  /**
   * `refused`: trades older than the memory of ids, or than the first one of all. `late`: trades that came out of their
   * order. `dropped`: trades that found no room at the reader. `abandoned`, `released`: of gaps.
   */
  get counts(): Readonly<Record<'refused' | 'late' | 'abandoned' | 'released' | 'dropped', number>> {
    return { ...this.#union.counts, ...this.#gaps.counts };
  }

  get #isAsking(): boolean {
    return this.#gaps.size > 0 || this.#birth.isSought;
  }

  /** Nothing was known of the topic up to its acknowledgement; the list may tell where that was. Answers whether it does. */
  #findBeginning(rows: readonly TradeEvent[]): boolean {
    const place = this.#birth.placeIn(rows);
    const { owedSince } = this.#birth;
    if (this.#isEnded || place === undefined || owedSince === undefined) return false;
    const gap = this.#birth.takeGap();
    if (this.isNew) this.#union.newest.place = place;
    if (gap !== undefined) {
      this.#gaps.pending.begins(gap, place);
      this.#reads.begin(this.#union.now);
    } else if (this.#union.newest.place === place) this.#joinFrom(place, owedSince);
    return true;
  }

  /** What a socket that was acknowledged at `agreedAt` brings follows `place`, which was over by then. */
  #joinFrom({ id }: TradePlace, agreedAt: MonoMs): void {
    this.#union.beginsAt = id;
    for (const run of this.#union.runs) if (run.isAliveSince(agreedAt)) run.isJoined = true;
  }

  /** Asked for each frame: may its trades be told? */
  #hasRoom(trades: readonly TradeEvent[]): boolean {
    if (this.#isOverflowing || this.#gaps.isStuck ? this.#hasRoomAgain() : this.#ports.hasRoom(false))
      return true;
    const [first] = trades;
    if (first !== undefined && (!this.#isOverflowing || this.#gaps.endless === undefined))
      this.#union.overflow(msOf(first));
    this.#isOverflowing = true;
    return false;
  }

  /** Where there was none before, half of it must be free. */
  #hasRoomAgain(): boolean {
    if (!this.#isOverflowing && !this.#gaps.isStuck) return true;
    if (!this.#ports.hasRoom(true)) return false;
    this.#gaps.goOn();
    // Where trades go on the first one comes meanwhile, and the list holds it: one list heals all that it can.
    if (this.#isOverflowing && this.#gaps.endless !== undefined)
      this.#reads.begin(after(this.#union.now, this.#policy.reads.againAfterMs));
    this.#isOverflowing = false;
    return true;
  }

  /** Its trades are told, since its acknowledgement may be long in coming; but what follows each of them is not known. */
  #doubt(run: TradeRun, last: TradeEvent | undefined): void {
    if (!run.isJoined || last === undefined) return;
    run.doubtedAt = msOf(last);
    if (!this.#gaps.isWaiting) this.#union.breakOff(run, 'resubscribed', run.doubtedAt);
  }

  #heal(rows: readonly TradeEvent[], askedAt: MonoMs | undefined): void {
    const isQuiet = this.#gaps.recent(new RecentList(rows));
    this.#union.newest.place = this.#gaps.endless ?? this.#union.newest.place;
    const before = askedAt === undefined ? Number.NEGATIVE_INFINITY : askedAt - this.#policy.settleMs;
    const settled = this.#union.runs.filter((run) => run.isAliveSince(before));
    const isSettled = isQuiet && settled.length > 0;
    if (isSettled && this.#quietAtDoubt === this.#union.doubts) {
      for (const run of settled) run.joinQuiet(this.#union.newest.place);
      this.#gaps.healEndless(true);
    }
    this.#quietAtDoubt = isSettled ? this.#union.doubts : undefined;
    for (const run of this.#union.runs) if (run.held > 0) this.#union.takeHeldAgain(run);
  }
}
