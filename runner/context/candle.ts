/** One candle: what traded in a span of time, as a value, and how a trade changes it. */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Category } from '../../shared/market.ts';
import type { Millis } from '../../shared/time.ts';
import { compareTrades } from '../intake/trade-order.ts';

export const timeframes = { '1m': 60_000, '5m': 300_000 } as const satisfies Record<string, Millis>;
export type Timeframe = keyof typeof timeframes;

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
  /** Base coin (linear, spot) or USD (inverse). */
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

/** A candle in the making; its first and last trade decide open and close. */
export type CandleDraft = { -readonly [K in keyof Candle]: Candle[K] } & {
  first: TradeEvent | undefined;
  last: TradeEvent | undefined;
};

/** A candle in which nothing traded yet, at the price of the close before it. */
export function flatCandle(
  of: Pick<Candle, 'category' | 'symbol' | 'timeframe'>,
  start: number,
  price: number,
): CandleDraft {
  return {
    category: of.category,
    symbol: of.symbol,
    timeframe: of.timeframe,
    start,
    end: start + timeframes[of.timeframe] - 1,
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
    first: undefined,
    last: undefined,
  };
}

/** Adds a trade of the candle's span, in whatever order trades come. */
export function addTrade(candle: CandleDraft, trade: TradeEvent): void {
  const { price, qty } = trade;
  if (candle.first === undefined || compareTrades(trade, candle.first) < 0) {
    candle.first = trade;
    candle.open = price;
  }
  if (candle.last === undefined || compareTrades(trade, candle.last) >= 0) {
    candle.last = trade;
    candle.close = price;
  }
  candle.high = candle.count === 0 ? price : Math.max(candle.high, price);
  candle.low = candle.count === 0 ? price : Math.min(candle.low, price);
  candle.count += 1;
  candle.volume += qty;
  candle.turnover += candle.category === 'inverse' ? qty / price : qty * price;
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

/** The candle as others may keep it. */
export function issued({ first: _first, last: _last, ...candle }: CandleDraft): Candle {
  return candle;
}
