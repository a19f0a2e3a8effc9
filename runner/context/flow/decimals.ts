/** Sums and differences of exact decimals, and the bins of a price axis: 0.3 in bins of 0.1 is bin 3, although 0.3 / 0.1 is less than 3. */
import { type Decimal, scaledTo, shortestDecimal } from '../../../shared/exact/decimal.ts';
import { decimalNumber } from '../../../shared/exact/quotient.ts';

export function plus(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  return { mantissa: scaledTo(a, decimals) + scaledTo(b, decimals), decimals };
}

export function minus(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  return { mantissa: scaledTo(a, decimals) - scaledTo(b, decimals), decimals };
}

/** Half of it. */
export function halved({ mantissa, decimals }: Decimal): Decimal {
  return { mantissa: mantissa * 5n, decimals: decimals + 1 };
}

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
