/**
 * What is stored of a span, the newest trades first: the days of the cache, and of days that are not the archive's also what was recorded and is
 * in no file yet. Nothing is fetched and nothing is written.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { bootId } from '../../../../shared/io/boot-id.ts';
import { isMissing } from '../../../../shared/io/missing.ts';
import { dateOfRecording, RECORDING_FOLDER, recordingFolder } from '../../../../shared/recording-files.ts';
import type { HistoryStore } from '../../io/history-store.ts';
import { attempt } from '../../io/workshop.ts';
import { readJournal } from '../../run/io/journal.ts';
import { StoreError, type StoreResult } from '../../store/failures.ts';
import type { Manifest } from '../../store/manifest.ts';
import { isFromArchive } from '../../store/merge.ts';
import type { DayKey, FolderKey } from '../../store/paths.ts';
import { overlap, type Span, spanOfDay, union, without } from '../../store/spans.ts';
import { cutToMoments, joinParts, noRows, type Part, type RecordedSpans, storedSpans } from '../newest.ts';
import { newestRecorded } from './scan-recording.ts';

export type RowsPlace = {
  readonly trades: Pick<HistoryStore, 'dates' | 'judge' | 'newest'>;
  /** Where the runner records. */
  readonly dataDir: string;
};

export type StoredRows = Part & {
  /** What the rows are of: all of the span, or from the oldest one on where there are more. */
  readonly about: Span;
  /** What of it is not stored completely, ascending. */
  readonly missing: readonly Span[];
};

/** At least `want` trades, where so many are stored. */
export function readRows(
  place: RowsPlace,
  key: FolderKey,
  span: Span,
  want: number,
): Promise<StoreResult<StoredRows>> {
  return attempt('read_failed', `read what is stored of ${key.category}:${key.symbol}`, async () => {
    const stored: Span[] = [];
    let part = noRows;
    for (const date of await storedDates(place, key, span)) {
      const inDay = overlap(span, spanOfDay(date));
      if (inDay === undefined) continue;
      // One more than is wanted says whether there are any.
      const day = await dayRows(place, { ...key, date }, inDay, Math.max(1, want + 1 - part.rows.length));
      part = cutToMoments({ rows: [...part.rows, ...day.rows], more: day.more }, want);
      stored.push(...day.stored);
      if (part.more) break;
    }
    const from = part.more ? (part.rows.at(-1)?.timestamp ?? span.from) : span.from;
    const about = { from, to: span.to };
    return { ...part, about, missing: without(about, union(stored)) };
  });
}

/** The days of the span of which there is anything, the newest first. */
async function storedDates(
  { trades, dataDir }: RowsPlace,
  key: FolderKey,
  span: Span,
): Promise<readonly string[]> {
  const names = await readdir(recordingFolder(path.join(dataDir, RECORDING_FOLDER), key)).catch(
    (error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    },
  );
  const dates = new Set([
    ...(await trades.dates(key)),
    ...names.flatMap((name) => dateOfRecording(name) ?? []),
  ]);
  return [...dates]
    .filter((date) => overlap(span, spanOfDay(date)) !== undefined)
    .toSorted()
    .toReversed();
}

type DayRows = Part & { readonly stored: readonly Span[] };

/** A day whose file is not trusted counts as not stored. */
async function dayRows(place: RowsPlace, key: DayKey, span: Span, want: number): Promise<DayRows> {
  const isThere = (await place.trades.judge(key)).kind === 'trusted';
  const found = isThere ? await place.trades.newest(key, span, want) : undefined;
  if (found?.ok === false && found.failure.code !== 'not_stored')
    throw new StoreError(found.failure.code, found.failure.message);
  const file: (Part & { readonly manifest?: Manifest }) | undefined =
    found?.ok === true ? found.value : noRows;
  const { manifest } = file;
  if (manifest !== undefined && isFromArchive(manifest))
    return { ...file, stored: storedSpans(manifest, nothingRecorded) };
  const recorded = await recordedRows(place, key, span, want);
  return { ...joinParts(file, recorded), stored: storedSpans(manifest, recorded) };
}

const nothingRecorded: RecordedSpans = { spans: [], missed: [], bad: [] };

/** The spans are read first: whoever writes them has written their trades before. */
async function recordedRows(
  { dataDir }: RowsPlace,
  key: DayKey,
  span: Span,
  want: number,
): Promise<Part & RecordedSpans> {
  const journal = await readJournal({ dataDir, key, cut: undefined, copy: '', boot: bootId() });
  const [file] = journal?.files ?? [];
  const { spans = [], missed = [] } = journal ?? {};
  if (file === undefined) return { ...noRows, spans, missed, bad: [] };
  return { spans, missed, ...(await newestRecorded(file, span, want)) };
}
