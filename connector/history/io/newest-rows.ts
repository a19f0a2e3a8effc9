/** The newest trades of a span in a day's file, down to a whole millisecond. */
import { cutToMoments, type Part } from '../rows/newest.ts';
import type { Span } from '../store/spans.ts';
import { integer, literal, parquetRows, within } from '../store/sql-text.ts';
import type { Database } from './database.ts';
import { allRows, batchColumns } from './trade-rows.ts';

/** At least `want` of them, where there are so many. */
export async function newestRows(db: Database, file: string, span: Span, want: number): Promise<Part> {
  // One more says whether there are any.
  const [edge] = await db.rows(
    `SELECT timestamp FROM read_parquet(${literal(file)}) WHERE ${within(span)} ORDER BY timestamp DESC LIMIT 1 OFFSET ${integer(want)}`,
  );
  const from = edge === undefined ? span.from : edge.number('timestamp');
  const found = await allRows(
    db,
    `SELECT ${batchColumns} FROM ${parquetRows(file)} WHERE ${within({ from, to: span.to })} ORDER BY place DESC`,
  );
  // The edge's own millisecond is whole; whether something is older than that nobody has asked yet.
  const part = cutToMoments({ rows: found, more: false }, want);
  if (part.more || edge === undefined) return part;
  const older = await db.rows(
    `SELECT 1 AS one FROM read_parquet(${literal(file)}) WHERE ${within({ from: span.from, to: from })} LIMIT 1`,
  );
  return { ...part, more: older.length > 0 };
}
