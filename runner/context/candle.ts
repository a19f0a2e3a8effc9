/** One candle: what traded in a span of time, as a value, and how a trade changes it. */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Category } from '../../shared/market.ts';
import type { Millis } from '../../shared/time.ts';

export const timeframes = { '1m': 60_000, '5m': 300_000 } as const satisfies Record<string, Millis>;
export type Timeframe = keyof typeof timeframes;

/** Of 100,000 doubles that are added the sum is right to so many digits. */
const SUM_DIGITS = 13;

export type Candle = {
  readonly category: Category;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** First and last millisecond, exchange time. */
  readonly start: number;
  readonly end: number;
  /** Of a candle without trades all four are the close before it. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base coin (linear, spot) or USD (inverse). All sums are told with 13 digits: what adding doubles leaves behind them is none. */
  readonly volume: number;
  /** The other one: quote coin (linear, spot) or base coin (inverse). */
  readonly turnover: number;
  readonly count: number;
  /** Volume of takers that bought, and that sold. */
  readonly buy_volume: number;
  readonly sell_volume: number;
  readonly closed: boolean;
  /** False when trades of this span were, or may have been, missed. */
  readonly complete: boolean;
  /** 0 when first issued; one more for each change after the close. */
  readonly revision: number;
};

/** What a candle is of: the same for a whole series, which therefore keeps it once. */
export type CandleOf = Pick<Candle, 'category' | 'symbol' | 'timeframe'>;

/**
 * A candle as a series keeps it: numbers only. There are up to 100,000 of them, so they hold neither what all of a series
 * share nor the trades that decide open and close, of which the place in the order is enough (a missing seq counts as 0).
 */
export type CandleDraft = {
  -readonly [K in keyof Omit<Candle, keyof CandleOf | 'end'>]: Candle[K];
} & { firstAt: number; firstSeq: number; lastAt: number; lastSeq: number };

/** A candle in which nothing traded yet, at the price of the close before it. */
export function flatCandle(start: number, price: number): CandleDraft {
  return {
    start,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 0,
    turnover: 0,
    count: 0,
    buy_volume: 0,
    sell_volume: 0,
    closed: false,
    complete: false,
    revision: 0,
    firstAt: 0,
    firstSeq: 0,
    lastAt: 0,
    lastSeq: 0,
  };
}

/** Adds a trade of the candle's span, in whatever order trades come. */
export function addTrade(candle: CandleDraft, trade: TradeEvent): void {
  const { price, qty, timestamp, seq = 0 } = trade;
  const isFirst = candle.count === 0;
  if (isFirst || (timestamp - candle.firstAt || seq - candle.firstSeq) < 0) {
    candle.firstAt = timestamp;
    candle.firstSeq = seq;
    candle.open = price;
  }
  if (isFirst || (timestamp - candle.lastAt || seq - candle.lastSeq) >= 0) {
    candle.lastAt = timestamp;
    candle.lastSeq = seq;
    candle.close = price;
  }
  candle.high = isFirst ? price : Math.max(candle.high, price);
  candle.low = isFirst ? price : Math.min(candle.low, price);
  candle.count += 1;
  candle.volume += qty;
  candle.turnover += trade.category === 'inverse' ? qty / price : qty * price;
  if (trade.side === 'buy') candle.buy_volume += qty;
  else candle.sell_volume += qty;
}

/** Gives a candle without trades the close of the one before it. Answers whether that changed anything. */
export function carryClose(candle: CandleDraft, price: number): boolean {
  if (candle.count > 0 || candle.close === price) return false;
  candle.open = price;
  candle.high = price;
  candle.low = price;
  candle.close = price;
  return true;
}

/** The last millisecond of a candle. */
export function endOf({ start }: CandleDraft, timeframe: Timeframe): number {
  return start + timeframes[timeframe] - 1;
}

/** The candle as others may keep it. */
export function issued(of: CandleOf, candle: CandleDraft): Candle {
  const { firstAt: _a, firstSeq: _b, lastAt: _c, lastSeq: _d, ...told } = candle;
  return {
    category: of.category,
    symbol: of.symbol,
    timeframe: of.timeframe,
    end: endOf(candle, of.timeframe),
    ...told,
    volume: sum(candle.volume),
    turnover: sum(candle.turnover),
    buy_volume: sum(candle.buy_volume),
    sell_volume: sum(candle.sell_volume),
  };
}

function sum(value: number): number {
  return Number(value.toPrecision(SUM_DIGITS));
}
