/**
 * How many decimals numbers have, and sums as integers with so many decimals.
 *
 * A price of at most 15 significant digits is the double nearest to its decimal text. Times 10^k, rounded, it is the exact integer
 * of that text as long as that stays within 10^15: the two roundings err by less than a quarter.
 */
import { bigTenTo, parseDecimal, shortestDecimal } from '../../../shared/exact/decimal.ts';
import { literal } from './sql-text.ts';

/** Up to here `round(value * 10^k)` is exact. */
export const EXACT_INTEGER_MAX = 1e15;
/** 10^22 is the last power of ten that a double holds exactly. */
const POWER_MAX = 22;

/** Decimals of the shortest text of a number: 0.5 has 1, 1e-7 has 7, 120 has 0. */
export function decimalsOf(value: number): number {
  return shortestDecimal(value).decimals;
}

/** Is every value of the column a decimal with `decimals` places? The answer is `null` where there are no rows. */
export function haveDecimals(column: string, decimals: number): string {
  if (decimals > POWER_MAX) return 'false';
  const power = `1e${decimals}`;
  return `bool_and(${column} * ${power} <= ${EXACT_INTEGER_MAX} AND round(${column} * ${power}) / ${power} = ${column})`;
}

/** The most decimals of a column by its shortest texts: slow, and right for every double. */
export function mostDecimals(column: string): string {
  const text = `${column}::VARCHAR`;
  const part = (of: string, by: string, index: number): string =>
    `split_part(${of}, ${literal(by)}, ${index})`;
  const fraction = `rtrim(${part(part(text, 'e', 1), '.', 2)}, '0')`;
  const exponent = `coalesce(try_cast(${part(text, 'e', 2)} AS INTEGER), 0)`;
  return `coalesce(max(greatest(0, length(${fraction}) - ${exponent})), 0)`;
}

/** A number as an integer of so many decimals: the number of its shortest text, or of a decimal text such as a tick size. */
export function integerOf(number: number | string, decimals: number): bigint {
  const decimal = typeof number === 'number' ? shortestDecimal(number) : parseDecimal(number);
  if (decimal === undefined || decimal.decimals > decimals)
    throw new RangeError(`${number} is no decimal of ${decimals} places`);
  return decimal.mantissa * bigTenTo(decimals - decimal.decimals);
}
