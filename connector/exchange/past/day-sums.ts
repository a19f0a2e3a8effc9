/**
 * The minutes of one day, summed exactly: what candles of the past are put together from.
 */
import type { Candle } from '../market/candles.ts';
import { addTurnover, merge, opening } from '../market/candles.ts';
import type { Instrument } from '../market/instruments.ts';
import { turnoverOf } from '../market/statistics.ts';
import { DAY_MINUTES, MINUTE_MS } from './day.ts';
import type { TradeRows } from './trade-rows.ts';

/** Numbers that are kept of a minute: open, high, low, close, volume, turnover in two parts, time of the last trade. */
const FIELDS = 8;
const TENTHS = 10;

/** Sums of the minutes of a day, or of some in a row; rows come in order. */
export class DaySums {
  /** The first minute that is not summed yet. */
  minutes: number;
  private readonly first: number;
  private readonly day: number;
  private readonly instrument: Instrument;
  private readonly values: Float64Array;
  private open: Candle;
  private whole: Candle | undefined;

  /** `price` (ticks) is what the minute `first` opens at; there is room for those before `end`. */
  constructor(instrument: Instrument, day: number, price: number, first = 0, end = DAY_MINUTES) {
    this.day = day;
    this.instrument = instrument;
    this.first = first;
    this.minutes = first;
    this.values = new Float64Array((end - first) * FIELDS);
    this.open = opening(day + first * MINUTE_MS, price);
  }

  /** Counts trades; those of a minute that is over are refused. */
  add(rows: TradeRows): void {
    for (let index = 0; index < rows.count; index += 1) {
      const at = Math.floor((rows.at[index] ?? 0) / TENTHS);
      if (at >= this.open.start + MINUTE_MS) this.closeUntil(Math.floor((at - this.day) / MINUTE_MS));
      const price = rows.price[index] ?? 0;
      const size = rows.size[index] ?? 0;
      const candle = this.open;
      if (price > candle.high) candle.high = price;
      if (price < candle.low) candle.low = price;
      candle.close = price;
      candle.volume += size;
      candle.lastAt = at;
      addTurnover(candle, turnoverOf(this.instrument, price, size));
    }
  }

  /** Ends the minutes before `minute` (1440 ends the day); those without trades are flat. */
  closeUntil(minute: number): void {
    while (this.minutes < minute) {
      const { open, high, low, close, volume, turnoverHigh, turnoverLow, lastAt } = this.open;
      this.values.set(
        [open, high, low, close, volume, turnoverHigh, turnoverLow, lastAt],
        (this.minutes - this.first) * FIELDS,
      );
      this.minutes += 1;
      this.open = opening(this.day + this.minutes * MINUTE_MS, close);
    }
  }

  /** The sum of the minutes `from` to `to` (without it), as a candle that began with the first; undefined when none is known. */
  sum(from: number, to: number): Candle | undefined {
    if (from === 0 && to >= this.minutes) {
      this.whole ??= this.sumOf(0, this.minutes);
      return this.whole === undefined ? undefined : { ...this.whole };
    }
    return this.sumOf(from, Math.min(to, this.minutes));
  }

  private sumOf(from: number, to: number): Candle | undefined {
    if (from >= to) return undefined;
    const sum = this.minute(from);
    for (let minute = from + 1; minute < to; minute += 1) merge(sum, this.minute(minute));
    return sum;
  }

  private minute(minute: number): Candle {
    const value = (field: number): number => this.values[(minute - this.first) * FIELDS + field] ?? 0;
    return {
      start: this.day + minute * MINUTE_MS,
      open: value(0),
      high: value(1),
      low: value(2),
      close: value(3),
      volume: value(4),
      turnoverHigh: value(5),
      turnoverLow: value(6),
      lastAt: value(7),
    };
  }
}
