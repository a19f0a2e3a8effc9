/**
 * Quotients of exact decimals, rounded half-even: the one place where an exact sum becomes a number that is told.
 *
 * Twelve significant digits, since a decimal of that length survives as a JSON number and back whoever reads it.
 */
import { bigTenTo, type Decimal, decimalText } from './decimal.ts';

/** Significant digits of quotients that are told (VWAP). */
export const QUOTIENT_DIGITS = 12;

/** numerator / denominator with at most `digits` significant digits, ties to the even digit; undefined when divided by zero. */
export function roundedQuotient(
  numerator: Decimal,
  denominator: Decimal,
  digits: number = QUOTIENT_DIGITS,
): Decimal | undefined {
  if (denominator.mantissa === 0n) return undefined;
  if (numerator.mantissa === 0n) return { mantissa: 0n, decimals: 0 };
  const isNegative = numerator.mantissa < 0n !== denominator.mantissa < 0n;
  const dividend = magnitude(numerator.mantissa) * bigTenTo(denominator.decimals);
  const divisor = magnitude(denominator.mantissa) * bigTenTo(numerator.decimals);
  // By their lengths the quotient is known up to a factor of ten: at this shift it has `digits` digits, or one more.
  const shift = digits - (dividend.toString().length - divisor.toString().length);
  const isLonger = shifted(dividend, shift) / shifted(divisor, -shift) >= bigTenTo(digits);
  const decimals = isLonger ? shift - 1 : shift;
  const rounded = dividedHalfEven(shifted(dividend, decimals), shifted(divisor, -decimals));
  const mantissa = isNegative ? -rounded : rounded;
  return decimals >= 0 ? { mantissa, decimals } : { mantissa: mantissa * bigTenTo(-decimals), decimals: 0 };
}

/** The same as a number; null when divided by zero. */
export function quotientNumber(numerator: Decimal, denominator: Decimal): number | null {
  const quotient = roundedQuotient(numerator, denominator);
  return quotient === undefined ? null : decimalNumber(quotient);
}

/** The double next to a decimal. */
export function decimalNumber(decimal: Decimal): number {
  return Number(decimalText(decimal));
}

function dividedHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twiceRest = (dividend - quotient * divisor) * 2n;
  const isUp = twiceRest > divisor || (twiceRest === divisor && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}

/** Multiplied by 10^by where `by` is positive; a negative one is meant for the other side of the fraction. */
function shifted(value: bigint, by: number): bigint {
  return by > 0 ? value * bigTenTo(by) : value;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
