/**
 * The sums of trades of one UTC day, as they pass from whoever added up stored trades to whoever adds live ones.
 *
 * Sums are exact decimals as texts, since they are added to others and must agree to the last digit in whatever order and
 * parts the trades came. Two totals of the same day, bin size and instrument that share no trade add up to a third.
 */
import { z } from 'zod';
import { type Category, categories } from './market.ts';

/** Length of a UTC day. There are no leap seconds in Unix time. */
export const DAY_MS = 86_400_000;
/** The first session of a day (london) begins at 08:00 UTC; what is before is the pre-market. */
export const FIRST_SESSION_MS = 8 * 3_600_000;
/** The opening range ends, exclusively, at 08:10:00 UTC. It begins with the first session. */
export const OPENING_RANGE_END_MS = FIRST_SESSION_MS + 600_000;

/** The most characters of a sum: sums of squares of the smallest and largest prices there could be fit. */
const SUM_LENGTH_MAX = 400;
/** A decimal in its one canonical form, so that equal sums are equal texts. */
const canonicalSum = /^(0|[1-9]\d*)(\.\d*[1-9])?$/;

const sum = z.string().refine(isSum, 'must be a decimal without sign, exponent, leading or trailing zeros');
const price = z.number().positive();
/** A UTC day that there is: 2026-02-30 is none. */
const date = z.string().refine(isUtcDate, 'must be a UTC day such as 2026-08-01');
const place = z.object({
  /** ms, exchange time. */
  timestamp: z.int().nonnegative(),
  price,
  id: z.string().min(1).max(64),
});

/**
 * The trade at one end of a span. Of several of one millisecond the one whose id is the smallest (first) or largest (last)
 * text: parts are added in any order, and their answer must not depend on it.
 */
export type TotalsPlace = { readonly timestamp: number; readonly price: number; readonly id: string };

/** The order of the ends of spans: by time, then by id as text (its UTF-16 units), whoever was added first. */
export function isPlaceBefore(
  a: Pick<TotalsPlace, 'timestamp' | 'id'>,
  b: Pick<TotalsPlace, 'timestamp' | 'id'>,
): boolean {
  return a.timestamp === b.timestamp ? a.id < b.id : a.timestamp < b.timestamp;
}

/** Volume by taker's side of the prices from `index * bin_size` up to, but not including, the next bin. */
export type TotalsBin = readonly [index: number, buy: string, sell: string];

/** Sums over the trades of a span of one UTC day, that can be added to those of another span of that day. */
export type DayTotals = {
  readonly category: Category;
  readonly symbol: string;
  /** The UTC day, for example 2026-08-01. */
  readonly date: string;
  /** Width of a bin: the tick size as text. A trade is in bin floor(price / bin_size), computed exactly. */
  readonly bin_size: string;
  readonly trades: number;
  /** Sum of qty: base coin (linear, spot) or USD (inverse). */
  readonly volume: string;
  /** Sum of price * qty: quote coin (linear, spot). Of inverse contracts, whose qty is USD, USD squared a coin: a weight, no money. */
  readonly notional: string;
  /** Sum of price * price * qty: divided by `notional` it is the VWAP weighted by notional (vwap_mode=quote). */
  readonly squares: string;
  /** Volume by the taker's side; together `volume`. */
  readonly buy_volume: string;
  readonly sell_volume: string;
  /** Of these, what traded before 08:00 UTC, the first session. */
  readonly pre_market_buy_volume: string;
  readonly pre_market_sell_volume: string;
  /** Null while nothing traded. */
  readonly high: number | null;
  readonly low: number | null;
  /** Of trades with 08:00:00.000 <= t < 08:10:00.000 UTC. */
  readonly opening_high: number | null;
  readonly opening_low: number | null;
  readonly first: TotalsPlace | null;
  readonly last: TotalsPlace | null;
  /** Ascending by index; a bin without volume is left out. */
  readonly bins: readonly TotalsBin[];
};

/** A list of bins. Checked by a loop, since a day of a busy instrument has 50,000 of them. */
const bins = z.custom<readonly TotalsBin[]>(
  isBins,
  'must be a list of [index, buy volume, sell volume], ascending by index, volumes as canonical decimals',
);

/** Reads totals from outside; checks shapes and what can be checked without adding up. */
export const dayTotalsSchema = z.object({
  category: z.enum(categories),
  symbol: z.string().min(1).max(40),
  date,
  bin_size: sum.refine((text) => text !== '0', 'must be positive'),
  trades: z.int().nonnegative(),
  volume: sum,
  notional: sum,
  squares: sum,
  buy_volume: sum,
  sell_volume: sum,
  pre_market_buy_volume: sum,
  pre_market_sell_volume: sum,
  high: price.nullable(),
  low: price.nullable(),
  opening_high: price.nullable(),
  opening_low: price.nullable(),
  first: place.nullable(),
  last: place.nullable(),
  bins,
}) satisfies z.ZodType<DayTotals>;

/** The totals of no trades: what is added to them is the sum. */
export function emptyDayTotals(of: Pick<DayTotals, 'category' | 'symbol' | 'date' | 'bin_size'>): DayTotals {
  return {
    category: of.category,
    symbol: of.symbol,
    date: of.date,
    bin_size: of.bin_size,
    trades: 0,
    volume: '0',
    notional: '0',
    squares: '0',
    buy_volume: '0',
    sell_volume: '0',
    pre_market_buy_volume: '0',
    pre_market_sell_volume: '0',
    high: null,
    low: null,
    opening_high: null,
    opening_low: null,
    first: null,
    last: null,
    bins: [],
  };
}

/** First millisecond of a UTC day, for example of 2026-08-01. NaN of what is no day. */
export function dayStart(utcDate: string): number {
  return isUtcDate(utcDate) ? Date.parse(`${utcDate}T00:00:00.000Z`) : Number.NaN;
}

/** The UTC day of a moment (ms), as 2026-08-01. */
export function utcDateOf(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 10);
}

function isUtcDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(at) && utcDateOf(at) === text;
}

function isSum(value: unknown): boolean {
  return typeof value === 'string' && value.length <= SUM_LENGTH_MAX && canonicalSum.test(value);
}

function isBins(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  let before = -1;
  for (const bin of value as readonly unknown[]) {
    if (!Array.isArray(bin) || bin.length !== 3) return false;
    const index: unknown = bin[0];
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index <= before) return false;
    if (!isSum(bin[1]) || !isSum(bin[2])) return false;
    before = index;
  }
  return true;
}
