/**
 * The list of spans that we know we did not see.
 *
 * Two tell of gaps: a child, for what it missed while it lived, and the runner, for the time between two children and between
 * two runs of itself, since only the runner knows what was seen before. A topic has at most one gap without an end. While
 * there is one, whatever else is missing lies inside it, so a second one is absorbed: its end becomes the end of the first.
 *
 * A gap that a dead child left behind ends with the next child: of trades by the first live one (what lies between stays
 * open), of books and tickers by the first whole state (healed by that snapshot), of liquidations by the first one (lost), of
 * candles by the first closed one (healed when it follows on). Or the child ends it itself, when it heals by `resume`: it then
 * tells the runner's own gap by its id. Gaps of trades that have both ends are offered to the next child as well.
 *
 * Only topics that are followed have gaps: what is told of any other is answered with nothing. An event can be read after its
 * topic was given up, and a gap begun by it would never end, since nobody will send the next one. Bounded.
 *
 * What a method answers belongs into the stream at this very place: the end of a gap before the event that ends it.
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { KlineEvent, MarketEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { GapBound, GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import type { Instrument, Topic } from '../../shared/market.ts';
import { isWithin, type Span } from '../../shared/spans.ts';
import { type Millis, type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import { GapEntries } from './gaps-entries.ts';
import { adoptFormer } from './gaps-former.ts';
import { begun, granted, owedSince } from './gaps-owed.ts';
import {
  boundOf,
  candleBefore,
  type Followed,
  FollowedTopics,
  type GapEntry,
  hasBegun,
  isNewer,
  outcomeOf,
  placeOf,
} from './gaps-places.ts';
import { ToldGaps } from './gaps-told.ts';
import type { FormerRun, GapCounts, OwedPoint, ResumeGap, ResumePoint } from './gaps-types.ts';
import { UnreadLines } from './gaps-unread.ts';
import { isLive } from './trade-order.ts';

export type { GapCounts } from './gaps-types.ts';

const MAX_GAPS = 10_000;

/** From its last trade before to its first one after, both milliseconds included; undefined unless it is open and has both ends. */
export function openSpanOf({ state, from, to }: GapEvent): Span | undefined {
  if (state !== 'open' || from === null || to === null) return undefined;
  return { from: from.timestamp, to: to.timestamp + 1 };
}

/** A gap with both ends is offered to the next child for so long: of a busy topic the exchange has forgotten it sooner. */
const OFFERED_FOR_MS: Millis = 86_400_000;

export class GapBook {
  readonly #nonce: string;
  /** By the gap_id that the runner tells, oldest first. */
  readonly #entries: GapEntries;
  readonly #toldByChild: ToldGaps;
  readonly #followed = new FollowedTopics();
  readonly #unread = new UnreadLines();

  /** `nonce` keeps the ids of this run apart from those of any other run. */
  constructor(nonce: string, capacity = MAX_GAPS) {
    this.#nonce = nonce;
    this.#entries = new GapEntries(nonce, capacity, this.#followed);
    this.#toldByChild = new ToldGaps(capacity);
  }

  /** This topic is wanted from now on. */
  follow(topic: Topic): void {
    this.#followed.add(topic);
  }

  /** What an earlier run left behind. Answers the gaps that changed by it. */
  adopt(former: FormerRun): readonly GapEvent[] {
    return adoptFormer({ entries: this.#entries, topics: this.#followed, told: this.#toldByChild }, former);
  }

  /** A child says that the exchange has acknowledged a topic, or that a wish was granted. */
  granted(event: StatusEvent, nowMs: UnixMs, now: MonoMs): void {
    granted(this.#followed, event, nowMs, now);
  }

  /** An event that passed the intake. Answers the gap that ends with it, to be told before it. */
  onEvent(event: TowlineEvent, generation: number): GapEvent | undefined {
    switch (event.type) {
      case 'trade':
        return this.#onTrade(event, generation);
      case 'kline':
        return event.closed ? this.#onCandle(event, generation) : this.#onOpenCandle(event);
      case 'depth':
      case 'ticker':
      case 'liquidation':
        return this.#onState(event, generation);
      default:
        return undefined;
    }
  }

  /** A gap that a child tells, for the first time or again. Answers what is to be told on, if anything. */
  onGap(told: GapEvent, generation: number): GapEvent | undefined {
    const followed = this.#followed.find(told);
    if (followed === undefined) return undefined;
    const known = this.#toldByChild.find(told.gap_id);
    // What was given up with its topic stays so, although the topic may be wanted again and the child goes on about it.
    if (known?.entry.isGivenUp === true || known?.entry.gap.healed_by === 'archive') return undefined;
    if (known?.absorbed === true) return this.#endBy(told, known.entry);
    if (known !== undefined) return this.#update(told, known.entry, followed);
    if (followed.endless !== undefined) {
      this.#entries.counts.absorbed += 1;
      this.#toldByChild.remember(told.gap_id, followed.endless, true);
      return this.#endBy(told, followed.endless);
    }
    const entry = this.#entries.open(
      { ...told, n: undefined, gap_id: this.#freeId(told.gap_id, generation) },
      followed,
      generation,
    );
    this.#toldByChild.remember(told.gap_id, entry);
    return begun(entry.gap, followed);
  }

  /** The child is gone: every topic that had shown something, or was owed something, has a gap from now on. */
  childEnded(generation: number, nowMs: UnixMs): readonly GapEvent[] {
    this.#toldByChild.clear();
    const opened: GapEvent[] = [];
    for (const followed of this.#followed.values()) {
      if (followed.endless === undefined && hasBegun(followed))
        opened.push(this.#entries.miss(followed, 'child_died', generation, nowMs));
    }
    return opened;
  }

  /** A line of the child could not be read (`line`), or is missing. Answers the gaps that begin by it. */
  unread(line: string | undefined, nowMs: UnixMs, now: MonoMs): readonly GapEvent[] {
    return this.#unread.miss({ entries: this.#entries, topics: this.#followed }, line, nowMs, now);
  }

  /** The topic is no longer wanted: nothing is missed from now on, and a gap without an end will never get one. */
  release(topic: Topic): GapEvent | undefined {
    const entry = this.#followed.remove(topic)?.endless;
    if (entry === undefined) return undefined;
    entry.isGivenUp = true;
    return this.#entries.replace(entry, { ...entry.gap, state: 'lost' });
  }

  /** Where the runner's next child has to go on with a topic, and which gaps it may close by that. */
  resumeOf(topic: Topic, nowMs: UnixMs): ResumePoint | undefined {
    const followed = this.#followed.find(topic);
    const place = followed === undefined ? undefined : placeOf(followed);
    if (followed === undefined || place === undefined) return undefined;
    const { id, ...rest } = place;
    const { endless, ended } = followed;
    const gaps = ended.flatMap((entry): ResumeGap[] => {
      const { from, to } = entry.gap;
      if (from === null || to === null || nowMs - to.timestamp > OFFERED_FOR_MS) return [];
      return [{ gap_id: this.#nameForChild(entry), from, to }];
    });
    const gap_id = endless && this.#nameForChild(endless);
    return {
      last_id: id,
      ...rest,
      ...(gap_id === undefined ? {} : { gap_id }),
      ...(gaps.length === 0 ? {} : { gaps }),
    };
  }

  /** Since when the exchange owes trades of which the runner has seen none, and the gap that says so. */
  owedOf(topic: Topic, nowMs: UnixMs, now: MonoMs): OwedPoint | undefined {
    const followed = this.#followed.find(topic);
    const since = followed && owedSince(followed, nowMs, now);
    if (followed === undefined || since === undefined || placeOf(followed) !== undefined) return undefined;
    const { endless } = followed;
    return endless === undefined ? { since } : { since, gap_id: this.#nameForChild(endless) };
  }

  /** The topics that are followed and how far each was seen. */
  followed(): Iterable<Readonly<Followed>> {
    return this.#followed.values();
  }

  /** When the newest event of the topic was received, where its place says so. */
  receiptOf(topic: Topic): UnixMs | undefined {
    const last = this.#followed.find(topic)?.last;
    if (last === undefined || !('received_at' in last) || last.received_at === undefined) return undefined;
    return unixMs(Math.floor(last.received_at / 1_000));
  }

  /** Gaps whose end has not come yet. */
  endless(): readonly GapEvent[] {
    return [...this.#followed.values()].flatMap(({ endless }) =>
      endless === undefined ? [] : [endless.gap],
    );
  }

  /** The archive has every trade of these spans (ms): open gaps of an instrument's trades that lie in them are closed. Answers those. */
  closeByArchive({ category, symbol }: Instrument, spans: readonly Span[]): readonly GapEvent[] {
    return this.#entries.values().flatMap((entry): GapEvent[] => {
      const { gap } = entry;
      if (gap.channel !== 'trades' || gap.category !== category || gap.symbol !== symbol) return [];
      const span = openSpanOf(gap);
      if (span === undefined || !isWithin(span, spans)) return [];
      return [this.#entries.replace(entry, { ...gap, state: 'healed', healed_by: 'archive' })];
    });
  }

  all(): readonly GapEvent[] {
    return this.#entries.all();
  }

  counts(): GapCounts {
    return { ...this.#entries.counts };
  }

  #onTrade(trade: TradeEvent, generation: number): GapEvent | undefined {
    const followed = this.#followed.ofEvent(trade);
    if (followed === undefined) return undefined;
    if (!isLive(trade)) {
      if (isNewer(trade, followed.lastHealed)) followed.lastHealed = trade;
      return undefined;
    }
    if (isNewer(trade, followed.last)) followed.last = trade;
    followed.first ??= trade;
    return this.#endWith(trade, followed, generation);
  }

  #onState(event: Exclude<MarketEvent, TradeEvent | KlineEvent>, generation: number): GapEvent | undefined {
    const followed = this.#followed.ofEvent(event);
    if (followed === undefined) return undefined;
    this.#followed.saw(followed, event);
    // A part of a book without what came before says nothing: only a whole one ends the gap.
    if (event.type === 'depth' && event.action === 'delta') return undefined;
    followed.first ??= followed.last;
    return this.#endWith(event, followed, generation);
  }

  #onCandle(candle: KlineEvent, generation: number): GapEvent | undefined {
    const followed = this.#followed.ofEvent(candle);
    if (followed === undefined) return undefined;
    const place = placeOf(followed);
    if (place !== undefined && candle.start <= Number(place.id)) return undefined;
    followed.last = candle;
    followed.first ??= candle;
    return this.#endWith(candle, followed, generation, place);
  }

  /** Its close is owed. The place before is not that of a candle that was seen, but all that is asked of it is where it lies. */
  #onOpenCandle(candle: KlineEvent): undefined {
    const followed = this.#followed.ofEvent(candle);
    if (followed !== undefined) followed.beginsAfter ??= candleBefore(candle);
  }

  /** The end of a gap that the present child opened is told by that child; of any other this event is the end. */
  #endWith(
    event: MarketEvent,
    { endless }: Followed,
    generation: number,
    place?: GapBound,
  ): GapEvent | undefined {
    if (endless === undefined || endless.generation === generation) return undefined;
    return this.#entries.replace(endless, { ...endless.gap, to: boundOf(event), ...outcomeOf(event, place) });
  }

  #update(told: GapEvent, entry: GapEntry, followed: Followed): GapEvent {
    // Who opened it knows why and when: to a child that heals it, every cause is the death of another one.
    const { gap_id, cause, at } = entry.gap;
    const ends = { from: told.from ?? entry.gap.from, to: told.to ?? entry.gap.to };
    return begun(
      this.#entries.replace(entry, { ...told, n: undefined, gap_id, cause, at, ...ends }),
      followed,
    );
  }

  /**
   * The end of an absorbed gap is the end of the one that it lies in, unless that has ended already. What heals a book or a
   * ticker heals all that went before; of trades only the end is known.
   */
  #endBy(absorbed: GapEvent, entry: GapEntry): GapEvent | undefined {
    if (absorbed.to === null || this.#followed.find(entry.gap)?.endless !== entry) return undefined;
    const { to, state, healed_by } = absorbed;
    const isState = entry.gap.channel !== 'trades' && entry.gap.channel !== 'kline';
    return this.#entries.replace(entry, { ...entry.gap, to, ...(isState ? { state, healed_by } : {}) });
  }

  #freeId(childId: string, generation: number): string {
    return this.#entries.has(childId) ? `${childId}@${generation}` : childId;
  }

  /** Ids of an earlier child may come again for another gap; to the new child each gap is one of the runner's. */
  #nameForChild(entry: GapEntry): string {
    const { gap_id: told } = entry.gap;
    const gap_id = told.startsWith('r-') ? told : `r-${this.#nonce}-for-${told}`.slice(0, 100);
    this.#toldByChild.remember(gap_id, entry);
    return gap_id;
  }
}
