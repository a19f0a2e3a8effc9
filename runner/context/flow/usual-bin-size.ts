/** A width of price bins that suits a price, for who knows nothing better: what is right for one symbol puts all of another into one bin. */
import { bigTenTo, decimalText } from '../../../shared/exact/decimal.ts';
import { type BinSize, edgeOf, parseBinSize } from '../day/bin-size.ts';

/** As a part of the price, before it is rounded. */
const SHARE = 0.001;
/** Steps of prices go down to 1e-13. */
const LEAST = 1e-15;

/** The largest of 1, 2 and 5 times a power of ten that is not above a thousandth of the price: 100 at 100,000. */
export function usualBinSize(price: number): BinSize {
  const most = Math.max(price * SHARE, LEAST);
  // The logarithm may be off by its last digit, so it begins one power too high.
  for (let power = Math.floor(Math.log10(most)) + 1; ; power -= 1) {
    for (const step of [5n, 2n, 1n]) {
      const mantissa = step * bigTenTo(Math.max(power, 0));
      const size = parseBinSize(decimalText({ mantissa, decimals: Math.max(-power, 0) }));
      if (size !== undefined && edgeOf(1, size) <= most) return size;
    }
  }
}
