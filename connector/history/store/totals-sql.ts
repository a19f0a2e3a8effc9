/**
 * The sums of a day in SQL, exact: prices and quantities as integers of so many decimals, their products as integers, too.
 *
 * With p and q up to 10^15 a product p*q stays below 10^30 and its sum over 10^8 rows below 10^38, which is what the database's
 * 128 bits hold. p*p*q does not: it is added up in two parts, above and below 10^15 of p*p. Where the largest p and q of the span
 * leave a product within 64 bits, as those of every real market do, it is made there: seven times quicker. An overflow is an error of
 * the database, never a wrong sum.
 */
import { bigTenTo, tenTo } from '../../../shared/exact/decimal.ts';
import { EXACT_INTEGER_MAX, integerOf } from './decimals.ts';
import { integer } from './sql-text.ts';

/** The largest price and quantity of a span, and how many rows it has. */
export type Bounds = { readonly rows: number; readonly price: number; readonly qty: number };
export type Decimals = { readonly price_decimals: number; readonly qty_decimals: number };

/** So many rows at most, for the sums to fit. No market has had so many in a day. */
export const ROWS_MAX = 100_000_000;
const PART = 10n ** 15n;

/** Can the database add up? If not, the rows have more digits than a price of 15 has, and are added up one by one. */
export function fitsSql({ rows, price, qty }: Bounds, { price_decimals, qty_decimals }: Decimals): boolean {
  const fits = (value: number, decimals: number): boolean => value * tenTo(decimals) <= EXACT_INTEGER_MAX;
  return rows <= ROWS_MAX && fits(price, price_decimals) && fits(qty, qty_decimals);
}

/** A column of doubles as the integers of their decimals. */
export function integersOf(column: string, decimals: number): string {
  return `round(${column} * 1e${decimals})::BIGINT`;
}

/** The rows of a query as integers p and q, with what else is asked of them. */
export function integerRows(rows: string, { price_decimals, qty_decimals }: Decimals): string {
  return `(SELECT timestamp, price, side = 'buy' AS is_buy, ${integersOf('price', price_decimals)} AS p,
    ${integersOf('qty', qty_decimals)} AS q FROM ${rows})`;
}

/** The largest products of a row stay below this where they are made of 64 bits. */
const LONG_END = 2n ** 63n;

/** All sums over rows of `integerRows`. `session` and `rangeEnd` in ms; `bounds` as in `fitsSql`, which has said yes. */
export function sumsOf(
  rows: string,
  times: { readonly session: number; readonly rangeEnd: number },
  bounds: Bounds,
  decimals: Decimals,
): string {
  const sum = (value: string, filter?: string): string =>
    `coalesce(sum(${value})${filter === undefined ? '' : ` FILTER (${filter})`}, 0)::HUGEINT`;
  const early = `timestamp < ${integer(times.session)}`;
  const opening = `timestamp >= ${integer(times.session)} AND timestamp < ${integer(times.rangeEnd)}`;
  const p = integerOf(bounds.price, decimals.price_decimals);
  const q = integerOf(bounds.qty, decimals.qty_decimals);
  const notional = p * q < LONG_END ? 'p * q' : 'p::HUGEINT * q';
  const [high, low] =
    p * p * q < LONG_END
      ? ['0', 'p * p * q']
      : [`(p::HUGEINT * p // ${PART}) * q`, `(p::HUGEINT * p % ${PART}) * q`];
  return `SELECT count(*) AS trades, ${sum('q')} AS volume, ${sum('q', 'is_buy')} AS buys,
    ${sum(notional)} AS notional, ${sum(high)} AS squares_high, ${sum(low)} AS squares_low,
    ${sum('q', early)} AS early, ${sum('q', `${early} AND is_buy`)} AS early_buys,
    max(price) AS high, min(price) AS low, min(timestamp) AS first_at, max(timestamp) AS last_at,
    max(price) FILTER (${opening}) AS opening_high, min(price) FILTER (${opening}) AS opening_low FROM ${rows}`;
}

/** The two parts of the squares put together. */
export function squares(high: bigint, low: bigint): bigint {
  return high * PART + low;
}

/** Volumes by bin: floor(price / bin size), with both as integers of the same number of decimals. */
export function binsOf(rows: string, { price_decimals }: Decimals, binSize: string): string {
  const decimals = Math.max(price_decimals, binSize.split('.')[1]?.length ?? 0);
  const scale = bigTenTo(decimals - price_decimals);
  const width = integerOf(binSize, decimals);
  if (width === 0n) throw new RangeError('a bin has a width');
  return `SELECT ((p::HUGEINT * ${scale}) // ${width})::BIGINT AS bin, coalesce(sum(q) FILTER (is_buy), 0)::HUGEINT AS buy,
    coalesce(sum(q) FILTER (NOT is_buy), 0)::HUGEINT AS sell FROM ${rows} GROUP BY 1 ORDER BY 1`;
}
