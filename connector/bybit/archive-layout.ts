/**
 * The columns of the daily archive files of trades, as data (bybit-v5.md 7.1 and 7.2). This is the only place that knows them.
 *
 * Columns are found by the names in a file's first line. So the layouts of all years are read: contracts without and with `RPI`
 * (10 and 11 columns), spot without and with `rpi` (5 and 6), and a column that is added one day hurts nobody.
 */
import type { Category } from '../../shared/market.ts';

/** What of a file's columns holds what of a trade. */
export type ArchiveLayout = {
  readonly time: string;
  /** Contracts: seconds, with up to 4 decimals in newer files and none in old ones. Spot: whole milliseconds. */
  readonly timeUnit: 'seconds' | 'milliseconds';
  /** The column that names the symbol; null where none does. */
  readonly symbol: string | null;
  readonly side: string;
  /** The words for a taker who bought or sold. */
  readonly buy: string;
  readonly sell: string;
  readonly price: string;
  /** Base coin (linear, spot) or USD (inverse). */
  readonly qty: string;
  readonly id: string;
  /** Ids are the exchange's, as its socket tells them. On spot they count the rows of the file, and join with nothing. */
  readonly hasExchangeIds: boolean;
  /** 0 or 1; a column that older files lack. */
  readonly rpi: string;
};

const contracts: ArchiveLayout = {
  time: 'timestamp',
  timeUnit: 'seconds',
  symbol: 'symbol',
  side: 'side',
  buy: 'Buy',
  sell: 'Sell',
  price: 'price',
  qty: 'size',
  id: 'trdMatchID',
  hasExchangeIds: true,
  rpi: 'RPI',
};

const spot: ArchiveLayout = {
  time: 'timestamp',
  timeUnit: 'milliseconds',
  symbol: null,
  side: 'side',
  buy: 'buy',
  sell: 'sell',
  price: 'price',
  qty: 'volume',
  id: 'id',
  hasExchangeIds: false,
  rpi: 'rpi',
};

/** The layout of each market's files. */
export const archiveLayouts: Readonly<Record<Category, ArchiveLayout>> = {
  linear: contracts,
  inverse: contracts,
  spot,
};
