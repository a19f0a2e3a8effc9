/**
 * Numbers as decimals: an f64 stands for what its shortest text says, so 0.1 is exactly one tenth.
 *
 * Making a text costs ten times more than all else that is done with a trade, so `DecimalReader` does without: when
 * m / 10^k gives the number back and m has at most 15 digits, then m * 10^-k is what the shortest text says. (The division is
 * rounded correctly, since both are exact in a double; and no two decimals of at most 15 digits are the same double.) Only
 * numbers of 16 and 17 digits, or of more than 22 decimals, are read from their text.
 */

/** mantissa * 10^-decimals. Decimals are never negative; the mantissa may end in zeros. */
export type Decimal = { readonly mantissa: bigint; readonly decimals: number };

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const POWERS_LAST = POWERS.length - 1;
/** Below it all integers times powers of ten are told apart by their doubles. */
const MANTISSA_END = 1e15;

/** 10^exponent as a double, exact for 0 <= exponent <= 22; NaN of others. */
export function tenTo(exponent: number): number {
  return POWERS[exponent] ?? Number.NaN;
}

/** 10^exponent, exponent >= 0. */
export function bigTenTo(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/**
 * Reads numbers without making texts or objects: after `read` answered true, `mantissa` and `decimals` hold the number.
 *
 * It remembers the most decimals it has needed, so that prices and quantities of one instrument (a reader each) are nearly
 * always found at the first look, and all at the same scale.
 */
export class DecimalReader {
  /** An integer below 1e15, with sign. */
  mantissa = 0;
  decimals = 0;
  #usual = 0;

  /** False when the number does not fit: then `shortestDecimal` has it. */
  read(value: number): boolean {
    const power = POWERS[this.#usual] ?? 1;
    const scaled = Math.round(value * power);
    if (scaled < MANTISSA_END && scaled > -MANTISSA_END && scaled / power === value) {
      this.mantissa = scaled;
      this.decimals = this.#usual;
      return true;
    }
    return this.#search(value);
  }

  /** A number of more decimals than any before, or too large to be read with so many. */
  #search(value: number): boolean {
    for (let decimals = 0; decimals <= POWERS_LAST; decimals += 1) {
      const power = POWERS[decimals] ?? 1;
      const scaled = Math.round(value * power);
      if (!(scaled < MANTISSA_END && scaled > -MANTISSA_END)) return false;
      if (scaled / power !== value) continue;
      this.mantissa = scaled;
      this.decimals = decimals;
      this.#usual = Math.max(this.#usual, decimals);
      return true;
    }
    return false;
  }
}

/** Any finite number, by its shortest text. Throws a RangeError on others: they stand for no decimal. */
export function shortestDecimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no decimal`);
  const [digits = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  const decimals = fraction.length - Number(exponent);
  const mantissa = BigInt(whole + fraction);
  return decimals >= 0 ? { mantissa, decimals } : { mantissa: mantissa * bigTenTo(-decimals), decimals: 0 };
}

/** The most characters of a decimal text that is read. */
const TEXT_LENGTH_MAX = 2_000;

/** Reads a plain decimal, `-12.50`; undefined of anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const parts = text.length > TEXT_LENGTH_MAX ? null : /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, whole = '', fraction = ''] = parts;
  return { mantissa: BigInt(whole + fraction), decimals: fraction.length };
}

/** The one canonical text of a decimal: no exponent, no zeros behind what counts, no sign of zero. Equal values, equal texts. */
export function decimalText({ mantissa, decimals }: Decimal): string {
  const sign = mantissa < 0n ? '-' : '';
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** a + b. */
export function plus(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  return { mantissa: scaledTo(a, decimals) + scaledTo(b, decimals), decimals };
}

/** a - b. */
export function minus(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  return { mantissa: scaledTo(a, decimals) - scaledTo(b, decimals), decimals };
}

/** a * b. */
export function times(a: Decimal, b: Decimal): Decimal {
  return { mantissa: a.mantissa * b.mantissa, decimals: a.decimals + b.decimals };
}

/** Negative, 0 or positive, as `a - b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const { mantissa } = minus(a, b);
  if (mantissa === 0n) return 0;
  return mantissa < 0n ? -1 : 1;
}

/** The mantissa of the same number with more decimals. */
export function scaledTo({ mantissa, decimals }: Decimal, wanted: number): bigint {
  return wanted === decimals ? mantissa : mantissa * bigTenTo(wanted - decimals);
}
