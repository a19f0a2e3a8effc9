/**
 * One day of a market from before this exchange was born, made up: the same seed, market and date always give the same day.
 *
 * A day is planned by minutes (how many trades, and the price at each minute's end), and any minute of the plan is made
 * into trades by itself: nothing of a day is kept, and one minute costs one minute. Every day begins and ends at the
 * market's base price, where the live market begins too, so that days join each other, in whatever order they are made.
 * On the day of the birth the last half hour leads to the base price; only there the birth shows.
 *
 * A minute has no trade or at least two: the first at the price of the minute before, the last at the plan's. So the
 * candle that opens at the close before it holds no price at which nothing was traded.
 */
import type { Instrument } from '../market/instruments.ts';
import { hashText } from '../market/random.ts';
import { uuidsOf } from '../market/trade-ids.ts';
import { DAY_MINUTES, DAY_MS, dateOf, MINUTE_MS } from './day.ts';
import { TradeRows } from './trade-rows.ts';

/** Tenths of a millisecond. */
const TICKS_A_MS = 10;
const MINUTE_TENTHS = MINUTE_MS * TICKS_A_MS;
/** The path stays within this share of the base price; the live market's own band is wider. */
const PATH_MOST = 0.03;
/** Typical step of the path in a minute, as a share of the price; over a day that makes some 1 to 3 %. */
const STEP = 0.0006;
/** Minutes before the birth that lead to the base price. */
const BEND_MINUTES = 30;
/** Trades scatter around the path by this share of the price, and by two ticks at least. */
const SCATTER = 0.00002;
const WORD = 0x1_0000_0000;

/** A day before its trades are made. */
export class MadeDay {
  readonly day: number;
  /** Room that the rows of any minute need. */
  readonly mostInAMinute: number;
  private readonly instrument: Instrument;
  private readonly words: readonly [number, number, number, number];
  private readonly bornAt: number;
  /** Number of each minute's first trade, and of the day's end. */
  private readonly firstOf = new Uint32Array(DAY_MINUTES + 1);
  /** The price at each minute's end, ticks. */
  private readonly closes = new Float64Array(DAY_MINUTES);

  /** `trades` is the number for a whole day, at least 4; made is what lies before `bornAt` (ms since 1970). */
  constructor(instrument: Instrument, seed: string, day: number, trades: number, bornAt: number) {
    const { category, symbol } = instrument;
    this.instrument = instrument;
    this.day = day;
    this.bornAt = bornAt;
    this.words = hashText(`${seed}/${category}/${symbol}/past/${dateOf(day)}`);
    this.mostInAMinute = this.planCounts(trades);
    this.planCloses();
  }

  /** Minutes of the day that have made trades: all, or those until the birth, whose own minute may have some. */
  get minutes(): number {
    return Math.min(DAY_MINUTES, Math.max(0, Math.ceil((this.bornAt - this.day) / MINUTE_MS)));
  }

  /** Rows that `fill` can fill. */
  room(): TradeRows {
    const { category } = this.instrument;
    const idOf = category === 'spot' ? String : uuidsOf(this.words);
    return new TradeRows(this.mostInAMinute, (number) => idOf(number + 1));
  }

  /** The price at which a minute begins, ticks. */
  openOf(minute: number): number {
    return minute === 0 ? this.instrument.basePrice : (this.closes[minute - 1] ?? 0);
  }

  /** Makes the trades of a minute (0 to 1439). */
  fill(minute: number, rows: TradeRows): void {
    const { instrument, words } = this;
    const first = this.firstOf[minute] ?? 0;
    const count = (this.firstOf[minute + 1] ?? 0) - first;
    const start = (this.day + minute * MINUTE_MS) * TICKS_A_MS;
    const end = this.bornAt * TICKS_A_MS;
    const open = this.openOf(minute);
    const slope = count < 2 ? 0 : ((this.closes[minute] ?? 0) - open) / (count - 1);
    const scatter = Math.max(2, instrument.basePrice * SCATTER) / 65_536;
    const mayBeRpi = instrument.category !== 'inverse';
    const base = mix((words[1] ^ Math.imul(minute + 1, 0x9e3779b1)) | 0);
    let at = start;
    let isSell = 0;
    let made = 0;
    for (let index = 0; index < count; index += 1) {
      const dice = mix(base + Math.imul(index, 3));
      const noise = mix(base + Math.imul(index, 3) + 1);
      // One in four belongs to the match before: the same moment, the same taker.
      if (index === 0 || (dice & 3) !== 0) {
        at = start + Math.floor(((index + (dice >>> 8) / 0x100_0000) * MINUTE_TENTHS) / count);
        isSell = (dice >>> 2) & 1;
      }
      if (at >= end) break;
      const away = index === 0 || index === count - 1 ? 0 : ((noise >>> 16) - (noise & 0xffff)) * scatter;
      rows.at[index] = at;
      rows.price[index] = Math.max(1, Math.round(open + slope * index + away));
      rows.size[index] = sizeOf(mix(base + Math.imul(index, 3) + 2), instrument.typicalSize);
      rows.isSell[index] = isSell;
      rows.isRpi[index] = mayBeRpi && ((dice >>> 3) & 31) === 0 ? 1 : 0;
      made += 1;
    }
    rows.first = first;
    rows.count = made;
    rows.before = minute === 0 ? { price: instrument.basePrice, direction: 'ZeroPlusTick' } : undefined;
  }

  /** Busy and calm minutes, in pairs of trades; the first and the last minute always have some. */
  private planCounts(trades: number): number {
    const weights = new Float64Array(DAY_MINUTES);
    let whole = 0;
    for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
      const dice = mix((this.words[2] + minute) | 0) / WORD;
      // Europe's and America's afternoon is busier than the night.
      const hour = minute / 60;
      const profile = hour >= 13 && hour < 17 ? 1.8 : hour >= 7 && hour < 21 ? 1 : 0.6;
      whole += profile * (0.25 + 2.25 * dice * dice);
      weights[minute] = whole;
    }
    const spread = Math.floor(trades / 2) - 2;
    let most = 0;
    for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
      const pairs = 1 + Math.floor((spread * (weights[minute] ?? 0)) / whole);
      this.firstOf[minute + 1] = minute === DAY_MINUTES - 1 ? trades : pairs * 2;
      most = Math.max(most, (this.firstOf[minute + 1] ?? 0) - (this.firstOf[minute] ?? 0));
    }
    return most;
  }

  /** A random walk that is bent so that it ends where it began. */
  private planCloses(): void {
    const { basePrice } = this.instrument;
    const walk = new Float64Array(DAY_MINUTES + 1);
    const liveliness = 0.5 + (this.words[3] / WORD) * 1.5;
    for (let minute = 1; minute <= DAY_MINUTES; minute += 1) {
      const dice = mix((this.words[0] + minute) | 0);
      const step = ((dice & 0xffff) + (dice >>> 16)) / 65_536 - 1;
      walk[minute] = (walk[minute - 1] ?? 0) + step * STEP * liveliness;
    }
    const end = walk[DAY_MINUTES] ?? 0;
    let farthest = 0;
    for (let minute = 0; minute <= DAY_MINUTES; minute += 1) {
      const bent = (walk[minute] ?? 0) - (end * minute) / DAY_MINUTES;
      walk[minute] = bent;
      farthest = Math.max(farthest, Math.abs(bent));
    }
    const scale = farthest > PATH_MOST ? PATH_MOST / farthest : 1;
    for (let minute = 0; minute <= DAY_MINUTES; minute += 1) walk[minute] = (walk[minute] ?? 0) * scale;
    this.bendToBirth(walk);
    let close = basePrice;
    for (let minute = 0; minute < DAY_MINUTES; minute += 1) {
      const isTraded = (this.firstOf[minute + 1] ?? 0) > (this.firstOf[minute] ?? 0);
      if (isTraded) close = Math.max(1, Math.round(basePrice * (1 + (walk[minute + 1] ?? 0))));
      this.closes[minute] = close;
    }
  }

  /** From the minute of the birth on the path is the base price. */
  private bendToBirth(walk: Float64Array): void {
    if (this.bornAt >= this.day + DAY_MS) return;
    const birth = Math.max(0, Math.floor((this.bornAt - this.day) / MINUTE_MS));
    const length = Math.min(BEND_MINUTES, birth);
    const away = walk[birth] ?? 0;
    for (let step = 1; step <= length; step += 1) {
      const minute = birth - length + step;
      walk[minute] = (walk[minute] ?? 0) - (away * step) / length;
    }
    walk.fill(0, birth);
  }
}

/** Many small sizes, few large ones: one lot to some forty typical sizes. */
function sizeOf(dice: number, typical: number): number {
  const share = dice / WORD;
  return 1 + Math.floor((typical * 0.4 * share * share) / (1.01 - share));
}

/** Scatters 32 bits one to one: stateless dice, so that any trade can be made without those before it. */
function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
