/** The manifest beside each Parquet file of the cache: what the file holds, where its rows came from, and what is missing. */
import { z } from 'zod';
import { dayStart } from '../../../shared/day-totals.ts';
import { describeIssues } from '../../../shared/describe-issues.ts';
import type { Result } from '../../../shared/errors.ts';
import { categories, environments, symbolSchema } from '../../../shared/market.ts';

/** Where rows come from: the exchange's daily files, our own recording, the exchange's list of the newest trades. */
export const sources = ['archive', 'recording', 'recent'] as const;
export type Source = (typeof sources)[number];

const time = z.int().nonnegative();
const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const place = z.object({ timestamp: time, id: z.string().min(1).max(64) });

export const manifestSchema = z.object({
  version: z.literal(1),
  environment: z.enum(environments),
  category: z.enum(categories),
  symbol: symbolSchema,
  /** UTC day. */
  date: z.string().refine((date) => !Number.isNaN(dayStart(date)), 'must be a UTC day such as 2026-08-01'),
  rows: count,
  /** In the order of the file. */
  first: place.nullable(),
  last: place.nullable(),
  /** The most decimals that occur, in the shortest text of each number. */
  price_decimals: count,
  qty_decimals: count,
  /** Of the Parquet file. */
  bytes: count,
  sha256,
  /** `bytes` and `sha256` are those of what was fetched. Times in ms. */
  sources: z.array(
    z.object({
      /** Files of candles come from `klines`. */
      source: z.enum([...sources, 'klines']),
      rows: count,
      url: z.string().nullable(),
      bytes: count.nullable(),
      sha256: sha256.nullable(),
      fetched_at: time,
    }),
  ),
  /** What of the day is covered completely: ms, half-open, ascending. */
  spans: z.array(z.object({ from: time, to: time, exactness: z.literal('exact') })),
  /** What is known to be missing, and why. */
  gaps: z.array(z.object({ from: time, to: time, cause: z.string().min(1).max(200) })),
  /** Rows that were dropped, since a row with their id was there. */
  doubles: count,
  /** Rows of a recording that the archive, which took its place, does not have. */
  only_recorded: count.optional(),
  made_at: time,
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestSource = Manifest['sources'][number];
export type ManifestGap = Manifest['gaps'][number];

/** The failure says what is wrong with the text. */
export function readManifest(text: string): Result<Manifest, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, failure: 'it is no JSON' };
  }
  const parsed = manifestSchema.safeParse(value);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, failure: describeIssues(parsed.error.issues) };
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
