/**
 * A sum of numbers and products of numbers without any rounding: the same value in whatever order they were added.
 *
 * Each number counts as the decimal of its shortest text (0.1 is one tenth). What is added may be negative. Whoever adds the
 * same price and quantity to several sums reads them once (`DecimalReader`) and uses the `...Read` methods.
 */
import { type Decimal, DecimalReader, decimalText, parseDecimal, shortestDecimal, times } from './decimal.ts';
import { SumTable } from './sum-table.ts';

export class ExactSum {
  readonly #sum = new SumTable(1);
  readonly #first = new DecimalReader();
  readonly #second = new DecimalReader();

  /** Adds a finite number; throws a RangeError on others, as the next two. */
  add(value: number): void {
    if (this.#first.read(value)) this.addRead(this.#first.mantissa, this.#first.decimals);
    else this.addDecimal(shortestDecimal(value));
  }

  /** Adds price * qty. */
  addProduct(price: number, qty: number): void {
    if (this.#first.read(price) && this.#second.read(qty)) {
      this.addProductRead(
        this.#first.mantissa,
        this.#second.mantissa,
        this.#first.decimals + this.#second.decimals,
      );
      return;
    }
    this.addDecimal(times(shortestDecimal(price), shortestDecimal(qty)));
  }

  /** Adds price * price * qty. */
  addSquare(price: number, qty: number): void {
    if (this.#first.read(price) && this.#second.read(qty)) {
      const weight = this.#first.mantissa * this.#second.mantissa;
      const decimals = this.#first.decimals * 2 + this.#second.decimals;
      if (Number.isSafeInteger(weight)) return this.addProductRead(this.#first.mantissa, weight, decimals);
    }
    const { mantissa, decimals } = shortestOf(this.#first, price);
    const weight = shortestOf(this.#second, qty);
    this.#sum.addBig(0, mantissa * mantissa * weight.mantissa, decimals * 2 + weight.decimals);
  }

  /** Adds mantissa * 10^-decimals; a safe integer. */
  addRead(mantissa: number, decimals: number): void {
    this.#sum.add(0, mantissa, decimals);
  }

  /** Adds a * b * 10^-decimals; safe integers both. */
  addProductRead(a: number, b: number, decimals: number): void {
    this.#sum.addProduct(0, a, b, decimals);
  }

  addDecimal({ mantissa, decimals }: Decimal): void {
    this.#sum.addBig(0, mantissa, decimals);
  }

  /** Adds what a text says, `-12.5`; throws a RangeError when it is no plain decimal. */
  addText(text: string): void {
    const decimal = parseDecimal(text);
    if (decimal === undefined) throw new RangeError(`not a decimal: ${text.slice(0, 100)}`);
    this.addDecimal(decimal);
  }

  addSum(other: ExactSum): void {
    this.addDecimal(other.decimal());
  }

  decimal(): Decimal {
    return this.#sum.decimal(0);
  }

  /** The canonical text: no exponent, no trailing zeros. Equal sums have equal texts. */
  toText(): string {
    return decimalText(this.decimal());
  }
}

function shortestOf(reader: DecimalReader, value: number): Decimal {
  return reader.read(value)
    ? { mantissa: BigInt(reader.mantissa), decimals: reader.decimals }
    : shortestDecimal(value);
}
