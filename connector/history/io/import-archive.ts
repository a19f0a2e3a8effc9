/**
 * A daily archive file becomes a day's file of the cache: read, judged, sorted, freed of doubles and written inside the database,
 * read back, and then published in the place of whatever was there.
 */
import { type ArchiveLayout, archiveLayouts } from '../../bybit/archive-layout.ts';
import { readHeader } from '../store/archive-columns.ts';
import {
  directionOf,
  dropDoubles,
  faults,
  firstFault,
  firstReject,
  mayHaveDoubles,
  orderBy,
  orderOfFile,
  type Staging,
  stageArchive,
  stagedRows,
  WRONG_SYMBOL,
} from '../store/archive-sql.ts';
import { StoreError } from '../store/failures.ts';
import type { Manifest } from '../store/manifest.ts';
import { isFromArchive, wholeDay } from '../store/merge.ts';
import { type DayKey, dayFiles } from '../store/paths.ts';
import { spanOfDay } from '../store/spans.ts';
import { copyToParquet } from '../store/sql-text.ts';
import type { FileFacts } from '../store/trust.ts';
import type { Verification } from '../store/verification.ts';
import { type Announced, checkWhole, readFirstLine } from './archive-check.ts';
import { lineOfRow } from './archive-line.ts';
import type { Database } from './database.ts';
import { discard, publish } from './day-file.ts';
import { factsOfSynced } from './durable.ts';
import { type Content, contentOf, type Decimals, mostDecimalsOf, requireContent } from './read-back.ts';
import { TextPipe } from './text-pipe.ts';
import { together } from './together.ts';
import { compareFiles } from './verify-files.ts';
import type { Workshop } from './workshop.ts';

export type ArchiveImport = {
  readonly key: DayKey;
  /** The downloaded .csv.gz. It is only read. */
  readonly file: string;
  readonly url: string | null;
  readonly fetchedAt: number;
  readonly announced?: Announced;
};

export type ImportReport = {
  readonly manifest: Manifest;
  /** The recording that the archive replaced, held against it; null when there was none. */
  readonly verification: Verification | null;
};

/** Throws StoreError; then the cache is as it was. */
export async function importArchive(workshop: Workshop, request: ArchiveImport): Promise<ImportReport> {
  const { key, file } = request;
  const layout = archiveLayouts[key.category];
  const header = readHeader(await readFirstLine(file), layout);
  // A file that is cut off may be cut off in its first line: that is what is said of it then.
  if (!header.ok) {
    await checkWhole(file, request.announced ?? {});
    throw new StoreError(header.failure.code, `${file}: ${header.failure.message}`);
  }
  const staging: Staging = {
    file,
    isPacked: true,
    symbol: key.symbol,
    day: spanOfDay(key.date),
    layout,
    columns: header.value,
  };
  return await workshop.write(key, () => workshop.make((db) => convert(workshop, db, request, staging)));
}

async function convert(
  workshop: Workshop,
  db: Database,
  request: ArchiveImport,
  staging: Staging,
): Promise<ImportReport> {
  const { key, file } = request;
  const files = dayFiles(workshop.root, key, 'trades');
  const partial = workshop.partial(files.parquet);
  try {
    const fetched = await stageWhole(db, request, staging, workshop.partial(files.parquet));
    await requireTrades(db, file, key.symbol);
    const { order, doubles } = await writeStaged(db, partial, staging.layout, file);
    const [{ content, decimals }, written] = await together(
      readBack(db, partial, order),
      factsOfSynced(partial),
    );
    const before = await workshop.judge.judge(key, 'trades');
    const isRecording = before.kind === 'trusted' && !isFromArchive(before.manifest);
    const verification = isRecording
      ? await compareFiles(db, key.category, files.parquet, before.manifest.spans, partial)
      : null;
    if (written === undefined)
      throw new StoreError('readback_wrong', `${partial} vanished while it was being made`);
    const { date, environment, category, symbol } = key;
    const { rows, first, last } = content;
    const source = {
      source: 'archive',
      rows,
      url: request.url,
      ...fetched,
      fetched_at: request.fetchedAt,
    } as const;
    const manifest: Manifest = {
      version: 1,
      ...{ environment, category, symbol, date, rows, first, last },
      ...decimals,
      ...written,
      sources: [source],
      ...wholeDay(date),
      doubles,
      ...(verification === null ? {} : { only_recorded: verification.extra }),
      made_at: workshop.unixMs(),
    };
    await publish(files, partial, manifest);
    return { manifest, verification };
  } finally {
    await discard(partial);
  }
}

/** Reads the file into the database and to its end at the same time. Throws what is wrong with it. */
async function stageWhole(
  db: Database,
  { file, announced = {} }: ArchiveImport,
  staging: Staging,
  pipePath: string,
): Promise<FileFacts> {
  const pipe = await TextPipe.make(pipePath);
  try {
    const text = pipe === undefined ? staging : { ...staging, file: pipe.path, isPacked: false };
    const [fetched] = await together(checked(db, file, announced, pipe), staged(db, text, pipe));
    if (pipe?.isLeft === true) throw new StoreError('read_failed', `${file} was not read to its end`);
    return fetched;
  } finally {
    await pipe?.remove();
  }
}

async function checked(
  db: Database,
  file: string,
  announced: Announced,
  pipe: TextPipe | undefined,
): Promise<FileFacts> {
  try {
    return await checkWhole(file, announced, pipe && ((part) => pipe.write(part)));
  } catch (error) {
    db.interrupt();
    throw error;
  } finally {
    await pipe?.end();
  }
}

async function staged(db: Database, text: Staging, pipe: TextPipe | undefined): Promise<void> {
  try {
    await db.run(stageArchive(text));
  } finally {
    await pipe?.release();
  }
}

/** Throws when there is a row that cannot be a trade of the day. */
async function requireTrades(db: Database, file: string, symbol: string): Promise<void> {
  const [reject] = await db.rows(firstReject);
  if (reject !== undefined)
    throw new StoreError(
      'row_bad',
      `${file}, line ${reject.number('line')}: ${reject.text('why')} (${shortened(reject.text('text'))}). The file was not taken`,
    );
  const [bad] = await db.rows(firstFault);
  if (bad !== undefined) {
    const { line, text } = await lineOfRow(file, bad.number('row'));
    const fault = bad.number('fault');
    throw new StoreError(
      fault === WRONG_SYMBOL ? 'symbol_wrong' : 'row_bad',
      `${file}, line ${line} ${faults[fault] ?? ''} (${shortened(text)}; asked for: ${symbol}). The file was not taken`,
    );
  }
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

type Order = { readonly first: string; readonly last: string };
type Written = { readonly order: Order; readonly doubles: number };

async function writeStaged(
  db: Database,
  partial: string,
  layout: ArchiveLayout,
  file: string,
): Promise<Written> {
  const order = await db.one(orderOfFile);
  const rows = order.number('rows');
  if (rows === 0)
    throw new StoreError(
      'file_empty',
      `${file} has a header and no rows: there were no trades, or it is not filled yet`,
    );
  const direction = directionOf({ ups: order.number('ups'), downs: order.number('downs') });
  let kept = rows;
  if (layout.hasExchangeIds && (await db.one(mayHaveDoubles)).boolean('may')) {
    await db.run(dropDoubles(direction));
    kept = (await db.one('SELECT count(*) AS rows FROM staged')).number('rows');
  }
  const by = orderBy(direction);
  const isInOrder = order.number('downs') === 0;
  await db.run(copyToParquet(stagedRows(isInOrder ? undefined : by), partial));
  const last = direction === 'up' ? 'fine DESC, rowid DESC' : 'fine DESC, rowid';
  return { order: { first: by, last }, doubles: rows - kept };
}

/** Throws when the file does not hold what is staged. */
async function readBack(
  db: Database,
  partial: string,
  order: Order,
): Promise<{ readonly content: Content; readonly decimals: Decimals }> {
  const content = await contentOf(db, 'staged', order);
  const decimals = await mostDecimalsOf(db, 'staged');
  await requireContent(db, partial, content);
  return { content, decimals };
}
