/**
 * What is missing of one topic's trades, what fills it, and the live trades that wait for it.
 *
 * A gap is filled by a list of recent trades, or by a socket that goes from one end of it to the other. Live trades wait for the
 * newest one at most; those before it are filled in the background.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { GapCause } from '../../../shared/events/process-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import { type PendingGap, PendingGaps } from './trade-line-pending.ts';
import { type GivenUp, LiveWait } from './trade-line-wait.ts';
import type { RecentList, TradePlace } from './trade-overlap.ts';

/** More gaps at once come only of a subscription that breaks at each frame; the oldest then stays as it was told. */
const MAX_PENDING = 64;

export type GapsPolicy = {
  /** Live trades that wait at most (DESIGN 6, healing). */
  readonly waitingAtMost: number;
};

/**
 * Has the reader room for another trade? Where trades were given up, and for those that are read again, half of the room must be
 * free, so that it does not end and begin again and again.
 */
export type HasRoom = (wantsHalf: boolean) => boolean;

export type GapsPorts = {
  readonly emit: Emit;
  readonly nextGapId: () => string;
  readonly heals: boolean;
  readonly hasRoom: HasRoom;
  readonly givenUp: GivenUp;
};

export class LineGaps {
  /**
   * Gaps that left unhealed because of the bound on their number, waits that ended before the gap was healed, and trades that were
   * given up for want of room, of each socket.
   */
  readonly counts = { abandoned: 0, released: 0, dropped: 0 };
  /** Those that may still be healed. */
  readonly pending: PendingGaps;
  readonly #waitingAtMost: number;
  readonly #ports: GapsPorts;
  readonly #wait: LiveWait;
  #waitsFor: PendingGap | undefined;

  constructor(instrument: Instrument, { waitingAtMost }: GapsPolicy, ports: GapsPorts) {
    this.#waitingAtMost = waitingAtMost;
    this.#ports = ports;
    this.pending = new PendingGaps(instrument, ports.emit, ports.nextGapId);
    this.#wait = new LiveWait(ports.emit, () => ports.hasRoom(false), ports.givenUp);
  }

  get size(): number {
    return this.pending.all.length;
  }

  /** Up to where the line is known, while the newest gap has no end. */
  get endless(): TradePlace | undefined {
    return this.pending.endless?.filledTo;
  }

  get waitingSince(): MonoMs | undefined {
    return this.#wait.since;
  }

  /** Live trades wait, for what is healed or for room. */
  get isWaiting(): boolean {
    return this.#waitsFor !== undefined || this.#wait.isStuck;
  }

  /** Live trades wait for nothing but room. */
  get isStuck(): boolean {
    return this.#wait.isStuck;
  }

  /** What follows `last` is missing. Not to be called while a gap has no end: whatever happens then lies in that one. */
  open(cause: GapCause, last: TradePlace, at: UnixMs, knownAs?: string): void {
    this.release();
    // What found no room cannot be told any more: it lies in this gap.
    const { from, count } = this.#wait.giveUp(last);
    this.counts.dropped += count;
    this.pending.open(cause, from, at, knownAs);
    const oldest = this.pending.all[0];
    if (this.size > MAX_PENDING && oldest !== undefined) {
      this.counts.abandoned += 1;
      this.#giveUp(oldest);
    }
  }

  /**
   * The reader has no room: what waits is given up, and all that follows, each told by `drop`. Answers up to where the line is told:
   * `last`, if nothing waited.
   */
  overflow(last: TradePlace, at: UnixMs): TradePlace {
    const gap = this.#waitsFor;
    this.#waitsFor = undefined;
    const { from, count } = this.#wait.giveUp(last);
    // The reader has not heard of an end: there is none yet.
    if (gap?.event.to === null) gap.to = undefined;
    if (this.pending.endless === undefined) this.pending.open('overload', from, at).missing = 0;
    this.drop(count);
    return this.endless ?? from;
  }

  /** Trades that came after the beginning of the gap without an end are not told. */
  drop(count: number): void {
    this.counts.dropped += count;
    const gap = this.pending.endless;
    if (gap?.missing !== undefined) gap.missing += count;
  }

  /** More may be missing than what was given up. */
  uncount(): void {
    const gap = this.pending.endless;
    if (gap !== undefined) gap.missing = undefined;
  }

  /**
   * The first trade after the gap has come: from here on live trades wait, as long as somebody can heal it. They wait in any case
   * where it is in doubt what follows them (`isDoubtful`), so that not each of them ends a gap and begins another.
   */
  end(to: TradePlace, now: MonoMs, isDoubtful: boolean): void {
    const gap = this.pending.endless;
    if (gap === undefined) return;
    gap.to = to;
    if (!this.#ports.heals && !isDoubtful) return this.#giveUp(gap);
    this.#waitsFor = gap;
    this.#wait.begin(now);
  }

  /** Tells a live trade, or has it wait for those before it. */
  pass(trade: TradeEvent): void {
    if (!this.isWaiting) return this.#ports.emit(trade);
    if (this.#wait.add(trade) >= this.#waitingAtMost) this.release();
  }

  /** Live trades wait no longer: the gap's end is told, then they; what is healed later follows. */
  release(): void {
    const gap = this.#waitsFor;
    if (gap === undefined) return;
    this.counts.released += 1;
    if (!this.#ports.heals) return this.#giveUp(gap);
    this.pending.tell(gap);
    this.#flush();
  }

  /** There is room again for what waits for nothing else. */
  goOn(): void {
    if (this.#wait.isStuck) this.#wait.flush();
  }

  /** A socket goes on from `before` to `next`, which are both told. Closes the gap between them, if there is one. */
  bridge(before: string | undefined, next: string): void {
    const gap = this.pending.all.find(({ filledTo, to }) => filledTo.id === before && to?.id === next);
    if (gap !== undefined) this.#heal(gap, 'second_socket');
  }

  /** A trade that follows `before` on a socket, if a gap begins there. Answers whether it does. */
  fillAfter(before: string | undefined, trade: TradeEvent): boolean {
    const gap = this.pending.all.find(({ filledTo, to }) => filledTo.id === before && to !== undefined);
    if (gap !== undefined) this.pending.fill(gap, trade);
    return gap !== undefined;
  }

  /** Trades that come right before `next` on a socket. Answers whether a gap ends there; then they are its last ones. */
  fillBefore(next: string, trades: readonly TradeEvent[]): boolean {
    const gap = this.pending.all.find(({ to }) => to?.id === next);
    const first = trades[0];
    if (gap === undefined || first === undefined) return false;
    const { filledTo } = gap;
    gap.to = first;
    // Told first, so that at any moment nothing is missing after the newest trade that was told, but in a gap.
    this.pending.tell(gap);
    for (const trade of trades) this.pending.fill(gap, trade);
    gap.filledTo = filledTo;
    if (gap === this.#waitsFor) this.#wait.toldBefore = trades.at(-1);
    return true;
  }

  /** The line goes on where it stood: nothing is missing after all that was filled in. `isListed`: a list has shown it. */
  healEndless(isListed: boolean): void {
    const gap = this.pending.endless;
    if (gap !== undefined) this.#heal(gap, isListed || gap.recovered > 0 ? 'recent_trades' : 'second_socket');
  }

  /** Heals what the list can. Answers whether it ends where the gap without an end begins: nothing was traded since. */
  recent(list: RecentList): boolean {
    let isQuiet = false;
    for (const gap of [...this.pending.all]) isQuiet = this.#healBy(list, gap);
    return isQuiet;
  }

  /** Nothing more is tried for the gaps that have an end. */
  giveUpEnded(): void {
    for (const gap of [...this.pending.all]) {
      if (gap.to === undefined) continue;
      this.counts.abandoned += 1;
      this.#giveUp(gap);
    }
  }

  /** Nothing comes any more, and what waits is told. */
  pause(): void {
    this.release();
    this.#wait.flushAll();
  }

  /** The topic is given up for good: a gap without an end will never have one. */
  loseEndless(): void {
    const gap = this.pending.endless;
    if (gap !== undefined) this.pending.tellLost(gap);
  }

  /** Somebody else may heal the gap without an end: tells up to where it is filled. */
  leaveEndless(): void {
    const gap = this.pending.endless;
    if (gap !== undefined) this.pending.tellIfChanged(gap);
  }

  #healBy(list: RecentList, gap: PendingGap): boolean {
    const overlap = list.overlap(gap.filledTo, gap.to);
    switch (overlap.kind) {
      case 'whole':
        if (this.#fill(gap, overlap.rows) === overlap.rows.length) this.#heal(gap, 'recent_trades');
        return false;
      case 'head':
        this.#fill(gap, overlap.rows);
        return gap.to === undefined && overlap.rows.length === 0;
      case 'tail':
      case 'island':
        this.#leaveHead(gap, overlap.rows, overlap.kind === 'tail');
        return false;
      case 'beyond':
        this.#giveUp(gap);
        return false;
      case 'behind':
        return false;
    }
  }

  /** Fills in as many as there is room for; another list brings the others. Answers how many. */
  #fill(gap: PendingGap, rows: readonly TradeEvent[]): number {
    for (const [index, row] of rows.entries()) {
      if (!this.#ports.hasRoom(true)) return index;
      this.pending.fill(gap, row);
    }
    return rows.length;
  }

  /**
   * The list reaches back to its first row and no list ever will reach further: there the gap ends for good. What is still missing
   * behind the rows that were told (`isTail`: nothing is missing behind the last one) is a gap of its own.
   */
  #leaveHead(gap: PendingGap, rows: readonly TradeEvent[], isTail: boolean): void {
    const { event, filledTo, to, missing } = gap;
    const [first, ...others] = rows;
    if (first !== undefined && !this.#ports.hasRoom(true)) return;
    const isWaitedFor = gap === this.#waitsFor;
    const place = this.pending.all.indexOf(gap);
    gap.to = first ?? to;
    gap.missing = isTail && missing !== undefined ? missing - rows.length : undefined;
    this.pending.remove(gap);
    this.pending.tell(gap);
    if (first !== undefined) this.pending.fill(gap, first);
    const told = this.#fill(gap, others);
    const last = others[told - 1] ?? first;
    gap.filledTo = filledTo;
    if (last === undefined || (isTail && told === others.length)) {
      if (isWaitedFor) this.#flush();
      return;
    }
    const rest = this.pending.rest(place, gap, last, to, event.to !== null);
    if (isWaitedFor) this.#waitsFor = rest;
  }

  #heal(gap: PendingGap, cure: 'recent_trades' | 'second_socket'): void {
    this.pending.heal(gap, cure);
    if (gap === this.#waitsFor) this.#flush();
  }

  /** Nobody will fill it further. It stays open, as it is told last. */
  #giveUp(gap: PendingGap): void {
    this.pending.remove(gap);
    this.pending.tellIfChanged(gap);
    if (gap === this.#waitsFor) this.#flush();
  }

  #flush(): void {
    this.#waitsFor = undefined;
    this.#wait.flush();
  }
}
