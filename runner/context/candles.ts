/**
 * Candles of one instrument and one timeframe, built from trades.
 *
 * A row without holes: spans without trades have a flat candle, so that a span that we did not see can say so. A candle
 * closes a second after its end by the exchange's clock, with or without trades; what comes later, or is healed, changes it
 * and it is issued again with a higher revision. `complete` is false when a gap touches the candle, unless trades that came have
 * healed it, or when it began before the first live trade: only that proves by the exchange's own clock since when we listen, and
 * nobody can set it. Changes of closed candles are issued at the next `advance`, so that a heal of thousands of trades issues each once.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';
import { isLive } from '../intake/trade-order.ts';
import {
  addTrade,
  type Candle,
  type CandleDraft,
  type CandleOf,
  carryClose,
  endOf,
  flatCandle,
  issued,
  type Timeframe,
  timeframes,
} from './candle.ts';
import { TradeHoles } from './trade-holes.ts';

/** Candles kept per timeframe (context-and-signals.md). */
const MAX_CANDLES = 1_000;
/** Late trades of an ordinary feed arrive within this time. */
const CLOSE_DELAY_MS: Millis = 1_000;
/** A trade further in our future has a wrong time: it would close every candle up to then. */
const FUTURE_MS: Millis = 10_000;
/** Candles of which a trade was refused that are remembered. */
const MAX_REFUSED = 1_000;

export class CandleSeries {
  readonly timeframe: Timeframe;
  readonly #length: Millis;
  readonly #of: CandleOf;
  readonly #onCandle: (candle: Candle) => void;
  readonly #candles: CandleDraft[] = [];
  readonly #changed = new Set<CandleDraft>();
  readonly #holes = new TradeHoles();
  /** Starts of candles of which a trade was refused. */
  readonly #refused = new Set<number>();
  /** Whatever traded from this moment on (exchange time) was seen, or lies in a gap. */
  #coveredFrom = Number.POSITIVE_INFINITY;
  /** All candles before this index are closed. */
  #firstOpen = 0;
  /** There were candles before the first one. A late trade must not begin one of them anew: it would hold that trade alone. */
  #hasForgotten = false;

  constructor(instrument: Instrument, timeframe: Timeframe, onCandle: (candle: Candle) => void) {
    this.timeframe = timeframe;
    this.#length = timeframes[timeframe];
    this.#of = { category: instrument.category, symbol: instrument.symbol, timeframe };
    this.#onCandle = onCandle;
  }

  get length(): number {
    return this.#candles.length;
  }

  /** Forgets the oldest candles until `count` are left, but never one that is open, nor the last. Changes of them are still issued. */
  keepNewest(count: number): void {
    const surplus = Math.min(this.#candles.length - Math.max(count, 1), this.#firstOpen);
    if (surplus <= 0) return;
    this.#candles.splice(0, surplus);
    this.#firstOpen -= surplus;
    this.#hasForgotten = true;
  }

  /** Adds a trade, live, late or healed. `exchangeNow` is the exchange's time as far as we know it. */
  add(trade: TradeEvent, exchangeNow: UnixMs): void {
    const start = trade.timestamp - (trade.timestamp % this.#length);
    if (trade.timestamp > exchangeNow + FUTURE_MS) return this.#refuse(start);
    if (this.#holes.isBlind && isLive(trade)) this.#judgeFrom(this.#holes.seen(trade.timestamp));
    // Not from its own time on: of its millisecond others may have come before it. What is healed may lie before what a former run
    // was told, and this one was not.
    if (this.#coveredFrom === Number.POSITIVE_INFINITY && isLive(trade))
      this.#coveredFrom = trade.timestamp + 1;
    const index = this.#indexFor(start, trade.price);
    const candle = index === undefined ? undefined : this.#candles[index];
    // Older than the oldest candle that could be kept.
    if (index === undefined || candle === undefined) return;
    addTrade(candle, trade);
    if (candle.closed) this.#revise(candle);
    if (index < this.#candles.length - 1) this.#carryOn(index);
  }

  /** A gap of this instrument's trades was opened, got its end, or was healed. */
  gap(gap: GapEvent): void {
    this.#judgeFrom(this.#holes.gap(gap));
  }

  /** Closes what is due, issues it, and issues again what was changed. */
  advance(exchangeNow: UnixMs): void {
    if (this.#changed.size > 0) {
      for (const candle of this.#changed) this.#onCandle(issued(this.#of, candle));
      this.#changed.clear();
    }
    for (;;) {
      const candle = this.#candles[this.#firstOpen] ?? this.#nextFlat(exchangeNow);
      if (candle === undefined || this.#endOf(candle) + CLOSE_DELAY_MS >= exchangeNow) return;
      this.#firstOpen += 1;
      this.#close(candle);
    }
  }

  /** The newest candles, oldest first, the one in the making last. */
  list(count = MAX_CANDLES): readonly Candle[] {
    return this.#candles.slice(-count).map((candle) => issued(this.#of, candle));
  }

  /** The index of the candle that starts at `start`, which is made when it is not there. */
  #indexFor(start: number, price: number): number | undefined {
    const first = this.#candles[0];
    if (first === undefined) {
      this.#append(start, price);
      return 0;
    }
    const index = (start - first.start) / this.#length;
    if (index < 0) {
      const fits = !this.#hasForgotten && this.#candles.length - index <= MAX_CANDLES;
      return fits ? this.#prepend(-index, price) : undefined;
    }
    if (index < this.#candles.length) return index;
    return this.#extendTo(start);
  }

  #extendTo(start: number): number {
    const last = this.#candles[this.#candles.length - 1];
    const next = Math.max(
      last === undefined ? 0 : last.start + this.#length,
      start - (MAX_CANDLES - 1) * this.#length,
    );
    for (let at = next; at <= start; at += this.#length) this.#append(at, last?.close ?? 0);
    return this.#candles.length - 1;
  }

  #append(start: number, price: number): CandleDraft {
    const candle = flatCandle(start, price);
    candle.complete = this.#isComplete(candle);
    this.#candles.push(candle);
    if (this.#candles.length > MAX_CANDLES) this.#dropOldest();
    return candle;
  }

  /** Makes room for a healed trade older than all candles: `count` candles in front of the first. */
  #prepend(count: number, price: number): number {
    const end = this.#candles[0]?.start ?? 0;
    const front: CandleDraft[] = [];
    for (let back = count; back > 0; back -= 1) {
      const candle = flatCandle(end - back * this.#length, price);
      candle.complete = this.#isComplete(candle);
      front.push(candle);
    }
    this.#candles.unshift(...front);
    this.#firstOpen = 0;
    return 0;
  }

  /** The candle after the last one, when it is due although nothing traded in it. */
  #nextFlat(exchangeNow: UnixMs): CandleDraft | undefined {
    const last = this.#candles[this.#candles.length - 1];
    if (last === undefined || this.#endOf(last) + this.#length + CLOSE_DELAY_MS >= exchangeNow)
      return undefined;
    return this.#append(last.start + this.#length, last.close);
  }

  /** The close of a candle is the price of the flat ones after it. */
  #carryOn(index: number): void {
    const price = this.#candles[index]?.close ?? 0;
    for (let next = index + 1; next < this.#candles.length; next += 1) {
      const candle = this.#candles[next];
      if (candle === undefined || !carryClose(candle, price)) return;
      if (candle.closed) this.#revise(candle);
    }
  }

  /** The oldest candle leaves; after a long sleep it may leave in the making. */
  #dropOldest(): void {
    const oldest = this.#candles.shift();
    this.#hasForgotten = true;
    this.#firstOpen = Math.max(0, this.#firstOpen - 1);
    if (oldest !== undefined) this.#close(oldest);
  }

  #close(candle: CandleDraft): void {
    if (candle.closed) return;
    candle.closed = true;
    this.#onCandle(issued(this.#of, candle));
  }

  #revise(candle: CandleDraft): void {
    candle.revision += 1;
    this.#changed.add(candle);
  }

  /** What was missed has changed from this time on. */
  #judgeFrom(from = Number.POSITIVE_INFINITY): void {
    for (const candle of this.#candles) {
      if (this.#endOf(candle) < from) continue;
      const complete = this.#isComplete(candle);
      if (complete === candle.complete) continue;
      candle.complete = complete;
      if (candle.closed) this.#revise(candle);
    }
  }

  /** Either the trade has a wrong time or we have: for a while after our clock was set back, its candle comes without it. */
  #refuse(start: number): void {
    this.#refused.add(start);
    const [oldest] = this.#refused;
    if (this.#refused.size > MAX_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
    const candle = this.#candles.findLast((known) => known.start === start);
    if (candle?.complete !== true) return;
    candle.complete = false;
    if (candle.closed) this.#revise(candle);
  }

  #isComplete(candle: CandleDraft): boolean {
    if (candle.start < this.#coveredFrom || this.#refused.has(candle.start)) return false;
    return !this.#holes.touch(candle.start, this.#endOf(candle));
  }

  #endOf(candle: CandleDraft): number {
    return endOf(candle, this.timeframe);
  }
}
