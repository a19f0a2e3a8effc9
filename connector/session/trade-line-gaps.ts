/**
 * The gaps of one topic that may still be healed, and the live trades that wait for the healed ones.
 *
 * At most one gap has no end: the newest. Those before it have both, and are filled in the background. Each keeps the place
 * up to which it is filled, so that what is told of it stays exact: nothing that was told lies inside a gap that stays open.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { type GapCause, type GapCure, type GapEvent, gapBound } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import type { Emit } from './feed-pulse.ts';
import { TradeIds } from './trade-line-ids.ts';
import { isBefore, type RecentList, type TradePlace } from './trade-overlap.ts';

/** More gaps at once come only of a subscription that breaks at each frame; the oldest then stays as it was told. */
const MAX_PENDING = 64;

export type GapsPolicy = {
  /** Live trades that wait at most (DESIGN 6, healing). */
  readonly waitingAtMost: number;
};

type Pending = {
  event: GapEvent;
  /** Where it was told to begin; `from` of the event stays where it began at first. */
  toldFrom: string;
  /** The newest trade before what is missing: `from` of the gap, then each trade that was filled in. */
  filledTo: TradePlace;
  to: TradePlace | undefined;
  recovered: number;
};

export type GapsPorts = { readonly emit: Emit; readonly nextGapId: () => string; readonly heals: boolean };

export class LineGaps {
  readonly #instrument: Instrument;
  readonly #waitingAtMost: number;
  readonly #ports: GapsPorts;
  /** Trades that were filled in. */
  readonly filled = new TradeIds();
  /** Gaps that left unhealed because of the bound on their number, and waits that ended before the gap was healed. */
  readonly counts = { abandoned: 0, released: 0 };
  readonly #pending: Pending[] = [];
  #waitsFor: Pending | undefined;
  #waiting: TradeEvent[] = [];
  #waitingSince: MonoMs | undefined;

  constructor(instrument: Instrument, { waitingAtMost }: GapsPolicy, ports: GapsPorts) {
    this.#instrument = instrument;
    this.#waitingAtMost = waitingAtMost;
    this.#ports = ports;
  }

  get size(): number {
    return this.#pending.length;
  }

  /** Up to where the line is known, while the newest gap has no end. */
  get endless(): TradePlace | undefined {
    const newest = this.#pending.at(-1);
    return newest !== undefined && newest.to === undefined ? newest.filledTo : undefined;
  }

  get waitingSince(): MonoMs | undefined {
    return this.#waitingSince;
  }

  /** Is it an end of a gap? Ends are remembered however long ago they were told. */
  isBound(id: string): boolean {
    return this.#pending.some(({ filledTo, to }) => filledTo.id === id || to?.id === id);
  }

  /** Is it surely newer than where a gap begins, and not newer than where that ends? */
  mayHold(trade: TradePlace): boolean {
    return this.#pending.some(
      ({ filledTo, to }) => isBefore(filledTo, trade) && (to === undefined || !isBefore(to, trade)),
    );
  }

  /** What follows `from` is missing. Not to be called while a gap has no end: whatever happens then lies in that one. */
  open(cause: GapCause, from: TradePlace, at: UnixMs, knownAs?: string): void {
    this.release();
    const event: GapEvent = {
      type: 'gap',
      gap_id: knownAs ?? this.#ports.nextGapId(),
      state: 'open',
      channel: 'trades',
      category: this.#instrument.category,
      symbol: this.#instrument.symbol,
      cause,
      from: gapBound(from),
      to: null,
      at,
    };
    this.#pending.push({ event, toldFrom: from.id, filledTo: from, to: undefined, recovered: 0 });
    // Who gave the id has told of the gap.
    if (knownAs === undefined) this.#ports.emit(event);
    const oldest = this.#pending[0];
    if (this.#pending.length > MAX_PENDING && oldest !== undefined) {
      this.counts.abandoned += 1;
      this.#giveUp(oldest);
    }
  }

  /** The first trade after the gap has come: from here on live trades wait, as long as somebody can heal it. */
  end(to: TradePlace, now: MonoMs): void {
    const newest = this.#pending.at(-1);
    if (newest === undefined || newest.to !== undefined) return;
    newest.to = to;
    if (!this.#ports.heals) return this.#giveUp(newest);
    this.#waitsFor = newest;
    this.#waitingSince = now;
  }

  /** Tells a live trade, or has it wait for those before it. */
  pass(trade: TradeEvent): void {
    if (this.#waitsFor === undefined) return this.#ports.emit(trade);
    this.#waiting.push(trade);
    if (this.#waiting.length >= this.#waitingAtMost) this.release();
  }

  /** Live trades wait no longer: the gap's end is told, then they; what is healed later follows. */
  release(): void {
    const gap = this.#waitsFor;
    if (gap === undefined) return;
    this.counts.released += 1;
    this.#tell(gap);
    this.#flush();
  }

  /** A socket goes on from `before` to `next`, which are both told. Closes the gap between them, if there is one. */
  bridge(before: string | undefined, next: string): void {
    const gap = this.#pending.find(({ filledTo, to }) => filledTo.id === before && to?.id === next);
    if (gap !== undefined) this.#heal(gap, 'second_socket');
  }

  /** A trade that follows `before` on a socket, if a gap begins there. Answers whether it does. */
  fillAfter(before: string | undefined, trade: TradeEvent): boolean {
    const gap = this.#pending.find(({ filledTo, to }) => filledTo.id === before && to !== undefined);
    if (gap !== undefined) this.#fill(gap, trade);
    return gap !== undefined;
  }

  /** Trades that come right before `next` on a socket. Answers whether a gap ends there; then they are its last ones. */
  fillBefore(next: string, trades: readonly TradeEvent[]): boolean {
    const gap = this.#pending.find(({ to }) => to?.id === next);
    const first = trades[0];
    if (gap === undefined || first === undefined) return false;
    const { filledTo } = gap;
    gap.to = first;
    // Told first, so that at any moment nothing is missing after the newest trade that was told, but in a gap.
    this.#tell(gap);
    for (const trade of trades) this.#fill(gap, trade);
    gap.filledTo = filledTo;
    return true;
  }

  /** The line goes on where it stood: nothing is missing after all that was filled in. */
  healEndless(): void {
    const newest = this.#pending.at(-1);
    if (newest === undefined || newest.to !== undefined) return;
    this.#heal(newest, newest.recovered > 0 ? 'recent_trades' : 'second_socket');
  }

  /** The same, as the exchange's list has shown. */
  healQuiet(): void {
    const newest = this.#pending.at(-1);
    if (newest !== undefined && newest.to === undefined) this.#heal(newest, 'recent_trades');
  }

  /** Heals what the list can. Answers whether it ends where the gap without an end begins: nothing was traded since. */
  recent(list: RecentList): boolean {
    let isQuiet = false;
    for (const gap of [...this.#pending]) isQuiet = this.#healBy(list, gap);
    return isQuiet;
  }

  /** Nothing more is tried for the gaps that have an end. */
  giveUpEnded(): void {
    for (const gap of [...this.#pending]) {
      if (gap.to === undefined) continue;
      this.counts.abandoned += 1;
      this.#giveUp(gap);
    }
  }

  /**
   * Nothing comes any more, and what waits is told. When the topic is given up, a gap without an end will never have one; when it is
   * only this connector that stops, the next one may heal it.
   */
  stop(isGivenUp: boolean): void {
    this.release();
    const newest = this.#pending.at(-1);
    if (newest !== undefined && newest.to === undefined) {
      if (isGivenUp) this.#ports.emit({ ...newest.event, from: gapBound(newest.filledTo), state: 'lost' });
      else if (newest.toldFrom !== newest.filledTo.id) this.#tell(newest);
    }
    this.#pending.length = 0;
  }

  #healBy(list: RecentList, gap: Pending): boolean {
    const overlap = list.overlap(gap.filledTo, gap.to);
    switch (overlap.kind) {
      case 'whole':
        for (const row of overlap.rows) this.#fill(gap, row);
        this.#heal(gap, 'recent_trades');
        return false;
      case 'head':
        for (const row of overlap.rows) this.#fill(gap, row);
        return gap.to === undefined && overlap.rows.length === 0;
      case 'tail':
        this.#leaveHead(gap, overlap.rows[0] ?? gap.to, overlap.rows);
        return false;
      case 'island':
        this.#split(gap, overlap.rows);
        return false;
      case 'beyond':
        this.#giveUp(gap);
        return false;
      case 'behind':
        return false;
    }
  }

  /** The list reaches back to `first` and no list ever will reach further: there the gap ends for good. */
  #leaveHead(gap: Pending, first: TradePlace | undefined, rows: readonly TradeEvent[]): void {
    gap.to = first;
    this.#remove(gap);
    this.#tell(gap);
    const { filledTo } = gap;
    for (const row of rows) this.#fill(gap, row);
    gap.filledTo = filledTo;
    if (gap === this.#waitsFor) this.#flush();
  }

  /** Before the rows nothing can be got any more; what is after them is a gap of its own, and may be. */
  #split(gap: Pending, rows: readonly TradeEvent[]): void {
    const last = rows.at(-1);
    const place = this.#pending.indexOf(gap);
    if (last === undefined || place < 0) return;
    const { to } = gap;
    const isWaiting = gap === this.#waitsFor;
    if (isWaiting) this.#waitsFor = undefined;
    this.#leaveHead(gap, rows[0], rows);
    const event: GapEvent = {
      ...gap.event,
      gap_id: this.#ports.nextGapId(),
      from: gapBound(last),
      to: to === undefined || isWaiting ? null : gapBound(to),
    };
    const rest: Pending = { event, toldFrom: last.id, filledTo: last, to, recovered: 0 };
    this.#pending.splice(place, 0, rest);
    if (isWaiting) this.#waitsFor = rest;
    this.#ports.emit(event);
  }

  /** Tells a trade of the gap, unless it was told, and moves the gap's beginning up to it. */
  #fill(gap: Pending, trade: TradeEvent): void {
    gap.filledTo = trade;
    if (this.filled.has(trade.id)) return;
    this.filled.add(trade);
    gap.recovered += 1;
    this.#ports.emit({ ...trade, origin: 'healed' });
  }

  #heal(gap: Pending, cure: GapCure): void {
    this.#remove(gap);
    const to = gap.to === undefined ? null : gapBound(gap.to);
    this.#ports.emit({ ...gap.event, to, state: 'healed', healed_by: cure, recovered: gap.recovered });
    if (gap === this.#waitsFor) this.#flush();
  }

  /** Nobody will fill it further. It stays open, as it is told last. */
  #giveUp(gap: Pending): void {
    this.#remove(gap);
    if (gap.event.to?.id !== gap.to?.id || gap.toldFrom !== gap.filledTo.id) this.#tell(gap);
    if (gap === this.#waitsFor) this.#flush();
  }

  /** Tells what is missing of it now. */
  #tell(gap: Pending): void {
    const to = gap.to === undefined ? null : gapBound(gap.to);
    this.#ports.emit({ ...gap.event, from: gapBound(gap.filledTo), to });
    gap.event = { ...gap.event, to };
    gap.toldFrom = gap.filledTo.id;
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitsFor = undefined;
    this.#waitingSince = undefined;
    for (const trade of waiting) this.#ports.emit(trade);
  }

  #remove(gap: Pending): void {
    const place = this.#pending.indexOf(gap);
    if (place >= 0) this.#pending.splice(place, 1);
  }
}
