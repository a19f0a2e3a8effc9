/**
 * Today and the day before of one instrument: takes trades as they come, stored parts, klines and gaps, and answers the
 * levels of both days.
 *
 * A day is rolled over by the exchange's time, or by the first trade of the new day, whichever is first; that makes one new
 * object and forgets one. Late trades of yesterday go to yesterday; what is older is refused and counted. Nothing is
 * reckoned for the levels until they are asked for.
 *
 * Memory, two days each: 36 to 52 bytes a price that traded, twice that while tables grow, at most 14 MB in all (MAX_PRICES);
 * 46 kB for the minutes; at most 20,000 early trades and 1,440 klines.
 */
import { DAY_MS, type DayTotals, dayStart, utcDateOf } from '../../../shared/day-totals.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import type { Span } from '../../../shared/spans.ts';
import type { Millis } from '../../../shared/time.ts';
import { parseBinSize } from './bin-size.ts';
import { DayTeller, type Tick } from './day-figures.ts';
import { type AddOutcome, DayState } from './day-state.ts';
import { type DaySums, daySums } from './day-sums.ts';
import type { DayFigures } from './figures.ts';
import { LeftOutAhead, leftOutAt } from './left-out.ts';
import { LiveCoverage } from './live-coverage.ts';
import type { MinuteKline } from './stand-in.ts';
import type { JoinRefusal, StoredPart } from './stored-part.ts';
import type { DayTrade } from './trade-sums.ts';

/** A trade further in our future may have a wrong time, and would end the day; but it may be our clock that is behind. */
const FUTURE_MS: Millis = 10_000;

export type DaysOptions = {
  /** PROFILE_TICK_SIZE: the width of a bin until the exchange's tick size is known. */
  readonly profileTickSize: string;
  /** Different prices kept of a day; at least 16. */
  readonly maxPrices?: number;
};

/** A trade as it is told: what came by the feed says nothing of its origin, or `live`. */
export type ToldTrade = DayTrade & { readonly origin?: 'live' | 'healed' | 'archive' | undefined };

export type DaysOutcome = AddOutcome | 'too_old' | 'in_future';

/** Which spans of a day come from what. */
export type KnownOfDay = {
  /** The part of the day that has happened. */
  readonly window: Span;
  readonly byTrades: readonly Span[];
  readonly byKlines: readonly Span[];
  /** Of those by trades: from totals of stored ones. */
  readonly joined: readonly Span[];
  /** Were trades left out whose time may be among those spans? */
  readonly hasRefused?: boolean;
};

type Day = { readonly state: DayState; readonly teller: DayTeller };

export class InstrumentDays {
  readonly #instrument: Instrument;
  readonly #maxPrices: number | undefined;
  readonly #live = new LiveCoverage();
  readonly #ahead = new LeftOutAhead();
  #tick: Tick;
  #today: Day;
  #previous: Day;
  /** Exchange time as far as it was told. */
  #now: number;
  #tooOld = 0;
  #inFuture = 0;

  /** Throws a RangeError when `profileTickSize` is none. @param now - exchange time, ms */
  constructor(instrument: Instrument, now: number, options: DaysOptions) {
    const size = parseBinSize(options.profileTickSize);
    if (size === undefined) throw new RangeError(`not a tick size: ${options.profileTickSize}`);
    this.#instrument = { category: instrument.category, symbol: instrument.symbol };
    this.#maxPrices = options.maxPrices;
    this.#tick = { size, source: 'setting' };
    this.#now = now;
    this.#today = this.#dayAt(now);
    this.#previous = this.#dayAt(now - DAY_MS);
  }

  /** The exchange's tick size is known, or has changed. It holds for all trades of both days. False when it is no width. */
  setTickSize(text: string): boolean {
    const size = parseBinSize(text);
    if (size !== undefined) this.#tick = { size, source: 'exchange' };
    return size !== undefined;
  }

  /** Adds a trade, in whatever order they come. @param exchangeNow - the exchange's time as far as we know it */
  add(trade: ToldTrade, exchangeNow: number): DaysOutcome {
    const { timestamp, origin } = trade;
    if (timestamp > exchangeNow + FUTURE_MS) {
      this.#inFuture += 1;
      this.#leaveOut(timestamp);
      return 'in_future';
    }
    if (timestamp > this.#now) this.advance(timestamp);
    if (timestamp < this.#previous.state.start) {
      this.#tooOld += 1;
      return 'too_old';
    }
    if ((origin === undefined || origin === 'live') && this.#live.seen(timestamp)) this.#tellCoverage();
    return this.#stateAt(timestamp).add(trade, timestamp < this.#live.cut);
  }

  /** A gap of this instrument's trades, in whatever state. */
  gap(event: GapEvent): void {
    this.#live.gap(event);
    this.#tellCoverage();
  }

  /** Exchange time goes on. A new day begins with it; one that goes back changes nothing. */
  advance(exchangeNow: number): void {
    if (exchangeNow <= this.#now) return;
    this.#now = exchangeNow;
    if (exchangeNow < this.#today.state.end) return;
    const isNext = exchangeNow < this.#today.state.end + DAY_MS;
    this.#previous = isNext ? this.#today : this.#dayAt(exchangeNow - DAY_MS);
    this.#today = this.#dayAt(exchangeNow);
    this.#ahead.forgetBefore(this.#today.state.end);
    this.#live.forgetBefore(this.#previous.state.start);
    this.#tellCoverage();
  }

  /** Adds totals of stored trades to their day. Undefined when they were added, else why not. */
  join(part: StoredPart): JoinRefusal | undefined {
    const day = this.#dayOf(part.totals.date);
    return day === undefined ? 'other_day' : day.state.join(part, this.#live.cut, this.#now);
  }

  /** Adds klines of a day's minutes that are over. Answers how many were refused: all when the day, `2026-08-01`, is not kept. */
  joinKlines(date: string, klines: readonly MinuteKline[]): number {
    return this.#dayOf(date)?.state.joinKlines(klines, this.#now) ?? klines.length;
  }

  /**
   * From when on the feed is whole, ms: what was before is asked of history, up to it, exclusively. Undefined until the
   * first live trade.
   */
  get cut(): number | undefined {
    return Number.isFinite(this.#live.cut) ? this.#live.cut : undefined;
  }

  /** The numbers of today so far, and of the day before. */
  figures(): { readonly today: DayFigures; readonly previous: DayFigures } {
    return {
      today: this.#today.teller.tell(this.#now, this.#tick),
      previous: this.#previous.teller.tell(this.#now, this.#tick),
    };
  }

  /** What the levels of today are made of. */
  sums(): DaySums {
    return daySums(this.#today.state);
  }

  /** What is known of a day, as far as it has happened; undefined of one that is not kept. */
  known(date: string): KnownOfDay | undefined {
    const state = this.#dayOf(date)?.state;
    if (state === undefined) return undefined;
    const { start: from, end, byTrades, byKlines, joined, hasRefused } = state;
    const window = { from, to: Math.min(Math.max(this.#now, from), end) };
    return { window, byTrades, byKlines, joined, hasRefused };
  }

  /** The sums of trades of a day, without klines; undefined of a day that is not kept. */
  totals(date: string): DayTotals | undefined {
    return this.#dayOf(date)?.state.totals(this.#tick.size);
  }

  /** Trades that were left out: of a day before yesterday, or of a time that has not come. */
  get leftOut(): { readonly tooOld: number; readonly inFuture: number } {
    return { tooOld: this.#tooOld, inFuture: this.#inFuture };
  }

  #leaveOut(timestamp: number): void {
    if (timestamp >= this.#today.state.end) return this.#ahead.note(timestamp);
    const state = this.#stateAt(timestamp);
    if (timestamp >= state.start) state.leaveOut(leftOutAt(timestamp));
  }

  /** The day of a trade that is not older than yesterday, nor of tomorrow. */
  #stateAt(timestamp: number): DayState {
    const { state } = timestamp >= this.#today.state.start ? this.#today : this.#previous;
    return state;
  }

  #dayOf(date: string): Day | undefined {
    return [this.#today, this.#previous].find(({ state }) => state.start === dayStart(date));
  }

  #dayAt(timestamp: number): Day {
    const state = new DayState({ ...this.#instrument, date: utcDateOf(timestamp) }, this.#maxPrices);
    state.covered(this.#live.spans);
    const ahead = this.#ahead.of(state.start);
    if (ahead !== undefined) state.leaveOut(ahead);
    return { state, teller: new DayTeller(state) };
  }

  #tellCoverage(): void {
    this.#today.state.covered(this.#live.spans);
    this.#previous.state.covered(this.#live.spans);
  }
}
