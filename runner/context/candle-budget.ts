/**
 * One budget for the candles of all symbols: when it is used up, the longest series give first.
 *
 * The series of an instrument hold 1,000 candles each, which is right for a few symbols and too much for a thousand.
 */

/** Candles in memory over all symbols, timeframes and intervals: some 37 MB. */
export const CANDLE_BUDGET = 100_000;

/** A row of candles that can become shorter. */
export type Shortable = {
  readonly length: number;
  /** Forgets the oldest until `count` are left, as far as it may. */
  readonly keepNewest: (count: number) => void;
};

/** Shortens the longest series until all together hold at most `budget` candles, as far as each of them may give. */
export function keepWithin(budget: number, series: readonly Shortable[]): void {
  let total = 0;
  for (const { length } of series) total += length;
  if (total <= budget) return;
  const level = levelOf(
    budget,
    series.map(({ length }) => length),
  );
  for (const one of series) if (one.length > level) one.keepNewest(level);
}

/** The greatest length to which all longer ones must be cut so that the sum is within the budget. */
function levelOf(budget: number, lengths: readonly number[]): number {
  let left = budget;
  let others = lengths.length;
  for (const length of lengths.toSorted((a, b) => a - b)) {
    if (length * others > left) break;
    left -= length;
    others -= 1;
  }
  return Math.floor(left / Math.max(others, 1));
}
