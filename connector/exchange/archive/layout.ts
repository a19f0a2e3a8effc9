/**
 * How the archive's files looked at which time: their columns, their clock and their order.
 *
 * Newer files of contracts have an 11th column (RPI), older ones do not; early ones have whole seconds, and some of other
 * years' first days descend. Spot files got their column on 13 March 2025; for contracts the day is not known, so it is the
 * same here. Which days had whole seconds or descend is made up; that there were such is not (bybit-v5.md 7.1, 7.2).
 */
import type { Category } from '../market/instruments.ts';

/** One day file's layout. */
export interface Layout {
  readonly hasRpi: boolean;
  /** Whole seconds instead of tenths of a millisecond. Spot has milliseconds always. */
  readonly hasWholeSeconds: boolean;
  /** The newest trade comes first. */
  readonly isDescending: boolean;
}

const RPI_SINCE = Date.UTC(2025, 2, 13);
const DECIMALS_SINCE = Date.UTC(2022, 6, 1);
const ASCENDING_SINCE = Date.UTC(2025, 0, 1);
/** A descending file is held in memory while it is made; a larger day ascends. */
const DESCENDING_MOST = 200_000;

/** The layout of a day (its first ms) with that many trades. */
export function layoutOf(category: Category, day: number, trades: number): Layout {
  const isContract = category !== 'spot';
  const date = new Date(day);
  const isNewYear = date.getUTCMonth() === 0 && date.getUTCDate() === 1;
  return {
    hasRpi: day >= RPI_SINCE,
    hasWholeSeconds: isContract && day < DECIMALS_SINCE,
    isDescending: isContract && isNewYear && day < ASCENDING_SINCE && trades <= DESCENDING_MOST,
  };
}
