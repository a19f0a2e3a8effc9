/**
 * Where the daily files of past trades are (bybit-v5.md 7.1, 7.2). Nothing else knows their addresses.
 *
 * Contracts of both kinds share one folder and spot has another, with another form of names. The files hold the trades of a UTC day
 * and appear during the next one.
 */
import type { Category, Environment, Instrument } from '../../shared/market.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';

/** What stands before the path of a file, without a slash at its end; undefined where the exchange publishes none. */
export function archiveBaseUrl(environment: Environment, override?: string): string | undefined {
  if (override) return override.replace(/\/+$/, '');
  switch (environment) {
    case 'mainnet':
    case 'demo':
    case 'paper':
      return 'https://public.bybit.com';
    case 'testnet':
    case 'simulated':
      return undefined;
  }
}

/** The path of the file of a day (2026-08-01); undefined where the name is of another market, whose rows the file would hold. */
export function archivePath({ category, symbol }: Instrument, date: string): string | undefined {
  const name = encodeURIComponent(symbol);
  switch (category) {
    case 'linear':
    case 'inverse':
      if ((category === 'inverse') !== isInverseName(symbol)) return undefined;
      return `/trading/${name}/${name}${date}.csv.gz`;
    case 'spot':
      return `/spot/${name}/${name}_${date}.csv.gz`;
  }
}

/**
 * Contracts that settle in the coin itself are named in dollars: BTCUSD, and BTCUSDH23 for those with a quarterly end. Linear
 * ones are BTCUSDT, BTCPERP, BTC-24MAR23, BTCUSDT-21FEB25 (bybit-v5.md 8.4).
 */
function isInverseName(symbol: string): boolean {
  return /USD(?:[HMUZ]\d{2})?$/.test(symbol);
}

/** Of no symbol of this market is there an earlier file. Most symbols begin later, which their first 404s tell. */
export function archiveBegan(category: Category): UnixMs {
  switch (category) {
    case 'inverse':
      return unixMs(Date.UTC(2019, 9, 1));
    case 'linear':
      return unixMs(Date.UTC(2020, 2, 25));
    case 'spot':
      return unixMs(Date.UTC(2022, 10, 1));
  }
}
