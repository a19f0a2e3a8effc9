/**
 * Lines of a recording as rows, in SQL. The form of a line, one JSON object each, UTF-8, ended by a line feed:
 *
 *   {"timestamp":1788825600449,"seq":1783284617,"id":"2f0b...","price":93500.1,"qty":0.25,"side":"buy","block":null,"rpi":false}
 *
 * `timestamp` is ms UTC; `seq`, `block` and `rpi` may be null or left out; other fields are ignored. A file holds lines of one
 * symbol, of one day or more, in the order in which they were seen. A process that was killed may leave a last line without its
 * end: it is left out, since what it tells was not confirmed. Any other line that cannot be read leaves a gap.
 */
import type { Source } from './manifest.ts';
import type { Span } from './spans.ts';
import { literal, tradeColumns, within } from './sql-text.ts';

/**
 * Every line of the files as a row of a table `told`; what cannot be read is null. The lines are parted first and parsed then: the
 * database's own reader of such files takes the line after a broken one for a part of it.
 */
export function readLines(files: readonly string[], source: Source): string {
  const { source: _, ...columns } = tradeColumns;
  const names = Object.keys(columns);
  const lines = `read_csv([${files.map(literal).join(', ')}], header = false, auto_detect = false, delim = '\u0001', quote = '',
    escape = '', columns = {'line': 'VARCHAR'}, filename = true, max_line_size = ${LINE_MAX}, compression = 'none')`;
  return `CREATE TEMP TABLE told AS SELECT place, file, ${names.map((name) => `row.${name}`).join(', ')},
      ${literal(source)} AS source, ${isTrade} AS is_trade
    FROM (SELECT row_number() OVER () AS place, filename AS file,
      from_json(CASE WHEN json_valid(line) THEN line END, ${literal(JSON.stringify(columns))}) AS row FROM ${lines})`;
}

/** A longer line is no trade; it refuses the file. */
const LINE_MAX = 65_536;

const isTrade = `coalesce(row.timestamp >= 0 AND length(row.id) BETWEEN 1 AND 64 AND isfinite(row.price) AND row.price > 0
    AND isfinite(row.qty) AND row.qty > 0 AND row.side IN ('buy', 'sell'), false)`;

/** The last line of each file: its place, and whether it is a trade. */
export const lastLines =
  'SELECT file, max(place) AS place, arg_max(is_trade, place) AS is_trade FROM told GROUP BY file';

/** The lines that are no trades, each with its number in its file and the times of the trades around it; null at the ends. */
export function badLines(besides: readonly number[]): string {
  const left = besides.length === 0 ? '' : ` AND place NOT IN (${besides.join(', ')})`;
  return `SELECT file, place - min(place) OVER (PARTITION BY file) + 1 AS line, before, after FROM (
    SELECT file, place, is_trade,
      last_value(CASE WHEN is_trade THEN timestamp END IGNORE NULLS) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS before,
      first_value(CASE WHEN is_trade THEN timestamp END IGNORE NULLS)
        OVER (ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS after FROM told)
    QUALIFY NOT is_trade${left} ORDER BY place`;
}

/** The trades of the day as a table `fresh`. */
export function freshRows(day: Span): string {
  return `CREATE TEMP TABLE fresh AS SELECT * EXCLUDE (file, is_trade) FROM told WHERE is_trade AND ${within(day)}`;
}

/** Removes all but the first of the rows with one id. */
export const dropDoubles = `DELETE FROM fresh WHERE place IN (SELECT place FROM (
  SELECT place, row_number() OVER (PARTITION BY id ORDER BY place) AS nth FROM fresh) WHERE nth > 1)`;

/** Removes the rows that a file has already. */
export function dropStored(file: string): string {
  return `DELETE FROM fresh WHERE id IN (SELECT id FROM read_parquet(${literal(file)}))`;
}

/** The order of the exchange: by time, then by its sequence where there is one, then by the order of telling. */
export const recordedOrder = 'timestamp, seq NULLS LAST, part, place';
export const recordedOrderReversed = 'timestamp DESC, seq DESC NULLS FIRST, part DESC, place DESC';

/** Stored rows, if any, and fresh ones together, with what they are ordered by. */
export function grownRows(stored: string | undefined): string {
  const names = Object.keys(tradeColumns).join(', ');
  const fresh = `SELECT ${names}, 1 AS part, place FROM fresh`;
  if (stored === undefined) return `(${fresh})`;
  return `(SELECT ${names}, 0 AS part, file_row_number AS place FROM read_parquet(${literal(stored)}, file_row_number = true)
    UNION ALL ${fresh})`;
}

export function grownRowsInOrder(stored: string | undefined): string {
  return `SELECT ${Object.keys(tradeColumns).join(', ')} FROM ${grownRows(stored)} ORDER BY ${recordedOrder}`;
}
