/**
 * A row of exact sums that share a scale: each is an integer of units of 10^-decimals.
 *
 * On the way of every trade, so nothing is allocated while a sum fits two doubles: `low`, and `high` in units of 2^26, that is
 * up to 8e23 units. What is more goes to a BigInt, which costs some 100 ns and happens seldom. A number with more decimals than
 * all before makes the scale finer, which takes a walk over all sums and happens a few times at the beginning.
 */
import { bigTenTo, type Decimal, tenTo } from './decimal.ts';

const LIMB = 2 ** 26;
const BIG_LIMB = BigInt(LIMB);
const MAX = Number.MAX_SAFE_INTEGER;
const BIG_MAX = BigInt(MAX);

export class SumTable {
  #decimals = 0;
  #low: Float64Array;
  /** In units of LIMB; not there until the first sum needs it. */
  #high: Float64Array | undefined;
  /** What the two doubles of a slot could not take. */
  readonly #spilled = new Map<number, bigint>();

  /** All sums are 0 at first. */
  constructor(capacity: number) {
    this.#low = new Float64Array(capacity);
  }

  /** All sums are integers of 10^-decimals. */
  get decimals(): number {
    return this.#decimals;
  }

  get capacity(): number {
    return this.#low.length;
  }

  /** Makes room for more sums. */
  extend(capacity: number): void {
    this.#low = copied(this.#low, capacity);
    if (this.#high !== undefined) this.#high = copied(this.#high, capacity);
  }

  /** Adds mantissa * 10^-decimals to a sum. The mantissa is a safe integer, with sign. */
  add(slot: number, mantissa: number, decimals: number): void {
    const units = decimals === this.#decimals ? mantissa : this.#aligned(mantissa, decimals);
    if (units <= MAX && units >= -MAX) this.#addUnits(slot, units);
    else this.addBig(slot, BigInt(mantissa), decimals);
  }

  /** Adds a * b * 10^-decimals. Both are safe integers, with sign. */
  addProduct(slot: number, a: number, b: number, decimals: number): void {
    const product = a * b;
    if (product <= MAX && product >= -MAX) return this.add(slot, product, decimals);
    const limbs = Math.trunc(b / LIMB);
    const upper = a * limbs;
    const lower = a * (b - limbs * LIMB);
    const fits = upper <= MAX && upper >= -MAX && lower <= MAX && lower >= -MAX;
    if (!fits || decimals !== this.#decimals) return this.addBig(slot, BigInt(a) * BigInt(b), decimals);
    this.#addUnits(slot, lower);
    this.#addLimbs(slot, upper);
  }

  /** Adds mantissa * 10^-decimals of any size. */
  addBig(slot: number, mantissa: bigint, decimals: number): void {
    if (mantissa === 0n) return;
    if (decimals > this.#decimals) this.#refine(decimals);
    this.#set(slot, this.units(slot) + mantissa * bigTenTo(this.#decimals - decimals));
  }

  /** The sum in units of 10^-decimals. */
  units(slot: number): bigint {
    const low = BigInt(this.#low[slot] ?? 0);
    const high = this.#high?.[slot] ?? 0;
    const narrow = high === 0 ? low : low + BigInt(high) * BIG_LIMB;
    return this.#spilled.size === 0 ? narrow : narrow + (this.#spilled.get(slot) ?? 0n);
  }

  /** The same as a number when it is a safe integer; NaN when it is too large. */
  smallUnits(slot: number): number {
    if ((this.#high?.[slot] ?? 0) === 0 && (this.#spilled.size === 0 || !this.#spilled.has(slot)))
      return this.#low[slot] ?? 0;
    const units = this.units(slot);
    return units <= BIG_MAX && units >= -BIG_MAX ? Number(units) : Number.NaN;
  }

  decimal(slot: number): Decimal {
    return { mantissa: this.units(slot), decimals: this.#decimals };
  }

  #addUnits(slot: number, units: number): void {
    const before = this.#low[slot] ?? 0;
    const sum = before + units;
    if (sum <= MAX && sum >= -MAX) {
      this.#low[slot] = sum;
      return;
    }
    const limbsBefore = Math.trunc(before / LIMB);
    const limbs = Math.trunc(units / LIMB);
    this.#low[slot] = before - limbsBefore * LIMB + (units - limbs * LIMB);
    this.#addLimbs(slot, limbsBefore + limbs);
  }

  #addLimbs(slot: number, limbs: number): void {
    this.#high ??= new Float64Array(this.#low.length);
    const before = this.#high[slot] ?? 0;
    const sum = before + limbs;
    if (sum <= MAX && sum >= -MAX) {
      this.#high[slot] = sum;
      return;
    }
    this.#spilled.set(slot, (this.#spilled.get(slot) ?? 0n) + BigInt(before) * BIG_LIMB);
    this.#high[slot] = limbs;
  }

  /** In units of this table; not a safe integer when it must be added as a BigInt. */
  #aligned(mantissa: number, decimals: number): number {
    if (decimals > this.#decimals) this.#refine(decimals);
    return decimals === this.#decimals ? mantissa : mantissa * tenTo(this.#decimals - decimals);
  }

  #refine(decimals: number): void {
    const step = decimals - this.#decimals;
    const factor = tenTo(step);
    const bigFactor = bigTenTo(step);
    this.#decimals = decimals;
    for (let slot = 0; slot < this.#low.length; slot += 1) {
      const units = this.smallUnits(slot) * factor;
      if (units <= MAX && units >= -MAX) this.#setSmall(slot, units);
      else this.#set(slot, this.units(slot) * bigFactor);
    }
  }

  #setSmall(slot: number, units: number): void {
    this.#low[slot] = units;
    if (this.#high !== undefined) this.#high[slot] = 0;
    if (this.#spilled.size > 0) this.#spilled.delete(slot);
  }

  #set(slot: number, units: bigint): void {
    if (units <= BIG_MAX && units >= -BIG_MAX) return this.#setSmall(slot, Number(units));
    this.#setSmall(slot, 0);
    const limbs = units / BIG_LIMB;
    if (limbs > BIG_MAX || limbs < -BIG_MAX) {
      this.#spilled.set(slot, units);
      return;
    }
    this.#low[slot] = Number(units % BIG_LIMB);
    this.#addLimbs(slot, Number(limbs));
  }
}

function copied(values: Float64Array, capacity: number): Float64Array {
  const more = new Float64Array(capacity);
  more.set(values);
  return more;
}
