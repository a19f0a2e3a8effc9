/** Does a series of measurements grow? A straight line through it by least squares, and how sure its slope is. */

export type Slope = {
  /** Growth per unit of `at`. */
  readonly slope: number;
  /** The true slope lies below this with 97.5 % (the upper end of the 95 % interval); infinite for fewer than three points. */
  readonly upper: number;
};

export type Point = { readonly at: number; readonly value: number };

export function slopeOf(points: readonly Point[]): Slope {
  const count = points.length;
  const mean = (pick: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / count;
  const meanAt = mean(({ at }) => at);
  const meanValue = mean(({ value }) => value);
  const spread = points.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  if (count < 3 || spread === 0) return { slope: Number.NaN, upper: Number.POSITIVE_INFINITY };
  const slope = points.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - meanValue), 0) / spread;
  const residue = points.reduce(
    (sum, { at, value }) => sum + (value - meanValue - slope * (at - meanAt)) ** 2,
    0,
  );
  const error = Math.sqrt(residue / (count - 2) / spread);
  return { slope, upper: slope + studentT(count - 2) * error };
}

/** The 97.5 % quantile of Student's t: exact for 1 and 2, else by Fisher's expansion (within 0.02 from 3, 0.001 from 6 degrees). */
function studentT(degrees: number): number {
  if (degrees === 1) return 12.706;
  if (degrees === 2) return 4.303;
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

/**
 * By how much the least value of the last third lies above that of the first: 0 or less is no growth. A leak lifts the least; what comes and
 * goes (a port to a thread counts only while an answer is awaited) does not.
 */
export function growthOfCount(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3));
  return Math.min(...values.slice(-third)) - Math.min(...values.slice(0, third));
}
