/** Stored trades on their way into JavaScript: as columns, some 2,000 rows at a time. */
import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import { InvariantError } from '../../../shared/errors.ts';
import type { Side } from '../../../shared/market.ts';
import { type Source, sources } from '../store/manifest.ts';
import type { TradeRow } from '../store/verification.ts';
import type { Database } from './database.ts';

/** Trades as columns of the same length; what each holds: TradeRow. */
export type TradeBatch = {
  readonly rows: number;
  readonly timestamp: readonly number[];
  readonly seq: readonly (number | null)[];
  readonly id: readonly string[];
  readonly price: readonly number[];
  readonly qty: readonly number[];
  readonly side: readonly Side[];
  readonly block: readonly (boolean | null)[];
  readonly rpi: readonly (boolean | null)[];
  readonly source: readonly (Source | null)[];
};

/** The columns that `batchesOf` reads: numbers as doubles (exact up to 2^53), words as what they stand for. */
export const batchColumns = `timestamp::DOUBLE AS timestamp, seq::DOUBLE AS seq, id, price, qty, side = 'buy' AS is_buy, block, rpi,
  CASE source ${sources.map((source, index) => `WHEN '${source}' THEN ${index}`).join(' ')} END::TINYINT AS source`;

/** The rows of a query that selects `batchColumns`. */
export async function* batchesOf(db: Database, query: string): AsyncGenerator<TradeBatch, void, void> {
  for await (const chunk of db.chunks(query)) yield batchOf(chunk);
}

function batchOf(chunk: DuckDBDataChunk): TradeBatch {
  const column = <T>(index: number, read: (value: DuckDBValue) => T): readonly T[] =>
    chunk.getColumnValues(index).map(read);
  return {
    rows: chunk.rowCount,
    timestamp: column(0, numeric),
    seq: column(1, (value) => (value === null ? null : numeric(value))),
    id: column(2, (value) => (typeof value === 'string' ? value : wrong(value))),
    price: column(3, numeric),
    qty: column(4, numeric),
    side: column(5, (value) => (value === true ? 'buy' : 'sell')),
    block: column(6, mark),
    rpi: column(7, mark),
    source: column(8, (value) => (typeof value === 'number' ? (sources[value] ?? null) : null)),
  };
}

function numeric(value: DuckDBValue): number {
  return typeof value === 'number' ? value : wrong(value);
}

function mark(value: DuckDBValue): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

function wrong(value: DuckDBValue): never {
  throw new InvariantError(`a stored trade has ${String(value)} where there is always a value`);
}

/** The rows of a batch one by one. */
export function* rowsOf(batch: TradeBatch): Generator<TradeRow, void, void> {
  for (const [index, timestamp] of batch.timestamp.entries()) {
    const [id, price, qty, side] = [batch.id[index], batch.price[index], batch.qty[index], batch.side[index]];
    if (id === undefined || price === undefined || qty === undefined || side === undefined) return;
    yield {
      timestamp,
      seq: batch.seq[index] ?? null,
      id,
      price,
      qty,
      side,
      block: batch.block[index] ?? null,
      rpi: batch.rpi[index] ?? null,
      source: batch.source[index] ?? null,
    };
  }
}

/** All rows of a query that selects `batchColumns`: for few rows. Sees temporary tables. */
export async function allRows(db: Database, query: string): Promise<readonly TradeRow[]> {
  return (await db.columns(query)).flatMap((chunk) => [...rowsOf(batchOf(chunk))]);
}
