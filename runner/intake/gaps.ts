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
 * tells the runner's own gap by its id.
 *
 * Only topics that are followed have gaps: what is told of any other is answered with nothing. An event can be read after its
 * topic was given up, and a gap begun by it would never end, since nobody will send the next one. Bounded.
 *
 * What a method answers belongs into the stream at this very place: the end of a gap before the event that ends it.
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { KlineEvent, MarketEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import {
  boundOf,
  type Followed,
  FollowedTopics,
  followsOn,
  type GapEntry,
  isNewer,
  newerPlace,
  placeOf,
} from './gaps-places.ts';
import type { FormerRun, GapCounts, ResumePoint } from './gaps-types.ts';
import { isLive } from './trade-order.ts';

export type { GapCounts } from './gaps-types.ts';

const MAX_GAPS = 10_000;

/** What the event that ends a gap does for what lies in it. */
type Outcome = Partial<Pick<GapEvent, 'state' | 'healed_by'>>;
const stillOpen: Outcome = {};
const lost: Outcome = { state: 'lost' };
const bySnapshot: Outcome = { state: 'healed', healed_by: 'snapshot' };
const byCandle: Outcome = { state: 'healed', healed_by: 'klines' };

/** A gap that the present child told: it is `entry`, or lies inside it. */
type Told = { readonly entry: GapEntry; readonly absorbed: boolean };

export class GapBook {
  readonly #nonce: string;
  readonly #capacity: number;
  /** By the gap_id that the runner tells, oldest first. */
  readonly #entries = new Map<string, GapEntry>();
  /** By the gap_id that the present child uses, which another child may have used for another gap. */
  readonly #toldByChild = new Map<string, Told>();
  readonly #followed = new FollowedTopics();
  #counts = { opened: 0, absorbed: 0, forgotten: 0 };

  /** `nonce` keeps the ids of this run apart from those of any other run. */
  constructor(nonce: string, capacity = MAX_GAPS) {
    this.#nonce = nonce;
    this.#capacity = capacity;
  }

  /** This topic is wanted from now on. */
  follow(topic: Topic): void {
    this.#followed.add(topic);
  }

  /** What an earlier run left behind, before the first event of this one. Answers the gaps that changed by it. */
  adopt({ gaps, followed, aliveUntil }: FormerRun): readonly GapEvent[] {
    const changed: GapEvent[] = [];
    for (const gap of gaps) {
      const entry: GapEntry = { gap, generation: 0 };
      this.#entries.set(gap.gap_id, entry);
      const own = this.#followed.find(gap);
      // The end of a gap was seen, also when the row that says how far was written before it.
      if (own !== undefined) own.earlier = newerPlace(own.earlier, gap.to);
      if (!isEndless(gap)) continue;
      if (own === undefined) changed.push(this.#replace(entry, { ...gap, state: 'lost' }));
      else own.endless ??= entry;
    }
    for (const { topic, place } of followed) {
      const own = this.#followed.find(topic);
      if (own === undefined) continue;
      own.earlier = newerPlace(own.earlier, place);
      if (own.endless === undefined) changed.push(this.#miss(own, 'runner_stopped', 0, aliveUntil));
    }
    return changed;
  }

  /** An event that passed the intake. Answers the gap that ends with it, to be told before it. */
  onEvent(event: TowlineEvent, generation: number): GapEvent | undefined {
    switch (event.type) {
      case 'trade':
        return this.#onTrade(event, generation);
      case 'kline':
        return event.closed ? this.#onCandle(event, generation) : undefined;
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
    const known = this.#toldByChild.get(told.gap_id);
    // What was given up with its topic stays so, although the topic may be wanted again and the child goes on about it.
    if (known?.entry.isGivenUp === true) return undefined;
    if (known !== undefined)
      return known.absorbed ? this.#endBy(told, known.entry) : this.#update(told, known.entry);
    if (followed.endless !== undefined) {
      this.#counts.absorbed += 1;
      this.#rememberTold(told.gap_id, { entry: followed.endless, absorbed: true });
      return this.#endBy(told, followed.endless);
    }
    const entry = this.#open(
      { ...told, n: undefined, gap_id: this.#freeId(told.gap_id, generation) },
      followed,
      generation,
    );
    this.#rememberTold(told.gap_id, { entry, absorbed: false });
    return entry.gap;
  }

  /** The child is gone: every topic that had shown something has a gap from now on. */
  childEnded(generation: number, nowMs: UnixMs): readonly GapEvent[] {
    this.#toldByChild.clear();
    const opened: GapEvent[] = [];
    for (const followed of this.#followed.values()) {
      if (followed.endless === undefined && placeOf(followed) !== undefined)
        opened.push(this.#miss(followed, 'child_died', generation, nowMs));
    }
    return opened;
  }

  /** The topic is no longer wanted: nothing is missed from now on, and a gap without an end will never get one. */
  release(topic: Topic): GapEvent | undefined {
    const entry = this.#followed.remove(topic)?.endless;
    if (entry === undefined) return undefined;
    entry.gap = { ...entry.gap, state: 'lost' };
    entry.isGivenUp = true;
    return entry.gap;
  }

  /** Where the runner's next child has to go on with a topic, and which gap it may close by that. */
  resumeOf(topic: Topic): ResumePoint | undefined {
    const followed = this.#followed.find(topic);
    const place = followed === undefined ? undefined : placeOf(followed);
    if (place === undefined) return undefined;
    const { id, ...rest } = place;
    const endless = followed?.endless;
    if (endless === undefined) return { last_id: id, ...rest };
    // Ids of an earlier child may come again for another gap; to the new child each gap is one of the runner's.
    const { gap_id: told } = endless.gap;
    const gap_id = told.startsWith('r-') ? told : `r-${this.#nonce}-for-${told}`.slice(0, 100);
    this.#rememberTold(gap_id, { entry: endless, absorbed: false });
    return { last_id: id, ...rest, gap_id };
  }

  /** The topics that are followed and how far each was seen. */
  followed(): Iterable<Readonly<Followed>> {
    return this.#followed.values();
  }

  /** Gaps whose end has not come yet. */
  endless(): readonly GapEvent[] {
    return [...this.#followed.values()].flatMap(({ endless }) =>
      endless === undefined ? [] : [endless.gap],
    );
  }

  all(): readonly GapEvent[] {
    return [...this.#entries.values()].map((entry) => entry.gap);
  }

  counts(): GapCounts {
    return { ...this.#counts };
  }

  #onTrade(trade: TradeEvent, generation: number): GapEvent | undefined {
    const followed = this.#followed.ofEvent(trade);
    if (followed === undefined) return undefined;
    if (!isLive(trade)) {
      if (isNewer(trade, followed.lastHealed)) followed.lastHealed = trade;
      return undefined;
    }
    if (isNewer(trade, followed.last)) followed.last = trade;
    return this.#endWith(trade, followed, generation, stillOpen);
  }

  #onState(event: Exclude<MarketEvent, TradeEvent | KlineEvent>, generation: number): GapEvent | undefined {
    const followed = this.#followed.ofEvent(event);
    if (followed === undefined) return undefined;
    this.#followed.saw(followed, event);
    // A part of a book without what came before says nothing: only a whole one ends the gap.
    if (event.type === 'depth' && event.action === 'delta') return undefined;
    return this.#endWith(event, followed, generation, event.type === 'liquidation' ? lost : bySnapshot);
  }

  #onCandle(candle: KlineEvent, generation: number): GapEvent | undefined {
    const followed = this.#followed.ofEvent(candle);
    if (followed === undefined) return undefined;
    const place = placeOf(followed);
    if (place !== undefined && candle.start <= Number(place.id)) return undefined;
    followed.last = candle;
    const whole = place !== undefined && followsOn(candle, place);
    return this.#endWith(candle, followed, generation, whole ? byCandle : stillOpen);
  }

  /** The end of a gap that the present child opened is told by that child; of any other this event is the end. */
  #endWith(
    event: MarketEvent,
    { endless }: Followed,
    generation: number,
    outcome: Outcome,
  ): GapEvent | undefined {
    if (endless === undefined || endless.generation === generation) return undefined;
    return this.#replace(endless, { ...endless.gap, to: boundOf(event), ...outcome });
  }

  /** The runner's own word that it sees nothing of this topic from here on. */
  #miss(followed: Followed, cause: GapEvent['cause'], generation: number, at: UnixMs): GapEvent {
    const gap_id = `r-${this.#nonce}-${this.#counts.opened + 1}`;
    const { topic } = followed;
    const gap: GapEvent = { type: 'gap', gap_id, state: 'open', ...topic, cause, from: null, to: null, at };
    return this.#open(gap, followed, generation).gap;
  }

  #open(gap: GapEvent, followed: Followed, generation: number): GapEntry {
    // A new child does not know what an earlier one had shown.
    const from = gap.from ?? placeOf(followed) ?? null;
    const entry: GapEntry = { gap: { ...gap, from }, generation };
    this.#counts.opened += 1;
    this.#entries.set(gap.gap_id, entry);
    if (isEndless(entry.gap)) followed.endless = entry;
    this.#makeRoom();
    return entry;
  }

  #update(told: GapEvent, entry: GapEntry): GapEvent {
    // Who opened it knows why and when: to a child that heals it, every cause is the death of another one.
    const { gap_id, cause, at } = entry.gap;
    const ends = { from: told.from ?? entry.gap.from, to: told.to ?? entry.gap.to };
    return this.#replace(entry, { ...told, n: undefined, gap_id, cause, at, ...ends });
  }

  /**
   * The end of an absorbed gap is the end of the one that it lies in, unless that has ended already. What heals a book or a
   * ticker heals all that went before; of trades only the end is known.
   */
  #endBy(absorbed: GapEvent, entry: GapEntry): GapEvent | undefined {
    if (absorbed.to === null || this.#followed.find(entry.gap)?.endless !== entry) return undefined;
    const { to, state, healed_by } = absorbed;
    const isState = entry.gap.channel !== 'trades' && entry.gap.channel !== 'kline';
    return this.#replace(entry, { ...entry.gap, to, ...(isState ? { state, healed_by } : {}) });
  }

  #replace(entry: GapEntry, gap: GapEvent): GapEvent {
    entry.gap = gap;
    const followed = this.#followed.find(gap);
    if (followed !== undefined && !isEndless(gap) && followed.endless === entry) followed.endless = undefined;
    return gap;
  }

  #freeId(childId: string, generation: number): string {
    return this.#entries.has(childId) ? `${childId}@${generation}` : childId;
  }

  #rememberTold(childId: string, told: Told): void {
    this.#toldByChild.set(childId, told);
    if (this.#toldByChild.size <= this.#capacity) return;
    const [oldest] = this.#toldByChild.keys();
    if (oldest !== undefined) this.#toldByChild.delete(oldest);
  }

  /** The oldest gap that has an end leaves; those without an end are at most one a topic and stay. */
  #makeRoom(): void {
    if (this.#entries.size <= this.#capacity) return;
    for (const [id, entry] of this.#entries) {
      if (isEndless(entry.gap)) continue;
      this.#entries.delete(id);
      this.#counts.forgotten += 1;
      return;
    }
  }
}

function isEndless(gap: GapEvent): boolean {
  return gap.to === null && gap.state === 'open';
}
