/**
 * Volume and notional of each minute of a day, exactly: of the trades that were told one by one, and of stored ones in the
 * minutes at the ends of their spans.
 *
 * Where a kline stands in for a minute of which some trades were seen, it stands in for the rest alone: for what it says
 * less these sums. 35 kB a day of an instrument that trades.
 */
import {
  type Decimal,
  DecimalReader,
  parseDecimal,
  shortestDecimal,
  times,
} from '../../../shared/exact/decimal.ts';
import { SumTable } from '../../../shared/exact/sum-table.ts';

const MINUTES = 1_440;

export class MinuteSums {
  readonly #price = new DecimalReader();
  readonly #qty = new DecimalReader();
  /** Not there until something traded. */
  #volume: SumTable | undefined;
  #notional: SumTable | undefined;

  /** @param minute - of the day, from 0; @param sign - -1 takes a trade out again */
  add(minute: number, price: number, qty: number, sign: 1 | -1): void {
    this.#volume ??= new SumTable(MINUTES);
    this.#notional ??= new SumTable(MINUTES);
    if (!this.#price.read(price) || !this.#qty.read(qty)) return this.#addLong(minute, price, qty * sign);
    const units = this.#qty.mantissa * sign;
    this.#volume.add(minute, units, this.#qty.decimals);
    const decimals = this.#price.decimals + this.#qty.decimals;
    this.#notional.addProduct(minute, this.#price.mantissa, units, decimals);
  }

  /** Adds sums of trades that were not told one by one. Throws a RangeError on what is no decimal. */
  addSums(minute: number, volume: string, notional: string): void {
    this.#volume ??= new SumTable(MINUTES);
    this.#notional ??= new SumTable(MINUTES);
    const ofVolume = read(volume);
    const ofNotional = read(notional);
    this.#volume.addBig(minute, ofVolume.mantissa, ofVolume.decimals);
    this.#notional.addBig(minute, ofNotional.mantissa, ofNotional.decimals);
  }

  volume(minute: number): Decimal {
    return this.#volume?.decimal(minute) ?? { mantissa: 0n, decimals: 0 };
  }

  notional(minute: number): Decimal {
    return this.#notional?.decimal(minute) ?? { mantissa: 0n, decimals: 0 };
  }

  #addLong(minute: number, price: number, signedQty: number): void {
    const qty = shortestDecimal(signedQty);
    const notional = times(shortestDecimal(price), qty);
    this.#volume?.addBig(minute, qty.mantissa, qty.decimals);
    this.#notional?.addBig(minute, notional.mantissa, notional.decimals);
  }
}

function read(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new RangeError(`not a decimal: ${text.slice(0, 100)}`);
  return decimal;
}
