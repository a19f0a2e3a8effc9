/** The payloads of tickers, klines and liquidations, as zod schemas (payloads.ts has the others). */
import { z } from 'zod';
import { categories, intervals } from '../../shared/market.ts';

const time = z.string().describe('ISO 8601, UTC, milliseconds');
const timeOrNull = z.string().nullable().describe('ISO 8601, UTC, milliseconds; null while there is none');
const category = z.enum(categories);
/** Not every market has each of them, and none is shown of a ticker that is not valid. */
const known = z.number().nullable();

export const tickerSchema = z.object({
  symbol: z.string(),
  category,
  valid: z.boolean(),
  reason: z.string().nullable().describe('Why the ticker is not valid'),
  time: timeOrNull,
  last_price: known,
  mark_price: known,
  index_price: known,
  bid_price: known,
  bid_qty: known,
  ask_price: known,
  ask_qty: known,
  high_24h: known,
  low_24h: known,
  volume_24h: known.describe('Base coin (linear, spot) or USD (inverse)'),
  turnover_24h: known.describe('Quote coin (linear, spot) or base coin (inverse)'),
  open_interest: known.describe('Contracts open, both sides counted'),
  funding_rate: known,
  next_funding_time: timeOrNull,
});

export const klineSchema = z.object({
  symbol: z.string(),
  category,
  interval: z.enum(intervals),
  time: time.describe('Start of the candle'),
  end_time: time.describe('Its last millisecond'),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number().describe('Base coin (linear, spot) or USD (inverse)'),
  turnover: z.number().describe('Quote coin (linear, spot) or base coin (inverse)'),
  closed: z.boolean().describe('False for the one in the making, which is there only while its topic flows'),
});

export const liquidationSchema = z.object({
  price: z.number().describe('The bankruptcy price'),
  qty: z.number().describe('Base coin (linear, spot) or USD (inverse)'),
  position: z.enum(['Long', 'Short']).describe('What was closed by force: a long position is sold'),
  time,
  symbol: z.string(),
});

export type TickerPayload = z.output<typeof tickerSchema>;
export type KlineRow = z.output<typeof klineSchema>;
export type LiquidationRow = z.output<typeof liquidationSchema>;
