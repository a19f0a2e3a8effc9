/**
 * What the runner recorded of a day (shared/recording-files.ts), as far as it may be used.
 *
 * The spans are read first: whoever writes them has written their trades before. Both files may grow meanwhile; a runner that has noted
 * how far they went (a cut) is answered for that place in its feed and no later one.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isMissing } from '../../../../shared/io/missing.ts';
import {
  missedOfLines,
  RECORDING_FOLDER,
  recordingFolder,
  spansFileOf,
  spansOfLines,
  tradesFileOf,
} from '../../../../shared/recording-files.ts';
import { without } from '../../plan/spans.ts';
import type { DayKey } from '../../store/paths.ts';
import { union } from '../../store/spans.ts';
import type { LinesFile } from '../ports.ts';

/** How far the two files of a day count, bytes. */
export type JournalCut = { readonly tradesBytes: number; readonly spansBytes: number };

export type JournalPlace = {
  readonly dataDir: string;
  readonly key: DayKey;
  /** Undefined: all that is there. */
  readonly cut: JournalCut | undefined;
  /** Where the part of a file before the cut is put, if there is more of it. */
  readonly copy: string;
  /** The present one of this machine (shared/io/boot-id.ts): says whether claims that the disk has not confirmed count. */
  readonly boot: string | undefined;
};

/** Undefined when nothing was recorded. Throws what the disk says. */
export async function readJournal(place: JournalPlace): Promise<LinesFile | undefined> {
  const { dataDir, key, cut, copy, boot } = place;
  const folder = recordingFolder(path.join(dataDir, RECORDING_FOLDER), key);
  const text = await headOf(path.join(folder, spansFileOf(key.date)), cut?.spansBytes);
  if (text === undefined) return undefined;
  const spans = spansOfLines(text, boot);
  // What was claimed once and is not so.
  const missed = without(union(missedOfLines(text)), spans);
  const trades = path.join(folder, tradesFileOf(key.date));
  const size = (await stat(trades).catch(() => undefined))?.size ?? 0;
  const bytes = Math.min(size, cut?.tradesBytes ?? size);
  // Nothing that can be read as lines; what was taken back counts all the same.
  if (bytes === 0) return missed.length === 0 ? undefined : { files: [], spans: [], gaps: [], missed };
  if (bytes === size) return { files: [trades], spans, gaps: [], missed };
  await mkdir(path.dirname(copy), { recursive: true });
  await pipeline(createReadStream(trades, { end: bytes - 1 }), createWriteStream(copy));
  return { files: [copy], spans, gaps: [], missed };
}

/** The first bytes of a file as text; undefined when there is no such file. */
async function headOf(file: string, bytes = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  try {
    const all = await readFile(file);
    return all.toString('utf8', 0, Math.min(all.length, bytes));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
