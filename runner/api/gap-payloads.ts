/** The payload of /coverage. */
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
