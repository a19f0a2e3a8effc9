/**
 * The market events that a connector tells (DESIGN 7.1): trade, depth, kline, ticker, liquidation; and what is told when it is asked for: instrument, book_check.
 *
 * Times: `timestamp` = the matching engine did it, ms; `sent_at` = the exchange pushed it, ms; `received_at` = our receipt,
 * microseconds. Prices and quantities are finite numbers; quantities are in base coin (linear, spot) or USD (inverse).
 */
import { z } from 'zod';
import { categories, intervals, type Level } from '../market.ts';

/** At most this many levels on one side of a book (the deepest stream has 1,000). */
export const MAX_LEVELS = 2_000;

/** Counts lines from 1 in each child's life. A foreign connector may leave it out. */
const lineNumber = z.int().positive().optional();
const unixMs = z.number().int().positive();
/** What all market events have. */
const marketFields = {
  n: lineNumber,
  category: z.enum(categories),
  symbol: z.string().min(1).max(40),
  timestamp: unixMs,
  sent_at: unixMs.optional(),
  received_at: z.number().int().positive().optional(),
};
const price = z.number().positive();
const amount = z.number().nonnegative();

/** A list of `[price, qty]`. Checked by a loop: 14 times faster than tuples (measured), with the same meaning. */
export const levelsSchema = z.custom<readonly Level[]>(
  isLevels,
  'must be a list of [price > 0, quantity >= 0] pairs',
);

export const tradeSchema = z.object({
  type: z.literal('trade'),
  ...marketFields,
  price,
  qty: z.number().positive(),
  /** The taker's side. */
  side: z.enum(['buy', 'sell']),
  /** True when the buyer was the maker, that is when the taker sold. */
  is_buyer_maker: z.boolean(),
  /** Unique within category and symbol. A string always: spot ids exceed 2^53. */
  id: z.string().min(1).max(64),
  /** Matching engine sequence, comparable with that of books of the same symbol; not contiguous. */
  seq: z.number().int().optional(),
  /** Negotiated off the book. */
  block: z.boolean().optional(),
  /** Matched a retail-price-improvement order, which public books do not show. */
  rpi: z.boolean().optional(),
  /** Where the row came from; absent means live. */
  origin: z.enum(['live', 'healed', 'archive']).optional(),
});

export const depthSchema = z.object({
  type: z.literal('depth'),
  ...marketFields,
  /** A snapshot replaces the book; a delta sets absolute quantities, 0 removes. Absent means snapshot (minimal connectors). */
  action: z.enum(['snapshot', 'delta']).optional(),
  /** Which of the exchange's streams (1, 50, 200, 1000 levels). */
  depth: z.number().int().positive().optional(),
  bids: levelsSchema,
  asks: levelsSchema,
  /** The exchange's update id of this stream; +1 a delta. */
  last_update_id: z.number().int().nonnegative(),
  seq: z.number().int().optional(),
});

export const klineSchema = z.object({
  type: z.literal('kline'),
  ...marketFields,
  interval: z.enum(intervals),
  start: unixMs,
  /** The last millisecond of the candle. */
  end: unixMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: amount,
  turnover: amount,
  /** True once, when the candle is closed. */
  closed: z.boolean(),
});

export const tickerSchema = z.object({
  type: z.literal('ticker'),
  ...marketFields,
  last_price: price.optional(),
  mark_price: price.optional(),
  index_price: price.optional(),
  bid_price: price.optional(),
  bid_qty: amount.optional(),
  ask_price: price.optional(),
  ask_qty: amount.optional(),
  high_24h: price.optional(),
  low_24h: price.optional(),
  volume_24h: amount.optional(),
  turnover_24h: amount.optional(),
  /** Contracts open, both sides counted. */
  open_interest: amount.optional(),
  funding_rate: z.number().optional(),
  next_funding_at: unixMs.optional(),
});

export const liquidationSchema = z.object({
  type: z.literal('liquidation'),
  ...marketFields,
  price,
  qty: z.number().positive(),
  /** The side of the position that was closed by force: `long` positions are sold. */
  position: z.enum(['long', 'short']),
});

/**
 * A whole book as the exchange's REST interface has it at one moment, for a comparison with the streamed book at the same
 * `seq`; never a part of the stream of depth events. Answer to the command `read_book`.
 */
export const bookCheckSchema = z.object({
  type: z.literal('book_check'),
  ...marketFields,
  /** Levels a side that were asked for. */
  depth: z.number().int().positive(),
  bids: levelsSchema,
  asks: levelsSchema,
  /** Matching engine sequence, comparable with that of depth events; update ids are not. */
  seq: z.number().int(),
});

/** A number in the exchange's own digits, since steps go down to 1e-13 and must stay exact. */
const decimalText = z.string().regex(/^\d{1,30}(\.\d{1,30})?$/);

/**
 * What may be traded and in which steps; answer to the command `instruments`. Quantities are in base coin (linear, spot) or
 * USD (inverse); `min_notional` in quote coin.
 */
export const instrumentSchema = z.object({
  type: z.literal('instrument'),
  n: lineNumber,
  category: z.enum(categories),
  symbol: z.string().min(1).max(40),
  status: z.enum(['pre_launch', 'trading', 'delivering', 'closed', 'other']),
  base: z.string().min(1).max(40),
  quote: z.string().min(1).max(40),
  settle: z.string().min(1).max(40).optional(),
  tick_size: decimalText,
  qty_step: decimalText,
  min_qty: decimalText.optional(),
  min_notional: decimalText.optional(),
  max_limit_qty: decimalText.optional(),
  max_market_qty: decimalText.optional(),
  launch_at: unixMs.optional(),
  /** When it is delivered or delisted; absent for what has no such date. */
  delivery_at: unixMs.optional(),
  /** In quote coin (linear, spot) or base coin (inverse), of the last 24 hours. */
  turnover_24h: amount.optional(),
  at: unixMs.optional(),
});

export type BookCheckEvent = Readonly<z.infer<typeof bookCheckSchema>>;
export type InstrumentEvent = Readonly<z.infer<typeof instrumentSchema>>;
export type TradeEvent = Readonly<z.infer<typeof tradeSchema>>;
export type DepthEvent = Readonly<z.infer<typeof depthSchema>>;
export type KlineEvent = Readonly<z.infer<typeof klineSchema>>;
export type TickerEvent = Readonly<z.infer<typeof tickerSchema>>;
export type LiquidationEvent = Readonly<z.infer<typeof liquidationSchema>>;
export type MarketEvent = TradeEvent | DepthEvent | KlineEvent | TickerEvent | LiquidationEvent;

/** Is this a list of at most 2,000 `[price > 0, quantity >= 0]` pairs? */
export function isLevels(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MAX_LEVELS) return false;
  for (let index = 0; index < value.length; index += 1) {
    const level: unknown = value[index];
    if (!Array.isArray(level) || level.length !== 2) return false;
    const levelPrice: unknown = level[0];
    const qty: unknown = level[1];
    if (!(typeof levelPrice === 'number' && levelPrice > 0 && levelPrice < Number.POSITIVE_INFINITY))
      return false;
    if (!(typeof qty === 'number' && qty >= 0 && qty < Number.POSITIVE_INFINITY)) return false;
  }
  return true;
}
