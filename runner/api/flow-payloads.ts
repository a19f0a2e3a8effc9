/** The payloads of what flows (CVD, volume delta), of liquidation clusters, of book statistics and of the backfill, as zod schemas. */
import { z } from 'zod';
import { politeSchema } from '../../shared/events/history-events.ts';
import { categories } from '../../shared/market.ts';
import { backfillStates } from '../backfill/ports.ts';

const time = z.string().describe('ISO 8601, UTC, milliseconds');
const timeOrNull = z.string().nullable().describe('ISO 8601, UTC, milliseconds; null while there is none');
const number = z.number().nullable();
const of = { symbol: z.string(), category: z.enum(categories) };

const sums = {
  buy_volume: z.number().describe('Of takers that bought: base coin (linear, spot) or USD (inverse)'),
  sell_volume: z.number(),
  volume_delta: z.number().describe('buy_volume less sell_volume'),
  trade_count: z.number(),
  complete: z.boolean().describe('False when trades of this span were, or may have been, missed'),
};

export const cvdSchema = z.object({
  ...of,
  cvd: z.number().describe('Buying less selling since reset_time'),
  reset_time: time,
  seconds_since_reset: z.number(),
  ...sums,
});

export const cvdPeriodSchema = z.object({
  ...of,
  cvd: z.number(),
  reset_time: time,
  end_time: time.describe('Not part of it'),
  ...sums,
});

export const volumeDeltaSchema = z.object({
  ...of,
  period: z.number().describe('Seconds'),
  start_time: time,
  timestamp: time.describe('Its end'),
  ...sums,
});

export const volumeDeltaBlockSchema = volumeDeltaSchema.extend({
  closed: z.boolean().describe('False for the newest one while it lasts'),
});

const support = number.describe('The highest level that is not above the price');
const resistance = number.describe('The lowest level above the price');

export const clustersSchema = z.object({
  ...of,
  clusters: z
    .array(
      z.object({
        price_level: z.number().describe('The lower end of the bin, which is part of it'),
        buy_liquidations: z
          .number()
          .describe(
            'Quantity of LONG positions that were closed by force: base coin (linear) or USD (inverse)',
          ),
        sell_liquidations: z.number().describe('The same of short positions'),
        total_liquidations: z.number(),
        ratio: z.number().describe('Part of long positions in the total, 0 to 1'),
      }),
    )
    .describe('The largest of the last day, the largest first'),
  current_price: number.describe('Of the last trade, or of the ticker'),
  nearest_support: support,
  nearest_resistance: resistance,
  bin_size: number.describe('Null while it depends on the first liquidation'),
  since: time.describe('How far back this reaches, as far as we listened'),
  timestamp: time,
});

export const supportResistanceSchema = z.object({
  ...of,
  current_price: number,
  nearest_support: support,
  nearest_resistance: resistance,
  timestamp: time,
});

export const bookStatsSchema = z.object({
  ...of,
  valid: z.boolean(),
  reason: z.string().nullable().describe('Why the book is not valid'),
  time: timeOrNull,
  best_bid: number,
  best_ask: number,
  spread: number.describe('best_ask less best_bid'),
  spread_bps: number.describe('The same in hundredths of a percent of the middle'),
  mid: number,
  levels: z.number().describe('Levels a side that were asked for'),
  bid_qty: number,
  ask_qty: number,
  imbalance: number.describe('(bid_qty - ask_qty) / (bid_qty + ask_qty): 1 all bids, -1 all asks'),
});

const count = z.number().int().nonnegative();

export const backfillSchema = z.object({
  status: z.enum(backfillStates),
  running: z.boolean(),
  complete: z.boolean(),
  reason: z.string().nullable(),
  progress: z.object({
    current: z.number(),
    total: z.number(),
    percentage: z.number(),
    estimated_seconds_remaining: number,
  }),
  now: z.array(z.string()).describe('What is under way'),
  counts: z.object({
    runs: count.describe('Questions that were put to history since the start'),
    failures: count.describe('Of these, those that were not answered wholly'),
    days: count.describe('Days of a symbol that were answered'),
    trades: count.describe('Stored trades that were joined to the levels'),
    candles: count.describe('Candles of a minute that were told, also of minutes that trades cover'),
    refused: count.describe('Sums that could not be joined'),
    bad_lines: count,
    gaps_closed: count.describe('Gaps that the archive has closed'),
  }),
  polite: politeSchema
    .nullable()
    .describe('How politely the exchange is asked, as history last said; times in ms since 1970'),
});

export type CvdPayload = z.output<typeof cvdSchema>;
export type CvdPeriodPayload = z.output<typeof cvdPeriodSchema>;
export type VolumeDeltaPayload = z.output<typeof volumeDeltaSchema>;
export type VolumeDeltaBlockPayload = z.output<typeof volumeDeltaBlockSchema>;
export type ClustersPayload = z.output<typeof clustersSchema>;
export type SupportResistancePayload = z.output<typeof supportResistanceSchema>;
export type BookStatsPayload = z.output<typeof bookStatsSchema>;
export type BackfillPayload = z.output<typeof backfillSchema>;
