/**
 * The words for what is traded and what can be listened to: category, symbol, channel.
 *
 * State, keys, files and endpoints are by (category, symbol), since spot and linear share symbol names.
 */
import { z } from 'zod';

/** The markets that towline speaks. `option` may follow. */
export const categories = ['linear', 'spot', 'inverse'] as const;
export type Category = (typeof categories)[number];

/** Where data come from. Files, tables, keys and dedupe are partitioned by it: simulated prices never enter a real VWAP. */
export const environments = ['mainnet', 'testnet', 'demo', 'paper', 'simulated'] as const;
export type Environment = (typeof environments)[number];

/** `replay` means that event time, not the wall clock, is "now". */
export const clockKinds = ['live', 'replay'] as const;
export type ClockKind = (typeof clockKinds)[number];

/** What can be subscribed to. Bybit's names for them stay inside the connector. */
export const channels = ['trades', 'depth', 'kline', 'ticker', 'liquidation'] as const;
export type Channel = (typeof channels)[number];

/** Book depths that the exchange serves for linear, inverse and spot (bybit-v5.md 3.2). */
export const depths = [1, 50, 200, 1000] as const;
export type Depth = (typeof depths)[number];

/** Candle intervals as the exchange names them: minutes, or D, W, M (bybit-v5.md 3.5). */
export const intervals = [
  '1',
  '3',
  '5',
  '15',
  '30',
  '60',
  '120',
  '240',
  '360',
  '720',
  'D',
  'W',
  'M',
] as const;
export type Interval = (typeof intervals)[number];

/** The taker's side of a trade. */
export type Side = 'buy' | 'sell';

/** One price level: `[price, quantity]`. A quantity of 0 removes the level. */
export type Level = readonly [price: number, qty: number];

/** A symbol in its market. */
export type Instrument = { readonly category: Category; readonly symbol: string };

/** One thing that is listened to. `depth` only with channel depth, `interval` only with channel kline. */
export type Topic = Instrument & {
  readonly channel: Channel;
  readonly depth?: Depth | undefined;
  readonly interval?: Interval | undefined;
};

/** Symbols as the exchange writes them: capitals, digits, dashes (1INCHUSDT, BTC-27MAR26). */
export const symbolPattern = /^[A-Z0-9][A-Z0-9-]{1,39}$/;
export const symbolSchema = z.string().regex(symbolPattern);

/** What names a topic in a line; `depth` and `interval` only where the channel has one. */
export const topicFields = {
  channel: z.enum(channels),
  category: z.enum(categories),
  symbol: z.string().min(1).max(40),
  depth: z.literal(depths).optional(),
  interval: z.enum(intervals).optional(),
};

/** The same for a line that may name less than a topic: what it leaves out it means all of. */
export const partialTopicFields = z.object(topicFields).partial().shape;

/** Key of an instrument in maps and logs, for example `linear:BTCUSDT`. */
export function instrumentKey(instrument: Instrument): string {
  return `${instrument.category}:${instrument.symbol}`;
}

/** Key of a topic in maps and logs, for example `trades:linear:BTCUSDT`, `depth.50:spot:ETHUSDT`, `kline.1:linear:BTCUSDT`. */
export function topicKey(topic: Topic): string {
  return `${subscriptionName(topic)}:${topic.category}:${topic.symbol}`;
}

/** The channel with its depth or interval, as in the SUBSCRIPTIONS setting: `trades`, `depth.50`, `kline.1`. */
export function subscriptionName(topic: Pick<Topic, 'channel' | 'depth' | 'interval'>): string {
  if (topic.channel === 'depth') return `depth.${topic.depth ?? 50}`;
  if (topic.channel === 'kline') return `kline.${topic.interval ?? '1'}`;
  return topic.channel;
}
