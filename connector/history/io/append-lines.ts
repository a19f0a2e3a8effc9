/**
 * Lines of a recording, or of the exchange's newest trades, become rows of the day's file: those that it has not are added. A file
 * from the archive stays as it is.
 */
import { open } from 'node:fs/promises';
import { failureOf, StoreError } from '../store/failures.ts';
import type { Manifest, ManifestGap } from '../store/manifest.ts';
import { addCoverage, addSource, type Coverage, emptyCoverage, growthOf } from '../store/merge.ts';
import { type DayKey, dayFiles } from '../store/paths.ts';
import {
  badLines,
  dropDoubles,
  dropStored,
  freshRows,
  grownRows,
  grownRowsInOrder,
  lastLines,
  readLines,
  recordedOrder,
  recordedOrderReversed,
} from '../store/recording-sql.ts';
import { type Span, spanOfDay, union, without } from '../store/spans.ts';
import { copyToParquet } from '../store/sql-text.ts';
import type { Database, Row } from './database.ts';
import { discard, publish } from './day-file.ts';
import { factsOf } from './durable.ts';
import { contentOf, mostDecimalsOf, requireContent } from './read-back.ts';
import type { Workshop } from './workshop.ts';

export type LinesImport = {
  readonly key: DayKey;
  /** Files of lines (store/recording-sql.ts), in the order in which they were written. They are only read. */
  readonly files: readonly string[];
  readonly source: 'recording' | 'recent';
  /** What they cover completely (ms), and what is known to be missing. Other days are cut off. */
  readonly spans: readonly Span[];
  readonly gaps: readonly ManifestGap[];
  readonly fetchedAt: number;
};

export type LinesReport = {
  readonly manifest: Manifest;
  /** False: the day is the archive's already, and nothing was changed. */
  readonly isTaken: boolean;
  /** Rows that were new, that the file had, that occurred twice in the lines, and of other days. */
  readonly added: number;
  readonly known: number;
  readonly doubles: number;
  readonly otherDays: number;
  /** Lines without their end, and lines that could not be read: each of these left a gap. */
  readonly torn: number;
  readonly bad: number;
  /** Where the first bad line is; null when there is none. */
  readonly firstBad: string | null;
};

/** More bad lines than this, and the files are refused: they are something else. */
const BAD_MAX = 1_000;

/** Throws StoreError; then the cache is as it was. */
export function appendLines(workshop: Workshop, request: LinesImport): Promise<LinesReport> {
  return workshop.write(request.key, async () => {
    const before = growthOf(await workshop.judge.judge(request.key, 'trades'));
    if (before.kind === 'keep') return untaken(before.manifest);
    return workshop.make((db) =>
      grow(workshop, db, request, before.kind === 'grow' ? before.manifest : undefined),
    );
  });
}

function untaken(manifest: Manifest): LinesReport {
  const none = { added: 0, known: 0, doubles: 0, otherDays: 0, torn: 0, bad: 0, firstBad: null };
  return { manifest, isTaken: false, ...none };
}

async function grow(
  workshop: Workshop,
  db: Database,
  request: LinesImport,
  before: Manifest | undefined,
): Promise<LinesReport> {
  const { key, source } = request;
  const files = dayFiles(workshop.root, key, 'trades');
  const partial = workshop.partial(files.parquet);
  const stored = before === undefined ? undefined : files.parquet;
  try {
    const found = await loadLines(db, request, stored);
    const rows = grownRows(stored);
    const content = await contentOf(db, rows, { first: recordedOrder, last: recordedOrderReversed });
    await db.run(copyToParquet(grownRowsInOrder(stored), partial));
    await requireContent(db, partial, content);
    const written = await factsOf(partial);
    if (written === undefined)
      throw new StoreError('readback_wrong', `${partial} vanished while it was being made`);
    const { date, environment, category, symbol } = key;
    const entry = {
      source,
      rows: found.added,
      url: null,
      bytes: null,
      sha256: null,
      fetched_at: request.fetchedAt,
    };
    const manifest: Manifest = {
      version: 1,
      ...{ environment, category, symbol, date },
      ...{ rows: content.rows, first: content.first, last: content.last },
      ...(await mostDecimalsOf(db, rows)),
      ...written,
      sources: [...addSource(before?.sources ?? [], entry)],
      ...addCoverage(date, before ?? emptyCoverage, found.coverage),
      doubles: (before?.doubles ?? 0) + found.doubles,
      made_at: workshop.unixMs(),
    };
    await publish(files, partial, manifest);
    const { coverage: _, ...counts } = found;
    return { manifest, isTaken: true, ...counts };
  } finally {
    await discard(partial);
  }
}

type Loaded = Omit<LinesReport, 'manifest' | 'isTaken'> & { readonly coverage: Coverage };

/** Makes the table `fresh` of the rows that are to be added. */
async function loadLines(db: Database, request: LinesImport, stored: string | undefined): Promise<Loaded> {
  const day = spanOfDay(request.key.date);
  try {
    await db.run(readLines(request.files, request.source));
  } catch (error) {
    const { code, message } = failureOf(error, 'journal_bad', `read ${request.files.join(', ')}`);
    throw new StoreError(code, message);
  }
  const told = (await db.one('SELECT count(*) AS rows FROM told WHERE is_trade')).number('rows');
  const torn = await tornLines(db);
  const bad = await db.rows(badLines(torn));
  if (bad.length > BAD_MAX)
    throw new StoreError(
      'journal_bad',
      `${where(bad[0])} and ${bad.length - 1} more lines are no trades: the file is something else`,
    );
  await db.run(freshRows(day));
  const count = async (): Promise<number> =>
    (await db.one('SELECT count(*) AS rows FROM fresh')).number('rows');
  const ofDay = await count();
  await db.run(dropDoubles);
  const once = await count();
  if (stored !== undefined) await db.run(dropStored(stored));
  const added = await count();
  return {
    added,
    known: once - added,
    doubles: ofDay - once,
    otherDays: told - ofDay,
    torn: torn.length,
    bad: bad.length,
    firstBad: bad[0] === undefined ? null : `${where(bad[0])} is no trade`,
    coverage: coverageOf(request, bad, day),
  };
}

function where(row: Row | undefined): string {
  return row === undefined ? 'no line' : `${row.text('file')}, line ${row.number('line')}`;
}

/** Places of last lines that are no trades since their end is missing. */
async function tornLines(db: Database): Promise<readonly number[]> {
  const torn: number[] = [];
  for (const row of await db.rows(lastLines))
    if (!row.boolean('is_trade') && !(await endsWithLineFeed(row.text('file'))))
      torn.push(row.number('place'));
  return torn;
}

async function endsWithLineFeed(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, Math.max(0, size - 1));
    return last[0] === 0x0a;
  } finally {
    await handle.close();
  }
}

/** What a bad line told is lost: from the trade before it to the trade after it nothing is complete. */
function coverageOf({ spans, gaps }: LinesImport, bad: readonly Row[], day: Span): Coverage {
  const lost = union(
    bad.map((row) => ({
      from: row.numberOrNull('before') ?? day.from,
      to: (row.numberOrNull('after') ?? day.to - 1) + 1,
    })),
  );
  const whole = spans.flatMap((span) => without(span, lost));
  return {
    spans: whole.map(({ from, to }) => ({ from, to, exactness: 'exact' })),
    gaps: [...gaps, ...lost.map(({ from, to }) => ({ from, to, cause: 'bad_line' }))],
  };
}
