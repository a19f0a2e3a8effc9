/**
 * Pairs of exact sums (bought and sold, longs and shorts) in slots that are taken and given back: 16 bytes of numbers a pair.
 */
import type { Decimal } from '../../../shared/exact/decimal.ts';
import { SumTable } from '../../../shared/exact/sum-table.ts';

const FIRST_ROOM = 16;
const MAX = Number.MAX_SAFE_INTEGER;

/** A number as a decimal: what a DecimalReader has read, or a Decimal. */
export type Quantity = { readonly mantissa: number | bigint; readonly decimals: number };

/** Both sums of a pair, or of several. */
export type PairTotal = { readonly first: Decimal; readonly second: Decimal };

export class SumPairs {
  /** The first sum of a slot, then the second. */
  readonly #table = new SumTable(2 * FIRST_ROOM);
  readonly #free: number[] = [];
  #made = 0;

  /** Memory of the sums. */
  get bytes(): number {
    return this.#table.capacity * 8;
  }

  /** A slot whose sums are 0. */
  take(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    const { capacity } = this.#table;
    if (2 * this.#made === capacity) this.#table.extend(2 * capacity);
    this.#made += 1;
    return this.#made - 1;
  }

  release(slot: number): void {
    for (const place of [2 * slot, 2 * slot + 1])
      this.#table.addBig(place, -this.#table.units(place), this.#table.decimals);
    this.#free.push(slot);
  }

  add(slot: number, isFirst: boolean, { mantissa, decimals }: Quantity): void {
    const place = isFirst ? 2 * slot : 2 * slot + 1;
    if (typeof mantissa === 'number') this.#table.add(place, mantissa, decimals);
    else this.#table.addBig(place, mantissa, decimals);
  }

  /** The sums of some slots together. */
  total(slots: Iterable<number>): PairTotal {
    const first = new Total();
    const second = new Total();
    for (const slot of slots) {
      first.add(this.#table, 2 * slot);
      second.add(this.#table, 2 * slot + 1);
    }
    const { decimals } = this.#table;
    return { first: { mantissa: first.units, decimals }, second: { mantissa: second.units, decimals } };
  }
}

/** Adds up sums of one table, as numbers as far as these reach. */
class Total {
  #small = 0;
  #large = 0n;

  add(table: SumTable, place: number): void {
    const sum = this.#small + table.smallUnits(place);
    // Not so of NaN, which stands for a sum that is too large for a number.
    if (sum <= MAX) {
      this.#small = sum;
      return;
    }
    this.#large += BigInt(this.#small) + table.units(place);
    this.#small = 0;
  }

  get units(): bigint {
    return this.#large + BigInt(this.#small);
  }
}
