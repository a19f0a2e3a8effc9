/**
 * The list of spans that we know we did not see.
 *
 * Two tell of gaps: a child, for what it missed while it lived, and the runner, for the time between two children, since
 * only the runner knows what was seen before a child died. A topic has at most one gap without an end. While there is one,
 * whatever else is missing lies inside it, so a second one is absorbed: its end becomes the end of the first. A gap that a
 * dead child left open ends at the first trade of the next child. In memory only; bounded.
 *
 * Only trades have gaps, and only of symbols that are followed: what is told of any other is answered with nothing. A trade
 * can be read after its topic was given up, and a gap begun by it would never end, since nobody will send the next one.
 *
 * What a method answers belongs into the stream of events at this very place: a gap's end before the trade that ends it.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { type GapEvent, gapBound } from '../../shared/events/process-events.ts';
import { type Instrument, type Topic, topicKey } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';
import { InstrumentMap } from './instrument-map.ts';
import { isLive, isOlder } from './trade-order.ts';

const MAX_GAPS = 10_000;

/** From where a new child heals: the `resume` of the subscribe command (DESIGN 7.2). */
export type ResumePoint = {
  readonly last_id: string;
  readonly timestamp: number;
  readonly seq?: number | undefined;
};

export type GapCounts = {
  /** Gaps ever opened, by children and by the runner. */
  readonly opened: number;
  /** Gaps told while their topic had one without an end. */
  readonly absorbed: number;
  /** Gaps that left this list because it was full. */
  readonly forgotten: number;
};

type Entry = {
  gap: GapEvent;
  /** The child during whose life the gap was opened. */
  readonly generation: number;
};

/** A symbol whose trades are wanted, and the newest one that was seen. */
type Followed = { lastTrade: TradeEvent | undefined };

/** What became of a gap that the present child told: it is `entry`, or lies inside it. */
type Told = { readonly entry: Entry; readonly absorbed: boolean };

export class GapBook {
  readonly #nonce: string;
  readonly #capacity: number;
  /** By the gap_id that the runner tells, oldest first. */
  readonly #entries = new Map<string, Entry>();
  /** By topic key: the one gap without an end. */
  readonly #endless = new Map<string, Entry>();
  /** By the present child's gap_id, which another child may have used for another gap. */
  readonly #toldByChild = new Map<string, Told>();
  readonly #followed = new InstrumentMap<Followed>();
  #counts = { opened: 0, absorbed: 0, forgotten: 0 };

  /** `nonce` keeps the ids of this run apart from those of any other run. */
  constructor(nonce: string, capacity = MAX_GAPS) {
    this.#nonce = nonce;
    this.#capacity = capacity;
  }

  /** The trades of this symbol are wanted from now on. */
  follow(instrument: Instrument): void {
    if (this.#followed.get(instrument) === undefined)
      this.#followed.set(instrument, { lastTrade: undefined });
  }

  /** A trade that passed the intake. Answers the gap that ends with it, to be told before it. */
  onTrade(trade: TradeEvent, generation: number): GapEvent | undefined {
    const followed = isLive(trade) ? this.#followed.get(trade) : undefined;
    if (followed === undefined) return undefined;
    const last = followed.lastTrade;
    if (last === undefined || !isOlder(trade, last)) followed.lastTrade = trade;
    if (this.#endless.size === 0) return undefined;
    const entry = this.#endless.get(topicKey(tradesOf(trade)));
    // The end of a gap that the present child opened is told by that child.
    if (entry === undefined || entry.generation === generation) return undefined;
    return this.#replace(entry, { ...entry.gap, to: gapBound(trade) });
  }

  /** A gap that a child tells, for the first time or again. Answers what is to be told on, if anything. */
  onGap(told: GapEvent, generation: number): GapEvent | undefined {
    if (told.channel !== 'trades' || this.#followed.get(told) === undefined) return undefined;
    const known = this.#toldByChild.get(told.gap_id);
    // What was given up with its topic stays so, although the topic may be wanted again and the child goes on about it.
    if (known !== undefined && isGivenUp(known.entry.gap)) return undefined;
    if (known !== undefined)
      return known.absorbed ? this.#endBy(told, known.entry) : this.#update(told, known.entry);
    const endless = this.#endless.get(topicKey(told));
    if (endless !== undefined) {
      this.#counts.absorbed += 1;
      this.#rememberTold(told.gap_id, { entry: endless, absorbed: true });
      return this.#endBy(told, endless);
    }
    const entry = this.#open(
      { ...told, n: undefined, gap_id: this.#freeId(told.gap_id, generation) },
      generation,
    );
    this.#rememberTold(told.gap_id, { entry, absorbed: false });
    return entry.gap;
  }

  /** The child is gone: every trades topic that had shown trades has a gap from now on. */
  childEnded(generation: number, nowMs: UnixMs): readonly GapEvent[] {
    this.#toldByChild.clear();
    const opened: GapEvent[] = [];
    for (const { lastTrade: last } of this.#followed.values()) {
      if (last === undefined) continue;
      const topic = tradesOf(last);
      if (this.#endless.has(topicKey(topic))) continue;
      const gap: GapEvent = {
        type: 'gap',
        gap_id: `r-${this.#nonce}-${this.#counts.opened + 1}`,
        state: 'open',
        ...topic,
        cause: 'child_died',
        from: gapBound(last),
        to: null,
        at: nowMs,
      };
      opened.push(this.#open(gap, generation).gap);
    }
    return opened;
  }

  /** The topic is no longer wanted: nothing is missed from now on, and a gap without an end will never get one. */
  release(instrument: Instrument): GapEvent | undefined {
    this.#followed.delete(instrument);
    const key = topicKey(tradesOf(instrument));
    const entry = this.#endless.get(key);
    if (entry === undefined) return undefined;
    this.#endless.delete(key);
    entry.gap = { ...entry.gap, state: 'lost' };
    return entry.gap;
  }

  /** Where the runner's next child has to go on with a trades topic. */
  lastTradeOf(instrument: Instrument): ResumePoint | undefined {
    const last = this.#followed.get(instrument)?.lastTrade;
    if (last === undefined) return undefined;
    const { id, ...rest } = gapBound(last);
    return { last_id: id, ...rest };
  }

  /** Gaps whose end has not come yet. */
  endless(): readonly GapEvent[] {
    return [...this.#endless.values()].map((entry) => entry.gap);
  }

  all(): readonly GapEvent[] {
    return [...this.#entries.values()].map((entry) => entry.gap);
  }

  counts(): GapCounts {
    return { ...this.#counts };
  }

  #open(gap: GapEvent, generation: number): Entry {
    const last = this.#followed.get(gap)?.lastTrade;
    // A new child does not know what an earlier one had shown.
    const from = gap.from ?? (last === undefined ? null : gapBound(last));
    const entry: Entry = { gap: { ...gap, from }, generation };
    this.#counts.opened += 1;
    this.#entries.set(gap.gap_id, entry);
    if (isEndless(entry.gap)) this.#endless.set(topicKey(gap), entry);
    this.#makeRoom();
    return entry;
  }

  #update(told: GapEvent, entry: Entry): GapEvent {
    const { gap_id, from, to } = entry.gap;
    return this.#replace(entry, {
      ...told,
      n: undefined,
      gap_id,
      from: told.from ?? from,
      to: told.to ?? to,
    });
  }

  /** The end of an absorbed gap is the end of the one that it lies in, unless that has ended already. */
  #endBy(absorbed: GapEvent, entry: Entry): GapEvent | undefined {
    if (absorbed.to === null || this.#endless.get(topicKey(entry.gap)) !== entry) return undefined;
    return this.#replace(entry, { ...entry.gap, to: absorbed.to });
  }

  #replace(entry: Entry, gap: GapEvent): GapEvent {
    entry.gap = gap;
    const key = topicKey(gap);
    if (!isEndless(gap) && this.#endless.get(key) === entry) this.#endless.delete(key);
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

function isGivenUp(gap: GapEvent): boolean {
  return gap.to === null && gap.state === 'lost';
}

function tradesOf({ category, symbol }: Instrument): Topic & { readonly channel: 'trades' } {
  return { channel: 'trades', category, symbol };
}
