/** What a history child is asked on its stdin, with --day-totals: one line of JSON (docs/history.md). */
import { z } from 'zod';
import { dayTotalsSchema } from './day-totals.ts';
import { categories, symbolSchema } from './market.ts';

/** Of time, ms, half-open. */
const span = z.object({ from: z.int().nonnegative(), to: z.int().nonnegative() });

const day = z.object({
  /** UTC. */
  date: dayTotalsSchema.shape.date,
  /** Only what was before, ms: from then on the live feed tells. Null or left out: the whole day. */
  until: z.int().nonnegative().nullish(),
  /** How far the recording of the day counts: the sizes of its two files at that place in the feed. Null or left out: all of it. */
  journal: z.object({ trades_bytes: z.int().nonnegative(), spans_bytes: z.int().nonnegative() }).nullish(),
  /** Spans (ms, half-open) whose trades the asker has: only what lies outside is told, unless the whole day can be. */
  known: z.array(span).max(1_000).optional(),
  /**
   * Minutes of which the live feed has missed something after `until`: their candles are told, and no stored trades, of which the asker
   * may have some.
   */
  candles: z.array(span).max(1_000).optional(),
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

/** Trades of one answer, and those of the millisecond in which that many are reached. */
export const ROWS_MAX = 100_000;

/** What is stored of a span of time (ms, half-open), the newest trades first. Nobody is asked for what is not there. */
export const rowsRequestSchema = z
  .object({
    request: z.literal('rows'),
    category: z.enum(categories),
    symbol: symbolSchema,
    from: z.int().nonnegative(),
    to: z.int().positive(),
    /** At least so many trades are told where there are so many. */
    limit: z.int().min(1).max(ROWS_MAX),
  })
  .refine(({ from, to }) => from < to, 'from: must be before to');

export type RowsRequest = Readonly<z.infer<typeof rowsRequestSchema>>;
