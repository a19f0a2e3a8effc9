/** A recording held against the archive of the same day: two Parquet files with the columns of trades. */
import type { Category } from '../../../shared/market.ts';
import type { Span } from '../store/spans.ts';
import { parquetRows } from '../store/sql-text.ts';
import { duringAny, joinSides, matchesById, percentageOf, type Verification } from '../store/verification.ts';
import type { Database } from './database.ts';
import { allRows, batchColumns } from './trade-rows.ts';

/** How many rows of each kind are shown. */
const SHOWN = 20;

/** `spans`: what of the day was recorded completely. `db` holds no table `joined` before or after. */
export async function compareFiles(
  db: Database,
  category: Category,
  recording: string,
  spans: readonly Span[],
  archive: string,
  shown: number = SHOWN,
): Promise<Verification> {
  const during = duringAny(spans);
  await db.run(joinSides(category, archive, recording));
  try {
    const counts = await db.one(
      `SELECT count(*) FILTER (archived) AS archived, count(*) FILTER (recorded) AS recorded,
       count(*) FILTER (archived AND recorded) AS matched, count(*) FILTER (archived AND ${during}) AS expected,
       count(*) FILTER (archived AND NOT recorded AND ${during}) AS missing,
       count(*) FILTER (recorded AND NOT archived) AS extra, count(*) FILTER (differs) AS different FROM joined`,
    );
    const first = (file: string, place: string, which: string): string =>
      `SELECT ${batchColumns} FROM ${parquetRows(file)} WHERE place IN (
        SELECT ${place} FROM joined WHERE ${which} ORDER BY timestamp, ${place} LIMIT ${shown}) ORDER BY place`;
    const [expected, missing] = [counts.number('expected'), counts.number('missing')];
    return {
      matched_by: matchesById(category) ? 'id' : 'values',
      recorded: counts.number('recorded'),
      archived: counts.number('archived'),
      expected,
      matched: counts.number('matched'),
      missing,
      extra: counts.number('extra'),
      different: counts.number('different'),
      percentage: percentageOf(expected, missing),
      missing_rows: await allRows(
        db,
        first(archive, 'archive_place', `archived AND NOT recorded AND ${during}`),
      ),
      extra_rows: await allRows(db, first(recording, 'recording_place', 'recorded AND NOT archived')),
    };
  } finally {
    await db.run('DROP TABLE IF EXISTS joined');
  }
}
