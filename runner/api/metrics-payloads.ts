/** The payload of /metrics as JSON. */
import { z } from 'zod';
import { pauses } from '../history/recording-pause.ts';
import { clockOffset, loopDelaySchema } from './connector-payloads.ts';

const count = z.number();

const hopSchema = z.object({
  count,
  p50_ms: z.number().nullable().describe('Within its bucket; null while nothing was measured'),
  p99_ms: z.number().nullable().describe('30000 where it lies beyond the last bucket'),
  mean_ms: z.number().nullable(),
  negative: count.describe('Latencies below zero, which are not in the others: the clocks disagree'),
});
const channelHopsSchema = z.object({
  engine_to_push: hopSchema,
  push_to_child: hopSchema,
  child_to_runner: hopSchema,
  total: hopSchema,
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
  hops: z
    .object({
      trades: channelHopsSchema,
      depth: channelHopsSchema,
      strategies: hopSchema
        .nullable()
        .describe('From the hand-over of a batch to its answer; null without strategies'),
    })
    .nullable()
    .describe(
      'Latency of live events since the start, hop by hop (docs/metrics.md); null where nothing measures it',
    ),
  ledger: z.object({
    waiting: count.describe('Changes of gaps and deaths that are not on the disk yet'),
    dropped: count.describe('Those that were given up, because too many waited'),
  }),
  dumps: z
    .object({
      written: count.describe('Dumps of the flight recorder'),
      suppressed: count.describe('Faults for which none was written, because they came too often'),
    })
    .nullable()
    .describe('null when FLIGHT_RECORDER_MB=0'),
  recording: z
    .object({
      paused: z
        .enum(pauses)
        .nullable()
        .describe('Why no trades are recorded at present; null while they are'),
      instruments: count.describe('Symbols whose trades are recorded'),
      waiting: count.describe('Trades that are not on the disk yet'),
      trades: count.describe('Trades that are on the disk'),
      bytes: count.describe('Bytes that were added to files'),
      dropped: z.record(z.string(), count).describe('Trades that were not recorded, by cause'),
      doubles: count.describe('Late trades that an earlier run had recorded already'),
      kept_bytes: z.number().nullable().describe('All recordings on the disk; null before the first look'),
    })
    .nullable()
    .describe('null when RECORD_TRADES=off'),
  audit: z
    .object({ equal: count, different: count, unjoined: count, failed: count })
    .describe("Books held against the exchange's own, by verdict (/audit)"),
  disk_free_bytes: z.number().nullable().describe('Of the disk of DATA_DIR; null while unknown'),
  stream: z.object({ clients: count, skipped_updates: count }),
  loop_delay_ms: loopDelaySchema,
  rss_bytes: count,
  uptime_seconds: z.number(),
  counts: z.record(z.string(), z.number()).describe('Everything that is counted by reason'),
});

export type MetricsPayload = z.output<typeof metricsSchema>;
export type HopPayload = z.output<typeof hopSchema>;
