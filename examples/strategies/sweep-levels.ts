/** Price levels out of liquidations, for the sweep detector (sweep.ts). */
import type { StrategyLiquidation } from '../../runner/strategy/api.ts';

/** Liquidations that count for levels. */
const LIQUIDATION_AGE_MS = 86_400_000;
/** Width of a price bin, as a part of the price, before it is rounded to 1, 2 or 5 times a power of ten: 100 at a price of 100,000. */
const BIN_SHARE = 0.001;
/** What f64 can be off by, as a part. */
const NOISE = 1e-9;
/** Only the largest bins are levels. */
const MAX_CLUSTERS = 20;

export type Levels = { readonly support: number | null; readonly resistance: number | null };

/** The levels next to a price: the bins with the most liquidations of the last day, at or below it and above it. */
export function levelsOf(liquidations: readonly StrategyLiquidation[], price: number, at: number): Levels {
  const width = binWidth(price);
  const bins = new Map<number, number>();
  for (const one of liquidations) {
    if (one.ts.getTime() <= at - LIQUIDATION_AGE_MS) continue;
    // A price that is a multiple of the width belongs to its own bin, whatever f64 makes of the division.
    const bin = Math.floor(one.price / width + NOISE);
    bins.set(bin, (bins.get(bin) ?? 0) + one.qty);
  }
  const levels = [...bins]
    .toSorted(([a, one], [b, other]) => other - one || a - b)
    .slice(0, MAX_CLUSTERS)
    .map(([bin]) => rounded(bin * width));
  const below = levels.filter((level) => level <= price);
  const above = levels.filter((level) => level > price);
  return {
    support: below.length === 0 ? null : Math.max(...below),
    resistance: above.length === 0 ? null : Math.min(...above),
  };
}

/** The largest of 1, 2, 5 times a power of ten that is not above the share of the price. */
function binWidth(price: number): number {
  const most = price * BIN_SHARE * (1 + NOISE);
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].find((times) => times * power <= most) ?? 1;
  return rounded(step * power);
}

/** To 12 digits: what f64 adds behind them is no price and no quantity. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
