/** SQL as text: literals, and the columns of a day's file. */

/** A text literal. File names and symbols are the only texts that get here from outside. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * The columns of a file of trades, in their order and with their types. `timestamp` is ms UTC; `seq` and `block` are null where the
 * source does not tell them; `side` is the taker's, 'buy' or 'sell'; `source` is 'archive', 'recording' or 'recent'.
 */
export const tradeColumns = {
  timestamp: 'BIGINT',
  seq: 'BIGINT',
  id: 'VARCHAR',
  price: 'DOUBLE',
  qty: 'DOUBLE',
  side: 'VARCHAR',
  block: 'BOOLEAN',
  rpi: 'BOOLEAN',
  source: 'VARCHAR',
} as const;

/**
 * Rows of a row group. The database closes a group at the end of the vector that reaches them, and its vectors hold up to 2,048 rows,
 * less where threads read a file in parts: so this is the most multiple of 2,048 of which no group gets more than 50,000. One minute
 * of a busy day lies in one or two groups, and a reader skips the others by their times.
 */
export const ROW_GROUP_ROWS = 47_104;

/**
 * Writes the rows of a query as Parquet. The file name is ours. The first level of zstd takes half the time of the usual one, and
 * leaves the same size: most of a file are ids, which do not compress.
 */
export function copyToParquet(query: string, file: string): string {
  return `COPY (${query}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`;
}

/** Where the rows of a Parquet file can be selected from; `place` is the row's number in it. */
export function parquetRows(file: string): string {
  return `(SELECT *, file_row_number AS place FROM read_parquet(${literal(file)}, file_row_number = true))`;
}

/** The condition of a span of ms, half-open. */
export function within({ from, to }: { readonly from: number; readonly to: number }): string {
  return `timestamp >= ${integer(from)} AND timestamp < ${integer(to)}`;
}

/** An integer literal; throws for what is none. */
export function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer`);
  return String(value);
}
