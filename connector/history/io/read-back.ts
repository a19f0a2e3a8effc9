/** What a file of trades holds, read back from it: nothing is published that does not say what went in. */
import { decimalsOf, haveDecimals, mostDecimals } from '../store/decimals.ts';
import { StoreError } from '../store/failures.ts';
import type { Manifest } from '../store/manifest.ts';
import { literal, parquetRows } from '../store/sql-text.ts';
import type { Database, Row } from './database.ts';

/** Facts of rows that stand in a table or a file. */
export type Content = Pick<Manifest, 'rows' | 'first' | 'last'> & {
  readonly from: number | null;
  readonly to: number | null;
  /** Of all times, ids, prices and quantities together, in whatever order. */
  readonly digest: bigint;
};

const digestOf =
  'count(*) AS rows, min(timestamp) AS "from", max(timestamp) AS "to", coalesce(bit_xor(hash(timestamp, id, price, qty)), 0)::HUGEINT AS digest';

/** Of a table or query with the columns of trades; `order` is how its rows will stand in the file. */
export async function contentOf(
  db: Database,
  table: string,
  order: { readonly first: string; readonly last: string },
): Promise<Content> {
  const sums = await db.one(`SELECT ${digestOf} FROM ${table}`);
  const end = async (by: string): Promise<Manifest['first']> => {
    const [row] = await db.rows(`SELECT timestamp, id FROM ${table} ORDER BY ${by} LIMIT 1`);
    return row === undefined ? null : { timestamp: row.number('timestamp'), id: row.text('id') };
  };
  return contentFrom(sums, await end(order.first), await end(order.last));
}

function contentFrom(sums: Row, first: Manifest['first'], last: Manifest['last']): Content {
  return {
    rows: sums.number('rows'),
    first,
    last,
    from: sums.numberOrNull('from'),
    to: sums.numberOrNull('to'),
    digest: sums.bigint('digest'),
  };
}

/** Throws when the file does not hold what was written, in the order of time. */
export async function requireContent(db: Database, file: string, written: Content): Promise<void> {
  const read = await contentOf(db, parquetRows(file), { first: 'place', last: 'place DESC' });
  const step = await db.one(
    `SELECT count(*) AS backwards FROM (SELECT timestamp, lag(timestamp) OVER () AS before FROM read_parquet(${literal(file)}))
     WHERE timestamp < before`,
  );
  const told = (content: Content): string =>
    JSON.stringify({ ...content, digest: content.digest.toString(16) });
  if (told(read) !== told(written) || step.number('backwards') !== 0)
    throw new StoreError(
      'readback_wrong',
      `${file} does not hold what was written: ${told(read)} instead of ${told(written)}, ${step.number('backwards')} rows out of order. ` +
        'The disk or the memory of this machine may be faulty',
    );
}

export type Decimals = Pick<Manifest, 'price_decimals' | 'qty_decimals'>;

/** The most decimals of the prices and quantities. A few rows give the guess, which is then proved on all. */
export async function mostDecimalsOf(db: Database, table: string): Promise<Decimals> {
  const sample = await db.rows(`SELECT price, qty FROM ${table} LIMIT 500`);
  const guess = (column: string): number =>
    Math.max(0, ...sample.map((row) => decimalsOf(row.number(column))));
  const [price, qty] = [guess('price'), guess('qty')];
  const proof = await db.one(
    `SELECT coalesce(${haveDecimals('price', price)}, true) AS price, coalesce(${haveDecimals('qty', qty)}, true) AS qty FROM ${table}`,
  );
  const most = async (column: string): Promise<number> =>
    (await db.one(`SELECT ${mostDecimals(column)} AS most FROM ${table}`)).number('most');
  return {
    price_decimals: proof.boolean('price') ? price : await most('price'),
    qty_decimals: proof.boolean('qty') ? qty : await most('qty'),
  };
}
