/** What a history child is asked with --day-totals: one line of JSON on its stdin (docs/history.md). */
import { z } from 'zod';
import { dayTotalsSchema } from './day-totals.ts';
import { categories, symbolSchema } from './market.ts';

const day = z.object({
  /** UTC. */
  date: dayTotalsSchema.shape.date,
  /** Only what was before, ms: from then on the live feed tells. Null or left out: the whole day. */
  until: z.int().nonnegative().nullish(),
  /** How far the recording of the day counts: the sizes of its two files at that place in the feed. Null or left out: all of it. */
  journal: z.object({ trades_bytes: z.int().nonnegative(), spans_bytes: z.int().nonnegative() }).nullish(),
  /** Spans (ms, half-open) whose trades the asker has: only what lies outside is told, unless the whole day can be. */
  known: z
    .array(z.object({ from: z.int().nonnegative(), to: z.int().nonnegative() }))
    .max(1_000)
    .optional(),
  /** False: the day is made as complete as it can be had and its ranges are told, without sums and candles. */
  sums: z.boolean().optional(),
});

export const historyRequestSchema = z.object({
  request: z.literal('day_totals'),
  instruments: z
    .array(
      z.object({
        category: z.enum(categories),
        symbol: symbolSchema,
        /** Width of a bin: the tick size. */
        bin_size: dayTotalsSchema.shape.bin_size,
        days: z.array(day).min(1).max(100),
      }),
    )
    .min(1)
    .max(5_000),
  /** Of the symbols that are asked for, stored days before this one (UTC) are removed. */
  keep_from: dayTotalsSchema.shape.date.optional(),
  /** May candles stand in where there are no trades? */
  klines: z.boolean().optional(),
});

export type HistoryRequest = Readonly<z.infer<typeof historyRequestSchema>>;
