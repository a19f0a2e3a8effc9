/**
 * Candles of one market, summed exactly from its executions since the start.
 *
 * Only minutes are kept; every longer candle is a sum of minutes, so that thirteen intervals cost what one does, and a
 * market that nobody asks pays a few additions an execution. Prices are ticks, volumes lots. A candle opens at the close
 * of the one before (a new bar of Bybit's has a price before its first trade), also when that lies outside its trades.
 */
import type { Execution } from './market.ts';

/** Bybit's names of the intervals: minutes, or D, W, M (bybit-v5.md 3.5). */
export const INTERVALS = [
  '1',
  '3',
  '5',
  '15',
  '30',
  '60',
  '120',
  '240',
  '360',
  '720',
  'D',
  'W',
  'M',
] as const;

/** One of Bybit's intervals. */
export type Interval = (typeof INTERVALS)[number];

/** One candle: times in ms, prices in ticks, `volume` in lots; the turnover is `turnoverHigh` x 10^12 + `turnoverLow` units. */
export interface Candle {
  readonly start: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  turnoverHigh: number;
  turnoverLow: number;
  /** Time of the last execution inside; the start when there was none. */
  lastAt: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The first Monday after 1970 began. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** Beyond 2^53 a sum would be rounded, so turnover is kept in two parts. */
const PART = 1_000_000_000_000;
/** Minutes kept of each market; older candles are forgotten (25 hours). */
const MINUTES_KEPT = 1500;

/** Is this one of Bybit's interval names? */
export function isInterval(text: string): text is Interval {
  return INTERVALS.some((interval) => interval === text);
}

/** When the candle that contains `at` (ms) began: UTC, weeks on Monday. */
export function intervalStart(interval: Interval, at: number): number {
  switch (interval) {
    case 'D':
      return at - (at % DAY_MS);
    case 'W':
      return at - ((at - FIRST_MONDAY_MS) % (7 * DAY_MS));
    case 'M': {
      const date = new Date(at);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    }
    default:
      return at - (at % (Number(interval) * MINUTE_MS));
  }
}

/** When the candle after the one that began at `start` begins. */
export function nextStart(interval: Interval, start: number): number {
  switch (interval) {
    case 'D':
      return start + DAY_MS;
    case 'W':
      return start + 7 * DAY_MS;
    case 'M': {
      const date = new Date(start);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    }
    default:
      return start + Number(interval) * MINUTE_MS;
  }
}

/** The turnover of a candle in whole units. */
export function turnoverUnits(candle: Pick<Candle, 'turnoverHigh' | 'turnoverLow'>): bigint {
  return BigInt(candle.turnoverHigh) * BigInt(PART) + BigInt(candle.turnoverLow);
}

/** The minutes of one market, without holes. */
export class CandleSeries {
  private minutes: Candle[];
  private open: Candle;

  constructor(price: number, now: number) {
    this.open = opening(intervalStart('1', now), price);
    this.minutes = [this.open];
  }

  /** Counts an execution whose turnover is `turnover` units (below 10^15). */
  add({ at, price, size }: Execution, turnover: number): void {
    if (at >= this.open.start + MINUTE_MS) this.roll(at);
    const candle = this.open;
    if (price > candle.high) candle.high = price;
    if (price < candle.low) candle.low = price;
    candle.close = price;
    candle.volume += size;
    candle.lastAt = at;
    addTurnover(candle, turnover);
  }

  /** Opens the minutes up to `now`; those without trades are flat. Never goes back. */
  roll(now: number): void {
    const start = intervalStart('1', now);
    if (start <= this.open.start) return;
    const { close } = this.open;
    if (start - this.open.start > MINUTES_KEPT * MINUTE_MS) this.minutes = [];
    const first = this.minutes.length === 0 ? start : this.open.start + MINUTE_MS;
    for (let minute = first; minute <= start; minute += MINUTE_MS) {
      this.open = opening(minute, close);
      this.minutes.push(this.open);
    }
    if (this.minutes.length > 2 * MINUTES_KEPT) this.minutes = this.minutes.slice(-MINUTES_KEPT);
  }

  /** Start of the oldest minute that is known. */
  get firstStart(): number {
    return this.minutes[0]?.start ?? this.open.start;
  }

  /** Start of the minute that is open. */
  get openStart(): number {
    return this.open.start;
  }

  /** The candle of an interval that begins at `start`, as far as it is known; undefined when nothing of it is. */
  candle(interval: Interval, start: number): Candle | undefined {
    const end = nextStart(interval, start);
    const from = Math.max(0, (start - this.firstStart) / MINUTE_MS);
    const to = Math.min(this.minutes.length, (end - this.firstStart) / MINUTE_MS);
    const first = this.minutes[from];
    if (first === undefined || to <= from) return undefined;
    const sum: Candle = { ...first, start };
    for (let index = from + 1; index < to; index += 1) {
      const minute = this.minutes[index];
      if (minute !== undefined) merge(sum, minute);
    }
    return sum;
  }

  /** The price a time ago, ms: the open of that minute, or of the oldest known. */
  priceAt(at: number): number {
    const index = Math.floor((at - this.firstStart) / MINUTE_MS);
    return (this.minutes[Math.max(0, index)] ?? this.open).open;
  }
}

/** Adds units to a turnover of two parts. */
export function addTurnover(sum: Pick<Candle, 'turnoverHigh' | 'turnoverLow'>, units: number): void {
  sum.turnoverLow += units;
  if (sum.turnoverLow < PART) return;
  sum.turnoverHigh += Math.floor(sum.turnoverLow / PART);
  sum.turnoverLow %= PART;
}

/** A candle at its first moment, before any trade (bybit-payload-traps.md 24). */
export function opening(start: number, price: number): Candle {
  return {
    start,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 0,
    turnoverHigh: 0,
    turnoverLow: 0,
    lastAt: start,
  };
}

/** Adds a candle to the one before it. */
export function merge(sum: Candle, next: Candle): void {
  if (next.high > sum.high) sum.high = next.high;
  if (next.low < sum.low) sum.low = next.low;
  sum.close = next.close;
  sum.volume += next.volume;
  sum.turnoverHigh += next.turnoverHigh;
  addTurnover(sum, next.turnoverLow);
  if (next.volume > 0) sum.lastAt = next.lastAt;
}
