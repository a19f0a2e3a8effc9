/**
 * One-minute klines in the place of trades that nobody has.
 *
 * Of linear and spot, `turnover` is the sum of price * qty: VWAP, high and low are exact from it. Of inverse contracts
 * `volume` is USD and `turnover` base coin, the sum of qty / price: the sum of price * qty is not told, and is taken to be
 * volume * (volume / turnover), as if the minute had traded at its mean price. That is near, but approximate. So is the sum
 * of squares everywhere, and the profile, for which a minute's volume is spread evenly over its range.
 *
 * A kline is the whole minute. Where trades of it were seen, it stands in for the rest: volume and turnover less those of
 * the trades; its high and low may be used whole, since the same trade twice changes neither.
 */
import {
  compareDecimals,
  type Decimal,
  minus,
  parseDecimal,
  shortestDecimal,
  times,
} from '../../../shared/exact/decimal.ts';
import { ExactSum } from '../../../shared/exact/exact-sum.ts';
import { decimalNumber, roundedQuotient } from '../../../shared/exact/quotient.ts';
import type { Category } from '../../../shared/market.ts';
import type { MinuteSums } from './minute-sums.ts';
import type { VolumeRange } from './profile.ts';
import { isPossiblePrice } from './trade-sums.ts';

export const MINUTE_MS = 60_000;
/** The opening range is the minutes from 08:00 to 08:09. */
const OPENING_FIRST = 480;
const OPENING_LAST = 489;

/** A closed kline of one minute. Texts, where the exchange's digits are more than a double has, are taken as they are. */
export type MinuteKline = {
  /** ms, a whole minute. */
  readonly start: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base coin (linear, spot) or USD (inverse). */
  readonly volume: number | string;
  /** Quote coin (linear, spot) or base coin (inverse). */
  readonly turnover: number | string;
};

/** What the klines add to the sums of the trades. */
export type StandIn = {
  readonly volume: Decimal;
  readonly notional: Decimal;
  readonly squares: Decimal;
  readonly high: number | null;
  readonly low: number | null;
  readonly openingHigh: number | null;
  readonly openingLow: number | null;
  readonly ranges: readonly VolumeRange[];
  /** Is `notional` exact? */
  readonly isNotionalExact: boolean;
  /** Minutes whose kline cannot hold the trades that were seen: less volume, or a mean price outside of its range. */
  readonly disagreeing: number;
};

/** Can it be a kline of a whole minute? */
export function isMinuteKline({ start, high, low, volume, turnover }: MinuteKline): boolean {
  const volumeOf = amount(volume);
  const turnoverOf = amount(turnover);
  return (
    Number.isSafeInteger(start) &&
    start % MINUTE_MS === 0 &&
    isPossiblePrice(low) &&
    isPossiblePrice(high) &&
    high >= low &&
    volumeOf !== undefined &&
    turnoverOf !== undefined &&
    volumeOf.mantissa > 0n === turnoverOf.mantissa > 0n
  );
}

function amount(value: number | string): Decimal | undefined {
  if (typeof value === 'string') {
    const decimal = parseDecimal(value);
    return decimal === undefined || decimal.mantissa < 0n ? undefined : decimal;
  }
  return Number.isFinite(value) && value >= 0 ? shortestDecimal(value) : undefined;
}

/** @param klines - by minute of the day, of minutes not wholly covered by trades; @param seen - trades that were */
export function standIn(
  klines: Iterable<readonly [minute: number, kline: MinuteKline]>,
  seen: MinuteSums,
  category: Category,
): StandIn {
  const sums = { volume: new ExactSum(), notional: new ExactSum(), squares: new ExactSum() };
  const ranges: VolumeRange[] = [];
  let day: Range | null = null;
  let opening: Range | null = null;
  let disagreeing = 0;
  let isNotionalExact = true;
  for (const [minute, kline] of klines) {
    // A minute without trades repeats the price before it, which may be of yesterday.
    if (amount(kline.volume)?.mantissa === 0n) continue;
    day = widened(day, kline);
    if (minute >= OPENING_FIRST && minute <= OPENING_LAST) opening = widened(opening, kline);
    const rest = restOf(kline, seen.volume(minute), seen.notional(minute), category);
    if (rest.isOdd) disagreeing += 1;
    if (!rest.isExact) isNotionalExact = false;
    if (rest.volume.mantissa <= 0n) continue;
    sums.volume.addDecimal(rest.volume);
    sums.notional.addDecimal(rest.notional);
    sums.squares.addDecimal(times(rest.notional, meanOf(rest.notional, rest.volume)));
    ranges.push({ low: kline.low, high: kline.high, volume: decimalNumber(rest.volume) });
  }
  return {
    volume: sums.volume.decimal(),
    notional: sums.notional.decimal(),
    squares: sums.squares.decimal(),
    high: day?.high ?? null,
    low: day?.low ?? null,
    openingHigh: opening?.high ?? null,
    openingLow: opening?.low ?? null,
    ranges,
    isNotionalExact: isNotionalExact && disagreeing === 0,
    disagreeing,
  };
}

type Range = { readonly high: number; readonly low: number };
type Rest = {
  readonly volume: Decimal;
  readonly notional: Decimal;
  /** The kline and the trades contradict each other. */
  readonly isOdd: boolean;
  readonly isExact: boolean;
};

const ZERO: Decimal = { mantissa: 0n, decimals: 0 };

/** What traded in the minute beside the trades that were seen. */
function restOf(kline: MinuteKline, seenVolume: Decimal, seenNotional: Decimal, category: Category): Rest {
  const whole = amount(kline.volume) ?? ZERO;
  const turnover = amount(kline.turnover) ?? ZERO;
  const volume = minus(whole, seenVolume);
  if (volume.mantissa <= 0n)
    return { volume: ZERO, notional: ZERO, isOdd: volume.mantissa < 0n, isExact: true };
  if (category === 'inverse') {
    const notional = times(volume, meanOf(whole, turnover));
    return { volume, notional, isOdd: false, isExact: false };
  }
  const notional = minus(turnover, seenNotional);
  const mean = meanOf(notional, volume);
  const low = shortestDecimal(kline.low);
  const high = shortestDecimal(kline.high);
  // Rounded to twelve digits, as turnovers that came as doubles are: the range is widened by that much.
  if (isClearlyLess(mean, low)) return { volume, notional: times(volume, low), isOdd: true, isExact: false };
  if (isClearlyLess(high, mean))
    return { volume, notional: times(volume, high), isOdd: true, isExact: false };
  return { volume, notional, isOdd: false, isExact: true };
}

/** By more than one part in 10^9. */
function isClearlyLess(a: Decimal, b: Decimal): boolean {
  const slightlyMore = times(a, { mantissa: 1_000_000_001n, decimals: 9 });
  return compareDecimals(a.mantissa > 0n ? slightlyMore : a, b) < 0;
}

function meanOf(sum: Decimal, weight: Decimal): Decimal {
  return roundedQuotient(sum, weight) ?? ZERO;
}

function widened(range: Range | null, { high, low }: MinuteKline): Range {
  if (range === null) return { high, low };
  return { high: Math.max(range.high, high), low: Math.min(range.low, low) };
}
