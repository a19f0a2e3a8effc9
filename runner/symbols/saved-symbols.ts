/**
 * What is remembered of the symbols across restarts of the runner: the last answer to each filter, and what was changed by hand.
 *
 * One small file for each environment in DATA_DIR. Pure: the file itself is io/symbols-file.ts's.
 */
import { z } from 'zod';
import { fail, ok, type Result } from '../../shared/errors.ts';
import { categories, channels, depths, intervals, symbolSchema, type Topic } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';

const instrument = z.object({ category: z.enum(categories), symbol: symbolSchema });
const topic = z.object({
  ...instrument.shape,
  channel: z.enum(channels),
  depth: z.literal(depths).optional(),
  interval: z.enum(intervals).optional(),
});

export const savedSymbolsSchema = z.object({
  version: z.literal(1),
  /** By the text of the filter: whom it chose, the most turnover first, and when. */
  chosen: z.record(
    z.string(),
    z.object({ at: z.int().positive(), symbols: z.array(symbolSchema).max(10_000) }),
  ),
  /** Added by hand. */
  added: z.array(topic).max(5_000),
  /** Taken off by hand, although the settings want them. */
  removed: z.array(instrument).max(10_000),
});

export type SavedSymbols = {
  readonly chosen: Readonly<Record<string, { readonly at: UnixMs; readonly symbols: readonly string[] }>>;
  readonly added: readonly Topic[];
  readonly removed: readonly Pick<Topic, 'category' | 'symbol'>[];
};

export const nothingSaved: SavedSymbols = { chosen: {}, added: [], removed: [] };

export function encodeSaved(saved: SavedSymbols): string {
  return `${JSON.stringify({ version: 1, ...saved })}\n`;
}

/** What a file holds; a failure says why it cannot be used. */
export function decodeSaved(text: string): Result<SavedSymbols> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return fail('config_invalid', 'it is not JSON');
  }
  const parsed = savedSymbolsSchema.safeParse(content);
  if (parsed.success) return ok(parsed.data as unknown as SavedSymbols);
  const issue = parsed.error.issues[0];
  return fail(
    'config_invalid',
    `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'it is not ours'}`,
  );
}
