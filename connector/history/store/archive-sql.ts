/**
 * From an archive file to rows in order, in SQL: no row passes through JavaScript.
 *
 * The file becomes a table `staged` in the file's own order (`rowid`), its times as exact decimals. A row's `fault` says why it
 * cannot be a trade; one such row refuses the file.
 */
import type { ArchiveLayout } from '../../bybit/archive-layout.ts';
import type { ArchiveColumns } from './archive-columns.ts';
import type { Span } from './spans.ts';
import { integer, literal } from './sql-text.ts';

/** What is wrong with a row, by its `fault`; 0 is a good one. */
export const faults = [
  'is right',
  'is of another symbol',
  'has a time outside the day',
  'has a side that is neither',
  'has a price that is not above 0',
  'has a quantity that is not above 0',
  'has no id of 1 to 64 characters',
  'has an RPI mark that is neither 0 nor 1',
] as const;
export const WRONG_SYMBOL = faults.indexOf('is of another symbol');

export type Staging = {
  readonly file: string;
  /** Compressed, as it comes. False: its text. */
  readonly isPacked: boolean;
  readonly symbol: string;
  readonly day: Span;
  readonly layout: ArchiveLayout;
  readonly columns: ArchiveColumns;
};

/** What is read at a time, and then parsed by one thread: half of the usual, so that the threads begin earlier and end together. */
const BUFFER_BYTES = 16 << 20;

/** Reads the file. Lines that do not even have the right columns or numbers are left out and listed in `reject_errors`. */
export function stageArchive({ file, isPacked, symbol, day, layout, columns }: Staging): string {
  const isSeconds = layout.timeUnit === 'seconds';
  const types = new Map([
    [layout.time, isSeconds ? 'DECIMAL(18,8)' : 'BIGINT'],
    [layout.price, 'DOUBLE'],
    [layout.qty, 'DOUBLE'],
  ]);
  const spec = columns.names.map((name) => `${literal(name)}: ${literal(types.get(name) ?? 'VARCHAR')}`);
  const of = (name: string): string => `raw.${quoted(name)}`;
  const time = of(layout.time);
  // Floored to the millisecond by decimals: a float of seconds would miss some by one.
  const ms = isSeconds
    ? `floor(${time})::BIGINT * 1000 + floor((${time} - floor(${time})) * 1000)::BIGINT`
    : time;
  // Days begin at whole seconds.
  const inUnits = (at: number): string => integer(isSeconds ? at / 1_000 : at);
  const side = of(layout.side);
  const rpi = of(layout.rpi);
  const hasPositive = (name: string): string => `coalesce(isfinite(${of(name)}) AND ${of(name)} > 0, false)`;
  const tests = [
    layout.symbol === null ? 'false' : `${of(layout.symbol)} IS DISTINCT FROM ${literal(symbol)}`,
    `NOT coalesce(${time} >= ${inUnits(day.from)} AND ${time} < ${inUnits(day.to)}, false)`,
    `${side} IS NULL OR ${side} NOT IN (${literal(layout.buy)}, ${literal(layout.sell)})`,
    `NOT ${hasPositive(layout.price)}`,
    `NOT ${hasPositive(layout.qty)}`,
    `NOT coalesce(length(${of(layout.id)}) BETWEEN 1 AND 64, false)`,
    columns.hasRpi ? `coalesce(${rpi}, '') NOT IN ('', '0', '1')` : 'false',
  ];
  const fault = tests.map((test, index) => `WHEN ${test} THEN ${index + 1}`).join(' ');
  return `CREATE TEMP TABLE staged AS SELECT ${time} AS fine, ${ms} AS timestamp, ${of(layout.id)} AS id,
    ${of(layout.price)} AS price, ${of(layout.qty)} AS qty, ${side} = ${literal(layout.buy)} AS is_buy,
    ${columns.hasRpi ? `CASE ${rpi} WHEN '1' THEN true WHEN '0' THEN false END` : 'NULL::BOOLEAN'} AS rpi,
    (CASE ${fault} ELSE 0 END)::UTINYINT AS fault
  FROM read_csv(${literal(file)}, header = true, auto_detect = false, delim = ',', quote = '', escape = '',
    compression = ${isPacked ? "'gzip'" : "'none'"}, columns = {${spec.join(', ')}}, store_rejects = true, rejects_limit = 1,
    buffer_size = ${BUFFER_BYTES}) AS raw`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The first line that has not the right columns or numbers. `line` counts from 1, the header is 1. */
export const firstReject =
  "SELECT line, coalesce(csv_line, '') AS text, error_message AS why FROM reject_errors ORDER BY line, column_idx LIMIT 1";

/** The first row with a fault, by its number from 0. */
export const firstFault = 'SELECT rowid AS row, fault FROM staged WHERE fault > 0 ORDER BY rowid LIMIT 1';

/** How many rows there are, and how often the time goes up and down from one row to the next. */
export const orderOfFile = `SELECT count(*) AS rows, count(*) FILTER (fine > before) AS ups, count(*) FILTER (fine < before) AS downs
  FROM (SELECT fine, lag(fine) OVER () AS before FROM staged)`;

/** Whether any id may occur twice: equal digests. No: none does. Sorting digests takes two thirds of the time of a table of them. */
export const mayHaveDoubles = `SELECT count(*) > 0 AS may
  FROM (SELECT digest, lag(digest) OVER (ORDER BY digest) AS before FROM (SELECT hash(id) AS digest FROM staged)) WHERE digest = before`;

/** In which order rows of one time stand: as in the file, or from its end where it runs down. */
export type Direction = 'up' | 'down';

export function directionOf({ ups, downs }: { readonly ups: number; readonly downs: number }): Direction {
  return downs > ups ? 'down' : 'up';
}

/** The order of the exchange: by the finer time, then by the place in the file. */
export function orderBy(direction: Direction): string {
  return direction === 'up' ? 'fine, rowid' : 'fine, rowid DESC';
}

/** Removes all but the first of the rows with one id. */
export function dropDoubles(direction: Direction): string {
  return `DELETE FROM staged WHERE rowid IN (SELECT place FROM (
    SELECT rowid AS place, row_number() OVER (PARTITION BY id ORDER BY ${orderBy(direction)}) AS nth FROM staged
    WHERE hash(id) IN (SELECT hash(id) FROM staged GROUP BY 1 HAVING count(*) > 1)) WHERE nth > 1)`;
}

/**
 * The rows as they are stored. `order` is undefined when the file stands in order already: sorting costs a third of the whole.
 * Words out of a few are enumerations: in the file they are texts like others, and writing takes a fifth less.
 */
export function stagedRows(order: string | undefined): string {
  const side = "ENUM('buy', 'sell')";
  return `SELECT timestamp, NULL::BIGINT AS seq, id, price, qty, CASE WHEN is_buy THEN 'buy'::${side} ELSE 'sell'::${side} END AS side,
    NULL::BOOLEAN AS block, rpi, 'archive'::ENUM('archive') AS source FROM staged${order === undefined ? '' : ` ORDER BY ${order}`}`;
}
