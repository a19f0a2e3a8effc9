/** Totals of stored trades, and whether they can be added to a day: nothing may be added twice, nor what contradicts itself. */
import type { DayTotals } from '../../../shared/day-totals.ts';
import { compareDecimals, type Decimal, parseDecimal, plus } from '../../../shared/exact/decimal.ts';
import { holds, isWithin, overlaps, type Span } from '../../../shared/spans.ts';
import { parseBinSize } from './bin-size.ts';
import { MINUTE_MS } from './stand-in.ts';
import type { DayOf } from './trade-sums.ts';

/** Of the stored trades of one minute that a span begins or ends in. */
export type EdgeMinute = {
  /** ms, a whole minute. */
  readonly start: number;
  /** Sums of qty, and of price * qty, as in the totals. */
  readonly volume: string;
  readonly notional: string;
};

export type StoredPart = {
  readonly totals: DayTotals;
  /** The spans (ms, within the day) of which the totals hold every trade. */
  readonly spans: readonly Span[];
  /**
   * The minutes that a span covers only a part of: so a kline can stand in for the rest. A minute of that kind that is
   * not here has no use for its kline, since nobody knows what is left of it.
   */
  readonly edges?: readonly EdgeMinute[];
};

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

/** Starts of the minutes that spans cover in part. */
export function partlyCovered(spans: readonly Span[]): readonly number[] {
  return spans
    .flatMap(({ from, to }) => [from, to])
    .filter((at) => at % MINUTE_MS !== 0)
    .map((at) => at - (at % MINUTE_MS));
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
