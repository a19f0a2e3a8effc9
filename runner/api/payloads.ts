/**
 * The payloads of the API (DESIGN 7.3), as zod schemas: they give the handlers their types and /docs its contents.
 *
 * They are not run on every answer: the types are checked when this compiles and the values in the tests, and a runner
 * that is half broken must still be able to say so.
 */
import { z } from 'zod';
import { gapCauses, gapCures } from '../../shared/events/process-events.ts';
import { categories, channels, clockKinds, environments } from '../../shared/market.ts';
import { subscriptionStates, topicPhases } from '../context/topic-phase.ts';
import { namedCauses } from '../supervisor/deaths.ts';
import { escalationSchema, gateSchema } from './silence-payloads.ts';

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

export const topicSchema = z.object({
  topic: z.string(),
  channel: z.enum(channels),
  category,
  symbol: z.string(),
  phase: z
    .enum(topicPhases)
    .describe('What everything else here says of it comes from this: docs/state-machines.md#topic'),
  state: z.enum(subscriptionStates).describe('What the exchange said to our wish, by the phase'),
  connected: z.boolean(),
  stale: z.boolean(),
  last_ts: timeOrNull,
  age_ms: z.number().nullable(),
  messages: count,
  sockets: z
    .array(z.int())
    .describe('The sockets of its market that carry it, by number; empty while unknown or not numbered'),
  reason: z.string().nullable(),
});
const clockOffset = z
  .number()
  .nullable()
  .describe(
    "Our clock minus the exchange's, with the shortest way of the last minute; negative: ours is behind",
  );
const channelHealthSchema = z.object({
  connected: z.boolean(),
  last_ts: timeOrNull,
  topics: z.array(topicSchema),
});
const endCode = z.union([
  z.enum(namedCauses),
  z.templateLiteral(['exit_', z.int()]),
  z.templateLiteral(['signal_', z.string()]),
]);
const socketSchema = z.object({
  category,
  socket: z
    .int()
    .nullable()
    .describe('Its number in its market; null where the connector does not number them'),
  state: z.enum(['unknown', 'connected', 'disconnected']),
  reason: z.string().nullable().describe('Why it is disconnected'),
  reconnects: z.number().nullable().describe('How often it was lost or could not be opened'),
  topics: z.number().nullable().describe('Topics that it carries or has asked for'),
});
const badLineSchema = z.object({
  time,
  reason: z.string().describe('What is wrong with it'),
  sample: z.string().describe('Its first 200 characters, control characters shown as \uFFFD'),
});
export const connectorSchema = z.object({
  name: z.string(),
  connected: z.boolean(),
  last_ts: timeOrNull.describe('Receipt of the last line'),
  queue_size: count.describe('Lines that wait in the runner: none, while each is handled as it is read'),
  reconnection_attempts: count,
  sockets: z.array(socketSchema).describe('Its connections to the exchange'),
  escalation: escalationSchema,
  connector_health: z.object({
    process_alive: z.boolean(),
    pid: z.number().nullable(),
    queue_size: count.describe('Lines that wait in the child'),
    error_count: count,
    state: z.string(),
    uptime_seconds: z.number(),
    restarts: count,
    deaths: z
      .record(z.string(), count)
      .describe('Unasked ends by cause, over all lives of the runner on this DATA_DIR'),
    next_try_in_ms: z.number().nullable(),
    last_exit: z
      .object({
        at: time,
        code: endCode.describe('Why it ended, for programs; the keys of deaths'),
        cause: z.string().describe('Why it ended, in words'),
        exit_code: z.number().nullable(),
        signal: z.string().nullable(),
      })
      .nullable(),
    rss_bytes: z.number().nullable(),
    cpu_percent: z.number().nullable(),
    clock_offset_ms: clockOffset,
    lines: count,
    bad_lines: count,
    bad_line_samples: z
      .array(badLineSchema)
      .describe('The last of them that were whole lines, newest first, at most 5'),
  }),
});
const loopDelaySchema = z.object({ p50: z.number(), p99: z.number(), max: z.number() });
export const wsHealthSchema = z.object({
  trades: channelHealthSchema,
  depth: channelHealthSchema,
  connector: connectorSchema,
  connectors: z.array(connectorSchema).optional().describe('Only when there are several'),
  kline: channelHealthSchema.optional().describe('Only while such a topic is wanted, as the next two'),
  ticker: channelHealthSchema.optional(),
  liquidation: channelHealthSchema.optional(),
  mode: modeSchema,
  loop_delay_ms: loopDelaySchema,
});

const channelRateSchema = z.object({
  per_minute_count: count,
  per_second_rate: z.number(),
  queue_size: count.describe('Events that wait in the runner: none, while each is handled as it comes'),
  total_count: count,
});
export const metricsSchema = z.object({
  trades: channelRateSchema,
  depth: channelRateSchema,
  connector: z.object({
    lines: count,
    bad_lines: count,
    restarts: count,
    reconnection_attempts: count,
    clock_offset_ms: clockOffset,
  }),
  gaps: z.object({ open: count, healed: count, lost: count }),
  stream: z.object({ clients: count, skipped_updates: count }),
  loop_delay_ms: loopDelaySchema,
  rss_bytes: count,
  uptime_seconds: z.number(),
  counts: z.record(z.string(), z.number()).describe('Everything that is counted by reason'),
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

export const lifeEventSchema = z.object({ time, kind: z.string(), text: z.string() });

export type TradeRow = z.output<typeof tradeRowSchema>;
export type BookPayload = z.output<typeof bookSchema>;
export type ConnectorPayload = z.output<typeof connectorSchema>;
export type TopicPayload = z.output<typeof topicSchema>;
export type WsHealthPayload = z.output<typeof wsHealthSchema>;
export type MetricsPayload = z.output<typeof metricsSchema>;
export type GapPayload = z.output<typeof gapSchema>;
export type CandlePayload = z.output<typeof candleSchema>;
export type SignalPayload = z.output<typeof signalSchema>;
export type HealthPayload = z.output<typeof healthSchema>;
export type ReadinessPayload = z.output<typeof readinessSchema>;
export type StrategyStatusPayload = z.output<typeof strategyStatusSchema>;
export type ModePayload = z.output<typeof modeSchema>;
