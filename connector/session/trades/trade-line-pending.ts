/** The gaps of one topic that may still be healed, and what is said of each. */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import {
  type GapCause,
  type GapCure,
  type GapEvent,
  gapBound,
} from '../../../shared/events/process-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import { healed } from './healed-trade.ts';
import type { HeadlessGap } from './trade-line-birth.ts';
import { TradeIds } from './trade-line-ids.ts';
import { isBefore, type TradePlace } from './trade-overlap.ts';

/** A gap that an earlier child told, with both its ends. */
export type KnownGap = { readonly gap_id: string; readonly from: TradePlace; readonly to: TradePlace };

export type PendingGap = {
  event: GapEvent;
  /** Where it was told to begin; `from` of the event stays where it began at first. */
  toldFrom: string;
  /** The newest trade before what is missing: `from` of the gap, then each trade that was filled in. */
  filledTo: TradePlace;
  to: TradePlace | undefined;
  recovered: number;
  /** How many trades are missing, where each of them was counted as it was given up. */
  missing: number | undefined;
};

/**
 * At most one gap has no end: the newest. Those before it have both. Each keeps the place up to which it is filled, so that what
 * is told of it stays exact: nothing that was told lies inside a gap that stays open.
 */
export class PendingGaps {
  /** Trades that were filled in. */
  readonly filled = new TradeIds();
  /** Oldest first. */
  readonly all: PendingGap[] = [];
  readonly #instrument: Instrument;
  readonly #emit: Emit;
  readonly #nextGapId: () => string;

  constructor(instrument: Instrument, emit: Emit, nextGapId: () => string) {
    this.#instrument = instrument;
    this.#emit = emit;
    this.#nextGapId = nextGapId;
  }

  /** The one without an end. */
  get endless(): PendingGap | undefined {
    const newest = this.all.at(-1);
    return newest?.to === undefined ? newest : undefined;
  }

  /** Is it an end of a gap? Ends are remembered however long ago they were told. */
  isBound(id: string): boolean {
    return this.all.some(({ filledTo, to }) => filledTo.id === id || to?.id === id);
  }

  /** Is it surely newer than where a gap begins, and not newer than where that ends? */
  mayHold(trade: TradePlace): boolean {
    return this.all.some(
      ({ filledTo, to }) => isBefore(filledTo, trade) && (to === undefined || !isBefore(to, trade)),
    );
  }

  /** A gap of an earlier child, which died before it could fill it. To be called before another one is opened. */
  takeUp({ gap_id, from, to }: KnownGap, at: UnixMs): void {
    const { category, symbol } = this.#instrument;
    const topic = { channel: 'trades', category, symbol } as const;
    const ends = { from: gapBound(from), to: gapBound(to) };
    const event: GapEvent = {
      type: 'gap',
      gap_id,
      state: 'open',
      ...topic,
      cause: 'child_died',
      ...ends,
      at,
    };
    this.all.push({ event, toldFrom: from.id, filledTo: from, to, recovered: 0, missing: undefined });
  }

  /** A gap between two trades that were told both: nobody had noticed it. */
  between(cause: GapCause, from: TradePlace, to: TradePlace, at: UnixMs): void {
    const gap = this.open(cause, from, at, this.#nextGapId());
    gap.to = to;
    this.tell(gap);
  }

  /** The gap before the first trade of all was told without a beginning, and has one now. */
  begins({ event, to }: HeadlessGap, from: TradePlace): void {
    const known = { ...event, from: gapBound(from) };
    const gap = { event: known, toldFrom: from.id, filledTo: from, to, recovered: 0, missing: undefined };
    this.all.unshift(gap);
    this.tell(gap);
  }

  /** `knownAs`: who gave the id has told of the gap. */
  open(cause: GapCause, from: TradePlace, at: UnixMs, knownAs?: string): PendingGap {
    const event: GapEvent = {
      type: 'gap',
      gap_id: knownAs ?? this.#nextGapId(),
      state: 'open',
      channel: 'trades',
      category: this.#instrument.category,
      symbol: this.#instrument.symbol,
      cause,
      from: gapBound(from),
      to: null,
      at,
    };
    const gap = {
      event,
      toldFrom: from.id,
      filledTo: from,
      to: undefined,
      recovered: 0,
      missing: undefined,
    };
    this.all.push(gap);
    if (knownAs === undefined) this.#emit(event);
    return gap;
  }

  /** What is left of `gap` behind `from` becomes a gap of its own, in its place. `isToTold`: its end is known to the reader. */
  rest(
    place: number,
    { event }: PendingGap,
    from: TradePlace,
    to: TradePlace | undefined,
    isToTold: boolean,
  ): PendingGap {
    const told: GapEvent = {
      ...event,
      gap_id: this.#nextGapId(),
      from: gapBound(from),
      to: to === undefined || !isToTold ? null : gapBound(to),
      missing: undefined,
    };
    const gap = { event: told, toldFrom: from.id, filledTo: from, to, recovered: 0, missing: undefined };
    this.all.splice(place, 0, gap);
    this.#emit(told);
    return gap;
  }

  /** Tells a trade of the gap, unless it was told, and moves the gap's beginning up to it. */
  fill(gap: PendingGap, trade: TradeEvent): void {
    gap.filledTo = trade;
    if (this.filled.has(trade.id)) return;
    this.filled.add(trade);
    gap.recovered += 1;
    // A list that is ahead of the sockets brings what was not given up.
    gap.missing = gap.missing === undefined || gap.to === undefined ? undefined : gap.missing - 1;
    this.#emit(healed(trade));
  }

  heal(gap: PendingGap, cure: GapCure): void {
    this.remove(gap);
    const to = gap.to === undefined ? null : gapBound(gap.to);
    const { recovered } = gap;
    this.#emit({ ...gap.event, to, missing: undefined, state: 'healed', healed_by: cure, recovered });
  }

  /** Tells what is missing of it now. */
  tell(gap: PendingGap): void {
    const { toldFrom, filledTo, to, missing } = gap;
    gap.event = {
      ...gap.event,
      to: to === undefined ? null : gapBound(to),
      missing: to === undefined ? undefined : missing,
    };
    if (toldFrom !== filledTo.id) gap.toldFrom = filledTo.id;
    this.#emit({ ...gap.event, from: gapBound(filledTo) });
  }

  /** Tells it, unless the reader knows as much. */
  tellIfChanged(gap: PendingGap): void {
    if (gap.event.to?.id !== gap.to?.id || gap.toldFrom !== gap.filledTo.id) this.tell(gap);
  }

  tellLost({ event, filledTo }: PendingGap): void {
    this.#emit({ ...event, from: gapBound(filledTo), state: 'lost' });
  }

  remove(gap: PendingGap): void {
    const place = this.all.indexOf(gap);
    if (place >= 0) this.all.splice(place, 1);
  }
}
