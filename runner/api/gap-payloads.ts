/** The payloads of /coverage and /gaps/verifications. */
import { z } from 'zod';
import { categories, channels } from '../../shared/market.ts';

const percent = z.number().nullable();
const shares = {
  followed_seconds: z
    .number()
    .describe('How long it was followed that day, the runner being stopped included'),
  live_percent: percent.describe('Of that: seen as it happened; null when it was not followed'),
  percent: percent.describe('Of that: seen or healed; a snapshot does not count, it brings nothing back'),
};

export const coverageSchema = z.object({
  date: z.string().describe('The day, UTC'),
  known: z
    .boolean()
    .describe(
      'False: the ledger of DATA_DIR cannot be read (see check ledger in /health), and nothing is known',
    ),
  total: z.object(shares),
  topics: z.array(
    z.object({
      topic: z.string(),
      channel: z.enum(channels),
      category: z.enum(categories),
      symbol: z.string(),
      depth: z.number().nullable(),
      interval: z.string().nullable(),
      ...shares,
    }),
  ),
});
export type CoveragePayload = z.output<typeof coverageSchema>;

const count = z.number().int().nonnegative();
const tradeRow = z.object({
  time: z.string(),
  trade_id: z.string(),
  price: z.number(),
  qty: z.number(),
  side: z.enum(['buy', 'sell']),
});

/** What was recorded here of one symbol's day, held against the exchange's archive. */
export const verifiedSchema = z.object({
  symbol: z.string(),
  category: z.enum(categories),
  date: z.string().describe('The day, UTC'),
  verified_at: z.string(),
  matched_by: z
    .enum(['id', 'values'])
    .describe("By the exchange's ids; spot by time, price, quantity and side"),
  percentage: percent.describe('Of the trades while we recorded, rounded down; null when there were none'),
  recorded: count,
  archived: count,
  expected: count.describe('Trades of the archive while we recorded'),
  matched: count,
  missing: count,
  extra: count,
  different: count,
  missing_trades: z.array(tradeRow).describe('The first of them'),
  extra_trades: z.array(tradeRow).describe('The first of them'),
});
export type VerifiedPayload = z.output<typeof verifiedSchema>;
