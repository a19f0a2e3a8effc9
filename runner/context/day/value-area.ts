/**
 * Point of control and value area of a volume profile.
 *
 * The point of control is the bin with the most volume, of equals the lowest. The value area begins there and grows by one
 * neighbouring bin at a time, to the side with more volume (of equals down), until it holds at least 70 % of the volume.
 * Neighbours are those in the list of bins that traded.
 */

/** Volumes as safe integers, or as BigInts where they are too large: one algorithm for both. */
export type Arithmetic<W> = {
  readonly zero: W;
  readonly plus: (a: W, b: W) => W;
  readonly isMore: (a: W, b: W) => boolean;
  /** Is `part` at least 70 % of `whole`? */
  readonly isEnough: (part: W, whole: W) => boolean;
};

/** Numbers whose sum is below 2^53 / 10, or approximate ones. */
export const numbers: Arithmetic<number> = {
  zero: 0,
  plus: (a, b) => a + b,
  isMore: (a, b) => a > b,
  isEnough: (part, whole) => part * 10 >= whole * 7,
};

export const bigInts: Arithmetic<bigint> = {
  zero: 0n,
  plus: (a, b) => a + b,
  isMore: (a, b) => a > b,
  isEnough: (part, whole) => part * 10n >= whole * 7n,
};

/** Places in the list of bins; the area goes from `low` to `high`, both included. */
export type ValueArea = { readonly poc: number; readonly low: number; readonly high: number };

/** @param volumes - of the bins that traded, ascending by price. Undefined of none. */
export function valueArea<W>(
  volumes: readonly W[],
  { zero, plus, isMore, isEnough }: Arithmetic<W>,
): ValueArea | undefined {
  if (volumes.length === 0) return undefined;
  let poc = 0;
  let whole = zero;
  for (let place = 0; place < volumes.length; place += 1) {
    const volume = volumes[place] ?? zero;
    whole = plus(whole, volume);
    if (isMore(volume, volumes[poc] ?? zero)) poc = place;
  }
  let low = poc;
  let high = poc;
  let inside = volumes[poc] ?? zero;
  while (!isEnough(inside, whole)) {
    const below = volumes[low - 1];
    const above = volumes[high + 1];
    if (above !== undefined && (below === undefined || isMore(above, below))) {
      high += 1;
      inside = plus(inside, above);
    } else if (below !== undefined) {
      low -= 1;
      inside = plus(inside, below);
    } else break;
  }
  return { poc, low, high };
}
