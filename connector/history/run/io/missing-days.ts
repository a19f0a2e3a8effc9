/**
 * Days that the archive did not have when it was asked, remembered beside the symbol's files (`missing_days.json`), so that it is not
 * asked for them in every run. What cannot be read is forgotten: asking once more costs one request.
 */
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { dayStart } from '../../../../shared/day-totals.ts';
import { unixMs } from '../../../../shared/time.ts';
import { textOf, writeSynced } from '../../io/durable.ts';
import type { MissingDay } from '../../plan/archive-days.ts';
import { type DayKey, type FolderKey, symbolFolder } from '../../store/paths.ts';

export const MISSING_FILE = 'missing_days.json';

const schema = z.object({
  version: z.literal(1),
  days: z.array(
    z.object({ date: z.string().refine((date) => !Number.isNaN(dayStart(date))), at: z.int().nonnegative() }),
  ),
});

export async function readMissingDays(root: string, key: FolderKey): Promise<readonly MissingDay[]> {
  const text = await textOf(path.join(symbolFolder(root, key), MISSING_FILE));
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return [];
  }
  const read = schema.safeParse(value);
  return read.success ? read.data.days.map(({ date, at }) => ({ date, at: unixMs(at) })) : [];
}

/** The caller has the symbol to itself. */
export async function noteMissingDay(root: string, key: DayKey, at: number): Promise<void> {
  const folder = symbolFolder(root, key);
  const days = (await readMissingDays(root, key)).filter(({ date }) => date !== key.date);
  const all = [...days, { date: key.date, at }].toSorted((one, other) => (one.date < other.date ? -1 : 1));
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, MISSING_FILE);
  await writeSynced(`${file}.next`, `${JSON.stringify({ version: 1, days: all })}\n`);
  await rename(`${file}.next`, file);
}
