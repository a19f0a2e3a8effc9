/**
 * What the runner recorded of a day, as files: `{DATA_DIR}/recording/{environment}/{category}/{SYMBOL}/2026-08-01.jsonl`, one trade a line, and
 * beside it `2026-08-01.spans.jsonl`, one line `{"from":ms,"to":ms}` for each stretch that was seen completely (half-open; they add up).
 *
 * The spans are read first: whoever writes them has written their trades before. Both may grow meanwhile.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { textOf } from '../../io/durable.ts';
import { type DayKey, symbolFolder } from '../../store/paths.ts';
import { type Span, union } from '../../store/spans.ts';
import type { LinesFile } from '../ports.ts';

export function journalFiles(
  dataDir: string,
  key: DayKey,
): { readonly trades: string; readonly spans: string } {
  const folder = symbolFolder(path.join(dataDir, 'recording'), key);
  return {
    trades: path.join(folder, `${key.date}.jsonl`),
    spans: path.join(folder, `${key.date}.spans.jsonl`),
  };
}

/** Undefined when nothing was recorded, or nothing is known to be complete. */
export async function readJournal(dataDir: string, key: DayKey): Promise<LinesFile | undefined> {
  const files = journalFiles(dataDir, key);
  const spans = spansOf((await textOf(files.spans)) ?? '');
  if (spans.length === 0) return undefined;
  const found = await stat(files.trades).catch(() => undefined);
  // Nothing traded: the spans say so. An empty file cannot be read as lines.
  const isThere = found !== undefined && found.size > 0;
  return isThere ? { files: [files.trades], spans, gaps: [] } : undefined;
}

/** A line that is no span, for example one without its end, says nothing. */
export function spansOf(text: string): readonly Span[] {
  return union(text.split('\n').flatMap((line) => spanOf(line)));
}

function spanOf(line: string): readonly Span[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null || !('from' in value) || !('to' in value)) return [];
  const { from, to } = value;
  return Number.isSafeInteger(from) && Number.isSafeInteger(to)
    ? [{ from: Number(from), to: Number(to) }]
    : [];
}
