/** Since when the markets have a past, and how much was traded on a day of it. */
import type { Category, Instrument } from '../market/instruments.ts';

/** The first days of the archive, ms since 1970: 30 March 2020 (the contracts' launchTime), spot in November 2022 (bybit-v5.md 7.2). */
export const LAUNCHED_AT: Readonly<Record<Category, number>> = {
  linear: 1_585_526_400_000,
  inverse: 1_585_526_400_000,
  spot: 1_667_952_000_000,
};

/** Market orders a second of linear BTCUSDT, which all others are measured by. */
const BUSIEST = 120 * 0.22;
/** Trades of a day at least. */
const LEAST = 24;

/** Made trades of a whole day when linear BTCUSDT has `trades`; 0 when there is to be no past. */
export function tradesOfDay({ stepsPerSecond, marketShare }: Instrument, trades: number): number {
  if (trades === 0) return 0;
  return Math.max(LEAST, Math.round((trades * stepsPerSecond * marketShare) / BUSIEST));
}
