/** The sums of a span of a day, added up where its rows are. */
import { type DayTotals, emptyDayTotals, type TotalsPlace } from '../../../shared/day-totals.ts';
import { StoreError } from '../store/failures.ts';
import type { Manifest } from '../store/manifest.ts';
import type { Span } from '../store/spans.ts';
import { literal, within } from '../store/sql-text.ts';
import { type IntegerSums, RowSums, type TotalsOf, timesOf, totalsFrom } from '../store/totals.ts';
import { binsOf, fitsSql, integerRows, squares, sumsOf } from '../store/totals-sql.ts';
import type { Database, Row } from './database.ts';
import { batchColumns, batchesOf, rowsOf } from './trade-rows.ts';

/** `span` within the day; `binSize` a canonical decimal, as shared/day-totals.ts has it. */
export async function sumDay(
  db: Database,
  file: string,
  manifest: Manifest,
  span: Span,
  binSize: string,
): Promise<DayTotals> {
  const of: TotalsOf = {
    category: manifest.category,
    symbol: manifest.symbol,
    date: manifest.date,
    bin_size: binSize,
  };
  const rows = `(SELECT * FROM read_parquet(${literal(file)}) WHERE ${within(span)})`;
  const found = await db.one(
    `SELECT count(*) AS rows, coalesce(max(price), 0) AS price, coalesce(max(qty), 0) AS qty FROM ${rows}`,
  );
  const bounds = { rows: found.number('rows'), price: found.number('price'), qty: found.number('qty') };
  requireBinSize(binSize, bounds.price);
  if (bounds.rows === 0) return emptyDayTotals(of);
  if (!fitsSql(bounds, manifest)) return sumOneByOne(db, rows, of, manifest);
  const integers = integerRows(rows, manifest);
  const sums = await db.one(sumsOf(integers, timesOf(of.date), bounds, manifest));
  const bins = await db.rows(binsOf(integers, manifest, of.bin_size));
  const first = await placeAt(db, file, sums.number('first_at'), 'id');
  const last = await placeAt(db, file, sums.number('last_at'), 'id DESC');
  return totalsFrom(of, { ...integerSums(sums, bins), first, last }, manifest);
}
/** The number of a bin must be an integer that JSON can carry. */
function requireBinSize(binSize: string, highest: number): void {
  const isRight = /^(0|[1-9]\d*)(\.\d*[1-9])?$/.test(binSize) && Number(binSize) > 0;
  if (isRight && highest / Number(binSize) < Number.MAX_SAFE_INTEGER) return;
  throw new StoreError(
    'bin_size_wrong',
    `bins of ${JSON.stringify(binSize.slice(0, 40))} cannot be numbered at a price of ${highest}: give a tick size such as 0.1`,
  );
}

function integerSums(sums: Row, bins: readonly Row[]): Omit<IntegerSums, 'first' | 'last'> {
  return {
    trades: sums.number('trades'),
    volume: sums.bigint('volume'),
    buys: sums.bigint('buys'),
    notional: sums.bigint('notional'),
    squares: squares(sums.bigint('squares_high'), sums.bigint('squares_low')),
    early: sums.bigint('early'),
    earlyBuys: sums.bigint('early_buys'),
    high: sums.numberOrNull('high'),
    low: sums.numberOrNull('low'),
    openingHigh: sums.numberOrNull('opening_high'),
    openingLow: sums.numberOrNull('opening_low'),
    bins: bins.map((bin) => [bin.number('bin'), bin.bigint('buy'), bin.bigint('sell')]),
  };
}

/**
 * One trade of a millisecond, by id (isPlaceBefore). The database compares texts by their bytes, which is the same order for all
 * characters up to U+D7FF; the ids of exchanges are ASCII.
 */
async function placeAt(db: Database, file: string, at: number, order: string): Promise<TotalsPlace | null> {
  const [row] = await db.rows(
    `SELECT timestamp, price, id FROM read_parquet(${literal(file)}) WHERE ${within({ from: at, to: at + 1 })} ORDER BY ${order} LIMIT 1`,
  );
  return row === undefined
    ? null
    : { timestamp: row.number('timestamp'), price: row.number('price'), id: row.text('id') };
}

async function sumOneByOne(db: Database, rows: string, of: TotalsOf, manifest: Manifest): Promise<DayTotals> {
  const sums = new RowSums(of, manifest);
  for await (const batch of batchesOf(db, `SELECT ${batchColumns} FROM ${rows}`))
    for (const row of rowsOf(batch)) sums.add(row);
  return sums.totals();
}
