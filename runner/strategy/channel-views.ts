/** Klines, tickers and liquidations as the handlers of a strategy get them. */
import type { StrategyKline, StrategyLiquidation, StrategyTicker } from './api.ts';
import type { KlineMessage, LiquidationMessage, TickerMessage } from './messages.ts';

export function strategyKline(message: KlineMessage): StrategyKline {
  const { interval, start, end, open, high, low, close, volume, turnover } = message;
  return { interval, start: new Date(start), end: new Date(end), open, high, low, close, volume, turnover };
}

export function strategyTicker({ timestamp, values }: TickerMessage): StrategyTicker {
  const [last, mark, index, bid, bidQty, ask, askQty, high, low, volume, turnover, ...derivative] = values;
  const [openInterest, fundingRate, nextFunding] = derivative;
  const fundingAt = orNull(nextFunding);
  return {
    ts: new Date(timestamp),
    lastPrice: orNull(last),
    markPrice: orNull(mark),
    indexPrice: orNull(index),
    bid: orNull(bid),
    bidQty: orNull(bidQty),
    ask: orNull(ask),
    askQty: orNull(askQty),
    high24h: orNull(high),
    low24h: orNull(low),
    volume24h: orNull(volume),
    turnover24h: orNull(turnover),
    openInterest: orNull(openInterest),
    fundingRate: orNull(fundingRate),
    nextFunding: fundingAt === null ? null : new Date(fundingAt),
  };
}

export function strategyLiquidation({
  timestamp,
  price,
  qty,
  position,
}: LiquidationMessage): StrategyLiquidation {
  return { ts: new Date(timestamp), price, qty, position };
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
