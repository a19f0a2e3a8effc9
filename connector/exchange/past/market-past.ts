/**
 * The whole past of one market: made days before the exchange was born, lived ones after, in one story.
 *
 * Archive files are the trades of a day; candles are the sums of the same trades. The newest minutes come from the live
 * series (market/candles.ts), which keeps 25 hours; older lived ones are summed again from the log.
 */
import type { Candle, CandleSeries, Interval } from '../market/candles.ts';
import { merge, nextStart } from '../market/candles.ts';
import type { Instrument } from '../market/instruments.ts';
import { DAY_MINUTES, DAY_MS, dayOf, MINUTE_MS } from './day.ts';
import { DaySums } from './day-sums.ts';
import type { LivedLog } from './lived-log.ts';
import { MadeDay } from './made-day.ts';
import type { MadeTrade } from './newest-made.ts';
import { newestBefore } from './newest-made.ts';
import type { TradeRows } from './trade-rows.ts';

/** Days whose minutes are kept once they were summed; the ones asked for longest ago are summed again when needed. */
const SUMS_KEPT = 128;
/** Sums are handed back to the caller after so many minutes, so that a server can do other things. */
const MINUTES_A_STEP = 30;

/** Minutes of the birthday that are summed without the whole of it, and how many such sums are kept. */
const PIECE_MINUTES = 240;
const PIECES_KEPT = 2000;

/** The sums of days, of all markets together. */
export class SumsCache {
  private readonly sums = new Map<string, DaySums>();

  get(key: string): DaySums | undefined {
    const found = this.sums.get(key);
    if (found === undefined) return undefined;
    this.sums.delete(key);
    this.sums.set(key, found);
    return found;
  }

  keep(key: string, sums: DaySums): void {
    this.sums.set(key, sums);
    const oldest = this.sums.keys().next().value;
    if (this.sums.size > SUMS_KEPT && oldest !== undefined) this.sums.delete(oldest);
  }
}

/** How a market's past is made. Times are ms since 1970. */
export interface PastOptions {
  readonly seed: string;
  /** Made trades of a whole day; 0 is no past before the birth. */
  readonly tradesPerDay: number;
  /** First day of the market, if it has a past. */
  readonly launchedAt: number;
  readonly bornAt: number;
  /** The cross sequence at the birth; made trades have lower ones. */
  readonly seqAtBirth: number;
}

/** One market's trades and candles from its first day on. */
export class MarketPast {
  readonly options: PastOptions;
  readonly log: LivedLog;
  private readonly instrument: Instrument;
  private readonly live: CandleSeries;
  private readonly cache: SumsCache;
  private readonly name: string;
  private readonly totals = new Map<number, Candle>();
  private readonly pieces = new Map<string, Candle>();
  private lastMade: MadeDay | undefined;
  private newest: readonly MadeTrade[] | undefined;

  constructor(
    instrument: Instrument,
    options: PastOptions,
    parts: { readonly log: LivedLog; readonly live: CandleSeries; readonly cache: SumsCache },
  ) {
    this.instrument = instrument;
    this.options = options;
    this.log = parts.log;
    this.live = parts.live;
    this.cache = parts.cache;
    this.name = `${instrument.category} ${instrument.symbol}`;
  }

  /** The market's first day (its first ms). */
  get firstDay(): number {
    return dayOf(this.hasMadeDays ? this.options.launchedAt : this.options.bornAt);
  }

  /** Start of the oldest minute that has a candle. */
  get firstMinute(): number {
    const { bornAt } = this.options;
    return this.hasMadeDays ? this.firstDay : bornAt - (bornAt % MINUTE_MS);
  }

  private get hasMadeDays(): boolean {
    return this.options.tradesPerDay > 0 && this.options.launchedAt < this.options.bornAt;
  }

  /** All trades of a day in order; the rows are filled anew each time, and a generator that is left early leaves nothing behind. */
  *rows(day: number): Generator<TradeRows, void> {
    const made = this.made(day);
    if (made !== undefined) {
      const rows = made.room();
      for (let minute = 0; minute < made.minutes; minute += 1) {
        made.fill(minute, rows);
        if (rows.count > 0) yield rows;
      }
    }
    yield* this.log.rows(day);
  }

  /** The newest trades that were made before the birth, newest first; none of those after `until` (ms). */
  newestMade(limit: number, until: number): readonly MadeTrade[] {
    if (!this.hasMadeDays) return [];
    const { bornAt, seqAtBirth } = this.options;
    this.newest ??= newestBefore(this.instrument, { bornAt, seqAtBirth }, (day) => this.made(day));
    const from = this.newest.findIndex(({ at }) => at <= until);
    return from < 0 ? [] : this.newest.slice(from, from + limit);
  }

  /** Is a part of this day made up? */
  isMade(day: number): boolean {
    return this.hasMadeDays && day >= this.firstDay && day < this.options.bornAt;
  }

  /** The candle of an interval that begins at `start`, as far as it is known; undefined when nothing of it is. */
  candle(interval: Interval, start: number): Candle | undefined {
    return drain(this.candleSlowly(interval, start));
  }

  /** The same a little at a time: the days of a long candle may hold millions of trades that nobody has summed yet. */
  *candleSlowly(interval: Interval, start: number): Generator<void, Candle | undefined> {
    const end = Math.min(nextStart(interval, start), this.live.openStart + MINUTE_MS);
    const { bornAt } = this.options;
    const birth = bornAt - (bornAt % MINUTE_MS);
    const liveFrom = this.live.firstStart;
    const pieces: (Candle | undefined)[] = [];
    for (const [from, to, day] of daysBetween(start, Math.min(end, birth + MINUTE_MS)))
      if (this.isMade(day)) pieces.push(yield* this.madeSum(day, from, to));
    for (const [from, to, day] of daysBetween(Math.max(start, birth), Math.min(end, liveFrom))) {
      // The rest of a candle would be taken for the whole of it.
      if (this.log.isLost(day)) return undefined;
      pieces.push(this.livedSum(day, from, to));
    }
    if (end > liveFrom) pieces.push(this.live.candle(interval, start));
    return together(pieces, start);
  }

  private key(kind: 'made' | 'lived', day: number): string {
    return `${this.name} ${kind} ${day}`;
  }

  private made(day: number): MadeDay | undefined {
    if (!this.isMade(day)) return undefined;
    if (this.lastMade?.day === day) return this.lastMade;
    const { seed, tradesPerDay, bornAt } = this.options;
    this.lastMade = new MadeDay(this.instrument, seed, day, tradesPerDay, bornAt);
    return this.lastMade;
  }

  /** Whole days are kept as one candle each, so that a year of days is summed once. */
  private *madeSum(day: number, from: number, to: number): Generator<void, Candle | undefined> {
    const known = from === 0 && to === DAY_MINUTES ? this.totals.get(day) : undefined;
    if (known !== undefined) return { ...known };
    const isBirthday = day + DAY_MS > this.options.bornAt;
    if (isBirthday && to - from <= PIECE_MINUTES) return yield* this.madePiece(day, from, to);
    const sums = yield* this.madeSums(day);
    return sums.sum(from, to);
  }

  /**
   * Some minutes of the birthday without the rest of it: whoever subscribes to candles waits for no more than what the open one
   * needs. The same few are asked for again and again, every second.
   */
  private *madePiece(day: number, from: number, to: number): Generator<void, Candle | undefined> {
    const key = `${from} ${to}`;
    const known = this.pieces.get(key);
    if (known !== undefined) return { ...known };
    const made = this.made(day);
    const end = Math.min(to, made?.minutes ?? 0);
    if (made === undefined || end <= from) return undefined;
    const sums = new DaySums(this.instrument, day, made.openOf(from), from, end);
    const rows = made.room();
    for (let minute = from; minute < end; minute += 1) {
      made.fill(minute, rows);
      sums.add(rows);
      yield;
    }
    sums.closeUntil(end);
    const candle = sums.sum(from, end);
    if (this.pieces.size >= PIECES_KEPT) this.pieces.clear();
    if (candle !== undefined) this.pieces.set(key, { ...candle });
    return candle;
  }

  private *madeSums(day: number): Generator<void, DaySums> {
    const key = this.key('made', day);
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const sums = new DaySums(this.instrument, day, this.instrument.basePrice);
    const made = this.made(day);
    const rows = made?.room();
    const minutes = made?.minutes ?? 0;
    for (let minute = 0; made !== undefined && rows !== undefined && minute < minutes; minute += 1) {
      made.fill(minute, rows);
      sums.add(rows);
      if (minute % MINUTES_A_STEP === 0) yield;
    }
    sums.closeUntil(minutes);
    this.cache.keep(key, sums);
    const whole = sums.sum(0, DAY_MINUTES);
    if (whole !== undefined) this.totals.set(day, whole);
    return sums;
  }

  /** Minutes that the live series has forgotten. */
  private livedSum(day: number, from: number, to: number): Candle | undefined {
    const key = this.key('lived', day);
    const known = this.cache.get(key);
    if (known !== undefined) return known.sum(from, to);
    const sums = new DaySums(this.instrument, day, this.log.priceBefore(day));
    for (const rows of this.log.rows(day)) sums.add(rows);
    sums.closeUntil(DAY_MINUTES);
    if (day + DAY_MS <= this.live.openStart) this.cache.keep(key, sums);
    return sums.sum(from, to);
  }
}

/** Does work to its end. */
export function drain<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The days that a span of time touches, with the minutes of each: [first, end, day]. */
function daysBetween(from: number, to: number): readonly (readonly [number, number, number])[] {
  const days: (readonly [number, number, number])[] = [];
  for (let day = dayOf(from); day < to; day += DAY_MS) {
    const first = Math.max(0, Math.floor((from - day) / MINUTE_MS));
    const end = Math.min(DAY_MINUTES, Math.ceil((to - day) / MINUTE_MS));
    if (end > first) days.push([first, end, day]);
  }
  return days;
}

function together(pieces: readonly (Candle | undefined)[], start: number): Candle | undefined {
  let sum: Candle | undefined;
  for (const piece of pieces) {
    if (piece === undefined) continue;
    if (sum === undefined) sum = { ...piece, start };
    else merge(sum, piece);
  }
  return sum;
}
