/**
 * The payloads of the API (DESIGN 7.3), as zod schemas: they give the handlers their types and /docs its contents.
 *
 * They are not run on every answer: the types are checked when this compiles and the values in the tests, and a runner
 * that is half broken must still be able to say so.
 */
import { z } from 'zod';
import { gapCauses, gapCures } from '../../shared/events/process-events.ts';
import { categories, channels, clockKinds, environments } from '../../shared/market.ts';
import { gateSchema } from './silence-payloads.ts';

const time = z.string().describe('ISO 8601, UTC, milliseconds');
const timeOrNull = z.string().nullable().describe('ISO 8601, UTC, milliseconds; null while there is none');
const count = z.number();
const category = z.enum(categories);

export const tradeRowSchema = z.object({
  price: z.number(),
  qty: z.number().describe('Base coin (linear, spot) or USD (inverse)'),
  side: z.enum(['Buy', 'Sell']).describe("The taker's side"),
  time,
  symbol: z.string(),
  trade_id: z.string(),
});

export const tradeStatsSchema = z.object({
  total_count: count.describe('Trades on the tape'),
  oldest_trade_time: timeOrNull,
  newest_trade_time: timeOrNull,
  buffer_size: count.describe('The most that the tape holds'),
  connected: z.boolean(),
});

const levels = z.array(z.tuple([z.number(), z.number()])).describe('[price, qty], best first');
export const bookSchema = z.object({
  symbol: z.string(),
  category,
  valid: z.boolean(),
  reason: z.string().nullable().describe('Why the book is not valid'),
  time: timeOrNull,
  last_update_id: z.number().nullable(),
  bids: levels,
  asks: levels,
});

export const priceSchema = z.object({
  price: z.number().nullable(),
  ts: timeOrNull,
  symbol: z.string(),
  category,
});

export const checkSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  since: time.describe('Since when it is as it is'),
  reason: z.string().nullable(),
});
export const healthSchema = z.object({
  status: z.enum(['Healthy', 'Degraded', 'Unhealthy']),
  websocket_connected: z.boolean(),
  checks: z.array(checkSchema),
  gate: gateSchema
    .optional()
    .describe('Of everything that is wanted; that of each strategy is in /strategy/status'),
});

export const readinessSchema = z.object({
  ready: z.boolean(),
  missing: z.array(z.string()),
  refused: z.array(z.object({ topic: z.string(), reason: z.string() })),
});

export const modeSchema = z.object({
  environment: z.enum([...environments, 'unknown']),
  clock: z.enum(clockKinds),
  connector: z.string().nullable(),
  profile: z.string(),
});

const gapBound = z.object({
  id: z.string().describe('Of the trade, the update of the book, or the start of the candle in ms'),
  trade_id: z.string().optional().describe('The same, of trades only'),
  time,
});
export const gapSchema = z.object({
  gap_id: z.string(),
  state: z.enum(['open', 'healed', 'lost']),
  channel: z.enum(channels),
  category,
  symbol: z.string(),
  cause: z.enum(gapCauses),
  depth: z.number().nullable().describe('Of books'),
  interval: z.string().nullable().describe('Of candles'),
  from: gapBound.nullable().describe('The last event before the gap'),
  to: gapBound.nullable().describe('The first event after it'),
  opened_at: time,
  healed_by: z.enum(gapCures).nullable(),
  recovered: z.number().nullable().describe('Events of the span that were told after all'),
  missing: z.number().nullable().describe('Trades known to be missing'),
});

export const candleSchema = z.object({
  time: time.describe('Start of the candle'),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  trade_count: count,
  complete: z.boolean(),
  revision: z.number(),
});

export const strategyStatusSchema = z.object({
  gate: gateSchema,
  strategies: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      reason: z.string().nullable(),
      events: count,
      signals: count,
      withheld: count.describe('Signals that did not leave because the gate was shut'),
      gate: gateSchema,
      restarts: count,
      errors: z.object({ count, last_error: z.string().nullable(), last_ts: timeOrNull }),
      dropped: count.describe('Events that it never got, because too many waited'),
      lag_ms: z.number().describe('Age of the oldest event that is not worked off; 0 while none waits'),
    }),
  ),
});

export const signalSchema = z
  .object({
    timestamp: time,
    strategy: z.string(),
    category,
    symbol: z.string(),
    setup_type: z.string(),
    reason: z.string().nullable(),
  })
  .catchall(z.union([z.number(), z.string(), z.boolean(), z.null()]));

export type TradeRow = z.output<typeof tradeRowSchema>;
export type BookPayload = z.output<typeof bookSchema>;
export type GapPayload = z.output<typeof gapSchema>;
export type CandlePayload = z.output<typeof candleSchema>;
export type SignalPayload = z.output<typeof signalSchema>;
export type HealthPayload = z.output<typeof healthSchema>;
export type ReadinessPayload = z.output<typeof readinessSchema>;
export type StrategyStatusPayload = z.output<typeof strategyStatusSchema>;
export type ModePayload = z.output<typeof modeSchema>;
