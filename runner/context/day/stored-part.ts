/** Totals of stored trades, and whether they can be added to a day: nothing may be added twice, nor what contradicts itself. */
import type { DayTotals } from '../../../shared/day-totals.ts';
import { compareDecimals, type Decimal, parseDecimal, plus } from '../../../shared/exact/decimal.ts';
import { parseBinSize } from './bin-size.ts';
import { holds, isWithin, overlaps, type Span } from './spans.ts';
import type { DayOf, DayTrade } from './trade-sums.ts';

/** Totals, and the spans (ms, within the day) of which they hold every trade. */
export type StoredPart = { readonly totals: DayTotals; readonly spans: readonly Span[] };

/** Why totals were not added. Nothing has changed then. */
export const joinRefusals = [
  /** Another instrument or day. */
  'other_day',
  /** The totals contradict themselves or their spans. */
  'inconsistent',
  /** Stored trades of a part of these spans were added before. */
  'joined_before',
  /** A span reaches into what the live feed tells, or has not happened yet. */
  'after_cut',
] as const;
export type JoinRefusal = (typeof joinRefusals)[number];

type Before = {
  readonly of: DayOf;
  readonly day: Span;
  /** What stored trades cover already. */
  readonly joined: readonly Span[];
  /** From when on the live feed is whole; Infinity while there is none. */
  readonly cut: number;
  /** Exchange time: nobody has stored what comes after. */
  readonly now: number;
};

/** Undefined when the totals can be added. @param spans - ascending, not touching */
export function joinRefusalOf(
  totals: DayTotals,
  spans: readonly Span[],
  { of, day, joined, cut, now }: Before,
): JoinRefusal | undefined {
  if (totals.category !== of.category || totals.symbol !== of.symbol || totals.date !== of.date)
    return 'other_day';
  if (spans.some(({ from, to }) => !isWithin({ from, to }, [day])) || !isConsistent(totals, spans))
    return 'inconsistent';
  // The present millisecond may be over: nobody looks at clocks so closely.
  const isWhole = isWithin(day, spans);
  const until = Math.min(now + 1, isWhole ? Number.POSITIVE_INFINITY : cut);
  if (spans.some(({ to }) => to > until)) return 'after_cut';
  return overlaps(spans, joined) && !isWhole ? 'joined_before' : undefined;
}

function isConsistent(totals: DayTotals, spans: readonly Span[]): boolean {
  const buy = parseDecimal(totals.buy_volume);
  const sell = parseDecimal(totals.sell_volume);
  if (parseBinSize(totals.bin_size) === undefined || buy === undefined || sell === undefined) return false;
  if (!isSame(parseDecimal(totals.volume), plus(buy, sell))) return false;
  const ends = [totals.first, totals.last];
  if (totals.trades === 0) return isSame(plus(buy, sell), ZERO) && ends.every((end) => end === null);
  return ends.every((end) => end !== null && holds(spans, end.timestamp));
}

const ZERO: Decimal = { mantissa: 0n, decimals: 0 };

function isSame(a: Decimal | undefined, b: Decimal): boolean {
  return a !== undefined && compareDecimals(a, b) === 0;
}

/** No market has prices and quantities beyond these: their decimals would make every sum of the day slow. */
const PRICE_END = 1e15;
const QTY_END = 1e18;
const NUMBER_LEAST = 1e-18;

/** Are these numbers that a market can tell? */
export function isPossible({ price, qty }: Pick<DayTrade, 'price' | 'qty'>): boolean {
  return price >= NUMBER_LEAST && price < PRICE_END && qty >= NUMBER_LEAST && qty < QTY_END;
}
