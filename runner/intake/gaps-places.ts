/**
 * The topics that are followed, and how far each of them was seen.
 *
 * Asked for every event, so it builds no key: of the last event a reference is kept, and its place is read from it only when
 * somebody wants to know it. Only of a book, whose updates are large and which nobody else keeps, it is a small part.
 */
import type { DepthEvent, KlineEvent, MarketEvent, TradeEvent } from '../../shared/events/market-events.ts';
import { type GapBound, type GapEvent, gapBound } from '../../shared/events/process-events.ts';
import type { Instrument, Topic } from '../../shared/market.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import { InstrumentMap } from './instrument-map.ts';
import { isOlder } from './trade-order.ts';

/** Of the id of a place (gapBoundSchema). */
const MAX_ID_LENGTH = 64;

export type GapEntry = {
  gap: GapEvent;
  /** The child during whose life the gap was opened; 0 for one of an earlier run. */
  readonly generation: number;
  /** The topic was given up before the gap had an end: nothing that is told of it later counts. */
  isGivenUp?: boolean;
};

/** Where an update of a book stands, without its levels. */
export type SeenUpdate = Pick<DepthEvent, 'type' | 'last_update_id' | 'timestamp' | 'seq'>;

/** The last event of a topic, as far as its place needs it. A new object for each event. */
export type Seen = Exclude<MarketEvent, DepthEvent> | SeenUpdate;

/** A topic that is wanted. */
export type Followed = {
  readonly topic: Topic;
  /** The newest event: of trades by the exchange's order, of candles the newest that is closed. */
  last: Seen | undefined;
  /** The first live event of this run, as far as one ends a gap: of a book a whole one, of candles a closed one. */
  first: Seen | undefined;
  /** The newest trade that healing brought. */
  lastHealed: TradeEvent | undefined;
  /** How far an earlier run had seen; counts until this one has seen something. */
  earlier: GapBound | undefined;
  /** Of trades and liquidations: when the exchange first acknowledged the topic, by our clock. It owes every one since. */
  owedSince: UnixMs | undefined;
  /** The same by the monotonic clock; undefined where it was before this run. */
  owedFrom: MonoMs | undefined;
  /** Nothing was seen, but what is missing begins behind this; counts until something was seen, here or by an earlier run. */
  beginsAfter: GapBound | undefined;
  /** The one gap without an end. */
  endless: GapEntry | undefined;
  /** Open gaps of trades with both ends, the newest few: the next child may heal them. */
  readonly ended: GapEntry[];
};

/** What the event that ends a gap does for what lies in it. */
export type Outcome = Partial<Pick<GapEvent, 'state' | 'healed_by'>>;
const stillOpen: Outcome = {};
const lost: Outcome = { state: 'lost' };
const bySnapshot: Outcome = { state: 'healed', healed_by: 'snapshot' };
const byCandle: Outcome = { state: 'healed', healed_by: 'klines' };

/** What names a topic in a gap, in a wish and in an event. */
type Named = Instrument & Pick<Topic, 'channel' | 'depth' | 'interval'>;

export class FollowedTopics {
  readonly #byInstrument = new InstrumentMap<Followed[]>();

  /** A topic that is followed already stays as it is. */
  add(topic: Topic): void {
    if (this.find(topic) !== undefined) return;
    const followed: Followed = {
      topic,
      last: undefined,
      first: undefined,
      lastHealed: undefined,
      earlier: undefined,
      owedSince: undefined,
      owedFrom: undefined,
      beginsAfter: undefined,
      endless: undefined,
      ended: [],
    };
    const others = this.#byInstrument.get(topic);
    if (others === undefined) this.#byInstrument.set(topic, [followed]);
    else others.push(followed);
  }

  find(topic: Named): Followed | undefined {
    const depth = topic.channel === 'depth' ? (topic.depth ?? 50) : undefined;
    return this.#find(topic, topic.channel, depth, topic.interval);
  }

  /** The topic of an event. A book that does not name its depth is the one that was asked for first. */
  ofEvent(event: MarketEvent): Followed | undefined {
    switch (event.type) {
      case 'trade':
        return this.#find(event, 'trades', undefined, undefined);
      case 'depth':
        return this.#find(event, 'depth', event.depth, undefined);
      case 'kline':
        return this.#find(event, 'kline', undefined, event.interval);
      case 'ticker':
      case 'liquidation':
        return this.#find(event, event.type, undefined, undefined);
    }
  }

  /** The newest event of a topic that tells of a state. */
  saw(followed: Followed, event: Exclude<MarketEvent, TradeEvent | KlineEvent>): void {
    if (event.type === 'depth') {
      const { type, last_update_id, timestamp, seq } = event;
      followed.last = { type, last_update_id, timestamp, seq };
    } else {
      followed.last = event;
    }
  }

  remove(topic: Topic): Followed | undefined {
    const followed = this.find(topic);
    if (followed === undefined) return undefined;
    const others = (this.#byInstrument.get(topic) ?? []).filter((other) => other !== followed);
    if (others.length === 0) this.#byInstrument.delete(topic);
    else this.#byInstrument.set(topic, others);
    return followed;
  }

  *values(): Generator<Followed> {
    for (const ofInstrument of this.#byInstrument.values()) yield* ofInstrument;
  }

  #find(
    instrument: Instrument,
    channel: Topic['channel'],
    depth: number | undefined,
    interval: string | undefined,
  ): Followed | undefined {
    const ofInstrument = this.#byInstrument.get(instrument);
    if (ofInstrument === undefined) return undefined;
    for (const followed of ofInstrument) {
      const { topic } = followed;
      if (topic.channel !== channel) continue;
      if (channel === 'depth' && depth !== undefined && (topic.depth ?? 50) !== depth) continue;
      if (channel === 'kline' && (topic.interval ?? '1') !== (interval ?? '1')) continue;
      return followed;
    }
    return undefined;
  }
}

/**
 * How far a topic was seen, by this run or else by an earlier one; undefined before the first event. What healing brought counts:
 * after the newest trade that was told nothing is missing but what a gap tells (docs/adr/0013), also when its child has
 * died in the middle of healing.
 */
export function placeOf({ last, lastHealed, earlier, beginsAfter }: Followed): GapBound | undefined {
  if (lastHealed !== undefined && isNewer(lastHealed, last)) return boundOf(lastHealed);
  return last === undefined ? (earlier ?? beginsAfter) : boundOf(last);
}

/** Each of them counts, from the acknowledgement on; the other channels tell of a state, which the next one tells whole. */
export function isOwedOnceGranted({ channel }: Pick<Topic, 'channel'>): boolean {
  return channel === 'trades' || channel === 'liquidation';
}

/** From now on something of it can be missing: it has shown something, or the exchange owes it. */
export function hasBegun(followed: Followed): boolean {
  return followed.owedSince !== undefined || placeOf(followed) !== undefined;
}

export function isNewer(trade: TradeEvent, than: Seen | undefined): boolean {
  return than?.type !== 'trade' || !isOlder(trade, than);
}

/** The later of two places of a topic; the first one where only the order of arrival could tell. */
export function newerPlace(one: GapBound | undefined, other: GapBound | null): GapBound | undefined {
  if (one === undefined || other === null) return one ?? other ?? undefined;
  const isLater =
    other.timestamp > one.timestamp ||
    (other.timestamp === one.timestamp && (other.seq ?? 0) > (one.seq ?? 0));
  return isLater ? other : one;
}

/** Is this place of a topic not the other one, nor surely before it? */
export function isAfter(one: GapBound, other: GapBound): boolean {
  if (one.id === other.id) return false;
  if (one.timestamp !== other.timestamp) return one.timestamp > other.timestamp;
  return one.seq === undefined || other.seq === undefined || one.seq >= other.seq;
}

/** The event as one end of a gap (gapBoundSchema says what the id of each is). */
export function boundOf(event: Seen): GapBound {
  const { timestamp } = event;
  switch (event.type) {
    case 'trade':
      return gapBound(event);
    case 'depth':
      return gapBound({ id: String(event.last_update_id), timestamp, seq: event.seq });
    case 'kline':
      return { id: String(event.start), timestamp: event.start };
    case 'ticker':
      return { id: String(timestamp), timestamp };
    case 'liquidation':
      return { id: `${timestamp}:${event.price}:${event.qty}`.slice(0, MAX_ID_LENGTH), timestamp };
  }
}

/** What becomes of a gap that began at `from` and that nobody healed, by the event that ends it. */
export function outcomeOf(event: Seen | DepthEvent, from: GapBound | null | undefined): Outcome {
  switch (event.type) {
    case 'trade':
      return stillOpen;
    case 'kline':
      return from != null && followsOn(event, from) ? byCandle : stillOpen;
    case 'depth':
    case 'ticker':
      return bySnapshot;
    case 'liquidation':
      return lost;
  }
}

/** The place of the candle before this one. */
export function candleBefore({ start, end, interval }: KlineEvent): GapBound {
  const last = new Date(start - 1);
  const before =
    interval === 'M' ? Date.UTC(last.getUTCFullYear(), last.getUTCMonth()) : start - (end + 1 - start);
  return { id: String(before), timestamp: before };
}

/** Does this candle come right after the one that starts at `place`? Months differ in length, a missing one doubles it. */
export function followsOn(candle: KlineEvent, place: GapBound): boolean {
  return candle.start - Number(place.id) < 1.5 * (candle.end + 1 - candle.start);
}
