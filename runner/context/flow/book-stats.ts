/**
 * What the levels of a book say: spread, middle, and which side has more.
 *
 * Only of a valid book. Of one that is not, everything is null, since its last levels are those of another moment.
 */
import { type Decimal, minus, plus, shortestDecimal, times } from '../../../shared/exact/decimal.ts';
import { ExactSum } from '../../../shared/exact/exact-sum.ts';
import { decimalNumber, quotientNumber } from '../../../shared/exact/quotient.ts';
import type { Category, Level } from '../../../shared/market.ts';
import type { BookView } from '../book-view.ts';

export type BookStats = {
  readonly symbol: string;
  readonly category: Category;
  readonly valid: boolean;
  /** Why it is not valid. */
  readonly reason: string | null;
  /** Matching engine time of the book, ms; null before the first. */
  readonly time: number | null;
  readonly best_bid: number | null;
  readonly best_ask: number | null;
  /** Best ask less best bid, in units of the price; null when a side is empty. */
  readonly spread: number | null;
  /** The same in hundredths of a percent of the middle, rounded to 12 digits. */
  readonly spread_bps: number | null;
  readonly mid: number | null;
  /** Levels a side that were asked for. */
  readonly levels: number;
  /** Quantity of so many of the best levels, or of all there are. */
  readonly bid_qty: number | null;
  readonly ask_qty: number | null;
  /** (bid_qty - ask_qty) / (bid_qty + ask_qty): 1 all bids, -1 all asks; null when both sides are empty. Rounded to 12 digits. */
  readonly imbalance: number | null;
};

/** Hundredths of a percent in one. */
const BPS: Decimal = { mantissa: 10_000n, decimals: 0 };
const HALF: Decimal = { mantissa: 5n, decimals: 1 };

const UNKNOWN = {
  best_bid: null,
  best_ask: null,
  spread: null,
  spread_bps: null,
  mid: null,
  bid_qty: null,
  ask_qty: null,
  imbalance: null,
} as const;

/** `book`: with at least `levels` levels a side, as far as it has them. */
export function bookStats(book: BookView, levels: number): BookStats {
  const { symbol, category, valid, reason, time } = book;
  const head = { symbol, category, valid, reason, time, levels };
  if (!valid) return { ...head, ...UNKNOWN };
  const bid = book.bids[0]?.[0] ?? null;
  const ask = book.asks[0]?.[0] ?? null;
  return { ...head, best_bid: bid, best_ask: ask, ...pricesOf(bid, ask), ...quantitiesOf(book, levels) };
}

function pricesOf(bid: number | null, ask: number | null): Pick<BookStats, 'spread' | 'spread_bps' | 'mid'> {
  if (bid === null || ask === null) return { spread: null, spread_bps: null, mid: null };
  const [low, high] = [shortestDecimal(bid), shortestDecimal(ask)];
  const spread = minus(high, low);
  const mid = times(plus(high, low), HALF);
  return {
    spread: decimalNumber(spread),
    spread_bps: quotientNumber(times(spread, BPS), mid),
    mid: decimalNumber(mid),
  };
}

function quantitiesOf(book: BookView, levels: number): Pick<BookStats, 'bid_qty' | 'ask_qty' | 'imbalance'> {
  const bids = sumOf(book.bids, levels);
  const asks = sumOf(book.asks, levels);
  return {
    bid_qty: decimalNumber(bids),
    ask_qty: decimalNumber(asks),
    imbalance: quotientNumber(minus(bids, asks), plus(bids, asks)),
  };
}

function sumOf(side: readonly Level[], levels: number): Decimal {
  const sum = new ExactSum();
  for (const [, qty] of side.slice(0, levels)) sum.add(qty);
  return sum.decimal();
}
