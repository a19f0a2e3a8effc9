/** The bins of a price axis, exactly: 0.3 in bins of 0.1 is bin 3, although 0.3 / 0.1 is less than 3. */
import { scaledTo, shortestDecimal } from '../../../shared/exact/decimal.ts';
import { decimalNumber } from '../../../shared/exact/quotient.ts';

/** The index of the bin from `index * size` up to, but not including, the next one, that holds the price. Both are positive. */
export function binOf(price: number, size: number): number {
  const a = shortestDecimal(price);
  const b = shortestDecimal(size);
  const decimals = Math.max(a.decimals, b.decimals);
  return Number(scaledTo(a, decimals) / scaledTo(b, decimals));
}

/** Where the bin begins. */
export function startOfBin(index: number, size: number): number {
  const { mantissa, decimals } = shortestDecimal(size);
  return decimalNumber({ mantissa: BigInt(index) * mantissa, decimals });
}

/** Width of a bin as a part of the price, before it is rounded. */
const USUAL_SHARE = 0.001;
/** Steps of prices go down to 1e-13. */
const LEAST_SIZE = 1e-15;

/** A width that suits a price: the largest of 1, 2 and 5 times a power of ten that is not above a thousandth of it. 100 at 100,000 and more. */
export function usualBinSize(price: number): number {
  const most = Math.max(price * USUAL_SHARE, LEAST_SIZE);
  // The logarithm may be off by the last digit, so the powers on both sides are looked at.
  const exponent = Math.floor(Math.log10(most));
  for (let power = exponent + 1; ; power -= 1) {
    for (const step of [5, 2, 1]) {
      const size = Number(`${step}e${power}`);
      if (size <= most) return size;
    }
  }
}
