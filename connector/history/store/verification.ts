/**
 * Recording against archive: how much of what was published did we see, and what not.
 *
 * Contracts are matched by the exchange's id. Spot archives have no ids of the exchange, so their rows are matched by time, price,
 * quantity and side, each as often as it occurs on both sides.
 */
import type { Category, Side } from '../../../shared/market.ts';
import type { Source } from './manifest.ts';
import type { Span } from './spans.ts';
import { parquetRows, within } from './sql-text.ts';

/** A stored trade. Times in ms; `side` is the taker's; null where the source does not tell. */
export type TradeRow = {
  readonly timestamp: number;
  readonly seq: number | null;
  readonly id: string;
  readonly price: number;
  readonly qty: number;
  readonly side: Side;
  readonly block: boolean | null;
  readonly rpi: boolean | null;
  /** Null in files of older programs, which do not say. */
  readonly source: Source | null;
};

export type Verification = {
  readonly matched_by: 'id' | 'values';
  /** Rows of the recording and of the archive, of the whole day. */
  readonly recorded: number;
  readonly archived: number;
  /** Rows of the archive while we recorded: what we ought to have. */
  readonly expected: number;
  readonly matched: number;
  /** Of those expected: not recorded. */
  readonly missing: number;
  /** Recorded, but not in the archive. */
  readonly extra: number;
  /** The same id, another time, price, quantity or side. */
  readonly different: number;
  /** Of those expected, how many were recorded; rounded down, so that 100 means all. Null when none was expected. */
  readonly percentage: number | null;
  /** The first of them by time. */
  readonly missing_rows: readonly TradeRow[];
  readonly extra_rows: readonly TradeRow[];
};

/** Percent with four decimals, rounded down. */
export function percentageOf(expected: number, missing: number): number | null {
  return expected === 0 ? null : Math.floor(((expected - missing) / expected) * 1_000_000) / 10_000;
}

/** Are ids of the archive those of the recording? */
export function matchesById(category: Category): boolean {
  return category !== 'spot';
}

const values = ['timestamp', 'price', 'qty', 'side'] as const;

/**
 * Both sides joined, as a table `joined`: a row is of the archive (`archived`), of the recording (`recorded`), or of both. Places are
 * those of the rows in their files, `timestamp` is the archive's where it has the row.
 */
export function joinSides(category: Category, archive: string, recording: string): string {
  const byId = matchesById(category);
  const nth = byId ? '' : `, row_number() OVER (PARTITION BY ${values.join(', ')} ORDER BY place) AS nth`;
  const side = (file: string): string =>
    `(SELECT place, id, ${values.join(', ')}${nth} FROM ${parquetRows(file)})`;
  const same = (columns: readonly string[]): string =>
    columns.map((name) => `a.${name} = r.${name}`).join(' AND ');
  return `CREATE TEMP TABLE joined AS SELECT a.place IS NOT NULL AS archived, r.place IS NOT NULL AS recorded,
      a.place AS archive_place, r.place AS recording_place, coalesce(a.timestamp, r.timestamp) AS timestamp,
      coalesce(NOT (${same(values)}), false) AS differs
    FROM ${side(archive)} AS a FULL JOIN ${side(recording)} AS r ON ${same(byId ? ['id'] : [...values, 'nth'])}`;
}

/** While we recorded. */
export function duringAny(spans: readonly Span[]): string {
  return spans.length === 0 ? 'false' : `(${spans.map((span) => `(${within(span)})`).join(' OR ')})`;
}
