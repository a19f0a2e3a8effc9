/**
 * Price bins of an exact width: floor(price / width) without drift, so that 101.505 at 0.1 is in bin 101.5, and 0.3 in 0.3.
 *
 * Prices and widths are integers times powers of ten here; at a common scale the division is one of integers, of doubles as
 * long as both fit one, else of BigInts.
 */
import {
  bigTenTo,
  type Decimal,
  DecimalReader,
  decimalText,
  parseDecimal,
  shortestDecimal,
  tenTo,
} from '../../../shared/exact/decimal.ts';
import { decimalNumber } from '../../../shared/exact/quotient.ts';

/** A width: mantissa * 10^-decimals, above zero. The mantissa is below 1e15 and has no zeros behind what counts. */
export type BinSize = { readonly mantissa: number; readonly decimals: number; readonly text: string };

const MAX = Number.MAX_SAFE_INTEGER;
const MANTISSA_END = 1_000_000_000_000_000n;
/** Steps of instruments go down to 1e-13. */
const DECIMALS_MAX = 22;

/** Reads a width, `0.10`; undefined when it is no positive decimal of at most 15 digits and 22 decimals. */
export function parseBinSize(text: string): BinSize | undefined {
  const decimal = parseDecimal(text);
  return decimal === undefined ? undefined : binSizeOf(decimal);
}

function binSizeOf({ mantissa, decimals }: Decimal): BinSize | undefined {
  if (mantissa <= 0n) return undefined;
  let least = mantissa;
  let places = decimals;
  while (places > 0 && least % 10n === 0n) {
    least /= 10n;
    places -= 1;
  }
  if (least >= MANTISSA_END || places > DECIMALS_MAX) return undefined;
  return {
    mantissa: Number(least),
    decimals: places,
    text: decimalText({ mantissa: least, decimals: places }),
  };
}

/** The width 10^-decimals. */
export function unitSize(decimals: number): BinSize {
  return { mantissa: 1, decimals, text: decimalText({ mantissa: 1n, decimals }) };
}

/** Ten times as wide; undefined where no price is so high. */
export function tenTimes({ mantissa, decimals }: BinSize): BinSize | undefined {
  return binSizeOf({ mantissa: BigInt(mantissa) * 10n, decimals });
}

/** The least width of which both are whole parts: bins of either can be put into its bins. Undefined where there is none to speak of. */
export function commonSize(a: BinSize, b: BinSize): BinSize | undefined {
  const decimals = Math.max(a.decimals, b.decimals);
  const left = BigInt(a.mantissa) * bigTenTo(decimals - a.decimals);
  const right = BigInt(b.mantissa) * bigTenTo(decimals - b.decimals);
  return binSizeOf({ mantissa: (left / greatestDivisor(left, right)) * right, decimals });
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

/** The bin of the price mantissa * 10^-decimals (an integer >= 0); NaN when its number is no safe integer. */
export function binIndex(mantissa: number, decimals: number, size: BinSize): number {
  const scale = Math.max(decimals, size.decimals);
  const price = mantissa * tenTo(scale - decimals);
  const width = size.mantissa * tenTo(scale - size.decimals);
  if (!(price <= MAX && width <= MAX)) return bigBinIndex({ mantissa: BigInt(mantissa), decimals }, size);
  // Of integers below 2^53 the quotient of one just below a multiple is never rounded up to it: it is 1 / width away at
  // least, and half a unit in the last place of the quotient is less than that.
  return Math.floor(price / width);
}

/** The same for prices of any size. */
export function bigBinIndex(price: Decimal, size: BinSize): number {
  const scale = Math.max(price.decimals, size.decimals);
  const index =
    (price.mantissa * bigTenTo(scale - price.decimals)) /
    (BigInt(size.mantissa) * bigTenTo(scale - size.decimals));
  return index <= BigInt(MAX) ? Number(index) : Number.NaN;
}

/** The number that a bin of one width has among bins of another: that of its lower edge. */
export function regrouped(index: number, from: BinSize, to: BinSize): number {
  const edge = index * from.mantissa;
  return edge <= MAX
    ? binIndex(edge, from.decimals, to)
    : bigBinIndex({ mantissa: BigInt(index) * BigInt(from.mantissa), decimals: from.decimals }, to);
}

/** The lower edge of a bin, as a price. */
export function edgeOf(index: number, size: BinSize): number {
  const edge = index * size.mantissa;
  // Both are exact in a double, so the quotient is the double next to the decimal.
  if (edge <= MAX && size.decimals <= DECIMALS_MAX) return edge / tenTo(size.decimals);
  return decimalNumber({ mantissa: BigInt(index) * BigInt(size.mantissa), decimals: size.decimals });
}

/** The bin of any positive price: for what is not on the way of trades. */
export function binOf(price: number, size: BinSize): number {
  const reader = new DecimalReader();
  return reader.read(price)
    ? binIndex(reader.mantissa, reader.decimals, size)
    : bigBinIndex(shortestDecimal(price), size);
}
