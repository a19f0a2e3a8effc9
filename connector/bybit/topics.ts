/** Our topics in Bybit's words and back: `trades` of BTCUSDT is `publicTrade.BTCUSDT` (bybit-v5.md section 3). */
import { type Category, depths, intervals, type Topic } from '../../shared/market.ts';

/** Bybit's name of a topic. */
export function bybitTopic(topic: Topic): string {
  switch (topic.channel) {
    case 'trades':
      return `publicTrade.${topic.symbol}`;
    case 'depth':
      return `orderbook.${topic.depth ?? 50}.${topic.symbol}`;
    case 'kline':
      return `kline.${topic.interval ?? '1'}.${topic.symbol}`;
    case 'ticker':
      return `tickers.${topic.symbol}`;
    case 'liquidation':
      return `allLiquidation.${topic.symbol}`;
  }
}

/** Reads Bybit's name; undefined for topics that towline does not know. */
export function parseBybitTopic(name: string, category: Category): Topic | undefined {
  const parts = name.split('.');
  const symbol = parts.at(-1);
  if (symbol === undefined || symbol.length === 0) return undefined;
  if (parts.length === 2) {
    if (parts[0] === 'publicTrade') return { channel: 'trades', category, symbol };
    if (parts[0] === 'tickers') return { channel: 'ticker', category, symbol };
    if (parts[0] === 'allLiquidation') return { channel: 'liquidation', category, symbol };
  }
  if (parts.length === 3 && parts[0] === 'orderbook') {
    const depth = depths.find((known) => String(known) === parts[1]);
    return depth === undefined ? undefined : { channel: 'depth', category, symbol, depth };
  }
  if (parts.length === 3 && parts[0] === 'kline') {
    const interval = intervals.find((known) => known === parts[1]);
    return interval === undefined ? undefined : { channel: 'kline', category, symbol, interval };
  }
  return undefined;
}
