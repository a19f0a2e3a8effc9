/** The payload of /ws/health: the child process, its sockets and the topics. */
import { z } from 'zod';
import { categories, channels } from '../../shared/market.ts';
import { subscriptionStates, topicPhases } from '../context/topic-phase.ts';
import { namedCauses } from '../supervisor/deaths.ts';
import { modeSchema } from './payloads.ts';
import { escalationSchema, silenceChecksSchema, tradeAuditSchema } from './silence-payloads.ts';

const time = z.string().describe('ISO 8601, UTC, milliseconds');
const timeOrNull = z.string().nullable().describe('ISO 8601, UTC, milliseconds; null while there is none');
const count = z.number();
const category = z.enum(categories);

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
export const clockOffset = z
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
  first_trades: z
    .number()
    .nullable()
    .describe('Raced sockets (REDUNDANCY=2): trades that it brought first; null without a race'),
  only_trades: z
    .number()
    .nullable()
    .describe('The same: trades that no other socket brought, that is what the race has saved'),
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
  silence_checks: silenceChecksSchema,
  trade_audit: tradeAuditSchema,
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
export const loopDelaySchema = z.object({ p50: z.number(), p99: z.number(), max: z.number() });
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

export type ConnectorPayload = z.output<typeof connectorSchema>;
export type TopicPayload = z.output<typeof topicSchema>;
export type WsHealthPayload = z.output<typeof wsHealthSchema>;
