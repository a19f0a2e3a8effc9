/** The files of older programs: `backfill_2026-08-01.parquet` with the columns T, i, p, q, s, m. Written for them, and read. */
import { StoreError } from '../store/failures.ts';
import type { Manifest } from '../store/manifest.ts';
import { type DayKey, dayFiles } from '../store/paths.ts';
import type { Span } from '../store/spans.ts';
import { copyToParquet, literal, parquetRows, within } from '../store/sql-text.ts';
import type { Database } from './database.ts';
import { discard, publish } from './day-file.ts';
import { factsOf } from './durable.ts';
import { contentOf } from './read-back.ts';
import { batchColumns, batchesOf, type TradeBatch } from './trade-rows.ts';
import type { Workshop } from './workshop.ts';

/** Time (ms), id, price, quantity, the taker's side, and whether the buyer was the maker: the taker sold. */
const legacyColumns = `timestamp AS "T", id AS i, price AS p, qty AS q, side AS s, side = 'sell' AS m`;

/** A legacy file as rows with our columns. What it does not know is null. */
export function legacyRows(file: string): string {
  return `(SELECT "T"::BIGINT AS timestamp, NULL::BIGINT AS seq, i::VARCHAR AS id, p::DOUBLE AS price, q::DOUBLE AS qty,
    CASE WHEN m THEN 'sell' ELSE 'buy' END AS side, NULL::BOOLEAN AS block, NULL::BOOLEAN AS rpi, NULL::VARCHAR AS source,
    file_row_number AS place FROM read_parquet(${literal(file)}, file_row_number = true))`;
}

/** Writes the day once more in that form, with a manifest of its own. Throws StoreError when the day is not stored. */
export function writeLegacy(
  workshop: Workshop,
  key: DayKey,
): Promise<{ readonly file: string; readonly rows: number }> {
  return workshop.write(key, async () => {
    const trust = await workshop.judge.judge(key, 'trades');
    if (trust.kind !== 'trusted')
      throw new StoreError('not_stored', `${key.symbol} of ${key.date} is not stored: fetch it first`);
    return workshop.make((db) => convert(workshop, db, key, trust.manifest));
  });
}

async function convert(
  workshop: Workshop,
  db: Database,
  key: DayKey,
  manifest: Manifest,
): Promise<{ readonly file: string; readonly rows: number }> {
  const from = dayFiles(workshop.root, key, 'trades').parquet;
  const files = dayFiles(workshop.root, key, 'legacy');
  const partial = workshop.partial(files.parquet);
  try {
    await db.run(copyToParquet(`SELECT ${legacyColumns} FROM read_parquet(${literal(from)})`, partial));
    const inOrder = { first: 'place', last: 'place DESC' };
    const read = await contentOf(db, legacyRows(partial), inOrder);
    const stored = await contentOf(db, parquetRows(from), inOrder);
    if (read.digest !== stored.digest || read.rows !== stored.rows)
      throw new StoreError(
        'readback_wrong',
        `${partial} does not hold what was written. The disk or the memory of this machine may be faulty`,
      );
    const written = await factsOf(partial);
    if (written === undefined)
      throw new StoreError('readback_wrong', `${partial} vanished while it was being made`);
    await publish(files, partial, { ...manifest, ...written, made_at: workshop.unixMs() });
    return { file: files.parquet, rows: read.rows };
  } finally {
    await discard(partial);
  }
}

/** The trades of a legacy file, whoever wrote it, in its own order. */
export function readLegacy(db: Database, file: string, span: Span): AsyncGenerator<TradeBatch, void, void> {
  return batchesOf(db, `SELECT ${batchColumns} FROM ${legacyRows(file)} WHERE ${within(span)}`);
}
