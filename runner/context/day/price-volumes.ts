/**
 * Volume by price and taker's side, exactly, of one instrument and day.
 *
 * Volumes are kept by the price as it was told, not by bin: the bins are formed when they are asked for. So a tick size that
 * becomes known late, or changes, is right for all trades of the day. (Prices lie on ticks, so there are as many prices as
 * bins.) Prices are integers of 10^-k, k being the most decimals that occurred.
 *
 * Bounded: at `maxPrices` different prices bins of ten times the width take their place, and so on; `binSize` says so. So it
 * is for good, and for sums of others that came in bins, whose single prices nobody knows.
 */
import type { TotalsBin } from '../../../shared/day-totals.ts';
import {
  type Decimal,
  DecimalReader,
  decimalText,
  parseDecimal,
  tenTo,
} from '../../../shared/exact/decimal.ts';
import { SumTable } from '../../../shared/exact/sum-table.ts';
import {
  type BinSize,
  bigBinIndex,
  binIndex,
  commonSize,
  regrouped,
  tenTimes,
  unitSize,
} from './bin-size.ts';
import { PriceIndex } from './price-index.ts';

/** A busy day has 50,000. At 36 to 52 bytes a price, of doubled capacity: at most 7 MB a day of one instrument. */
export const MAX_PRICES = 131_072;

const MAX = Number.MAX_SAFE_INTEGER;
/** Powers of ten beyond are not exact in a double. */
const DECIMALS_MAX = 22;
/** Texts of up to so many characters have at most 15 digits: a double holds them. */
const SHORT_TEXT = 15;

export class PriceVolumes {
  readonly #maxPrices: number;
  #index = new PriceIndex();
  /** Buy volume of a slot at 2 * slot, sell volume behind it. */
  #sums = new SumTable(this.#index.capacity * 2);
  /** Prices are integers of it: a power of ten while they are as told, a bin of some width after that. */
  #unit: BinSize = unitSize(0);
  #isCoarser = false;
  /** The finest bins that can be formed; undefined while all prices are as told. */
  #floor: BinSize | undefined;
  /** Slots in the order of their prices, of the first `#order.length` slots. */
  #order: Int32Array = new Int32Array(0);
  readonly #reader = new DecimalReader();

  constructor(maxPrices: number = MAX_PRICES) {
    this.#maxPrices = maxPrices;
  }

  /** Different prices, or bins. */
  get count(): number {
    return this.#index.count;
  }

  /** Volumes are integers of 10^-decimals. */
  get decimals(): number {
    return this.#sums.decimals;
  }

  /** The bins that can be formed when bins of `tick` are asked for: those, or the next wider ones that hold whole ones of ours. */
  binSize(tick: BinSize): BinSize {
    if (this.#floor === undefined) return tick;
    return commonSize(tick, this.#floor) ?? this.#floor;
  }

  /** Adds a volume, read as integers of powers of ten; a negative one takes back. */
  add(price: DecimalReader, qty: DecimalReader, sign: 1 | -1, isBuy: boolean): void {
    const slot = this.#slotOf(this.#keyOf(price.mantissa, price.decimals), price.mantissa, price.decimals);
    this.#sums.add(slot * 2 + (isBuy ? 0 : 1), qty.mantissa * sign, qty.decimals);
  }

  /** The same for numbers that need more than a double. */
  addDecimals(price: Decimal, qty: Decimal, isBuy: boolean): void {
    if (price.decimals > this.#unit.decimals && !this.#isCoarser) this.#refine(price.decimals);
    let key = bigBinIndex(price, this.#unit);
    for (; Number.isNaN(key); key = bigBinIndex(price, this.#unit)) this.#coarsen();
    const slot = this.#place(key);
    this.#sums.addBig(slot * 2 + (isBuy ? 0 : 1), qty.mantissa, qty.decimals);
  }

  /** Adds bins of others. They stay bins: a price within them is not known. */
  addBins(size: BinSize, bins: readonly TotalsBin[]): void {
    if (bins.length === 0) return;
    if (!this.#isCoarser && size.decimals > this.#unit.decimals) this.#refine(size.decimals);
    this.#floor = this.#floor === undefined ? size : (commonSize(this.#floor, size) ?? this.#floor);
    for (const [index, buy, sell] of bins) {
      let key = regrouped(index, size, this.#unit);
      for (; Number.isNaN(key); key = regrouped(index, size, this.#unit)) this.#coarsen();
      const slot = this.#place(key);
      this.#addText(slot * 2, buy);
      this.#addText(slot * 2 + 1, sell);
    }
  }

  /** Walks over all prices that traded, ascending. `bin` is that of `size`, which must be one that `binSize` answered. */
  walk(size: BinSize, visit: (bin: number, slot: number) => void): void {
    const order = this.#sorted();
    const isUnit = size.mantissa === this.#unit.mantissa && size.decimals === this.#unit.decimals;
    for (let place = 0; place < order.length; place += 1) {
      const slot = order[place] ?? 0;
      const key = this.#index.key(slot);
      visit(isUnit ? key : regrouped(key, this.#unit, size), slot);
    }
  }

  /** In units of 10^-decimals; NaN when they are no safe integer. */
  smallBuy(slot: number): number {
    return this.#sums.smallUnits(slot * 2);
  }

  smallSell(slot: number): number {
    return this.#sums.smallUnits(slot * 2 + 1);
  }

  buy(slot: number): bigint {
    return this.#sums.units(slot * 2);
  }

  sell(slot: number): bigint {
    return this.#sums.units(slot * 2 + 1);
  }

  /** The volumes by bins, as they are told to others. */
  totals(tick: BinSize): readonly TotalsBin[] {
    const bins: { bin: number; buy: bigint; sell: bigint }[] = [];
    this.walk(this.binSize(tick), (bin, slot) => {
      const [buy, sell] = [this.buy(slot), this.sell(slot)];
      const last = bins[bins.length - 1];
      if (last?.bin === bin) {
        last.buy += buy;
        last.sell += sell;
      } else if (buy !== 0n || sell !== 0n) bins.push({ bin, buy, sell });
    });
    const text = (mantissa: bigint): string => decimalText({ mantissa, decimals: this.decimals });
    return bins.map(({ bin, buy, sell }): TotalsBin => [bin, text(buy), text(sell)]);
  }

  /** The price as an integer of our unit; NaN when it is none, or too large for one. */
  #keyOf(mantissa: number, decimals: number): number {
    if (this.#unit.decimals === decimals && this.#unit.mantissa === 1) return mantissa;
    if (this.#unit.decimals < decimals && !this.#isCoarser) this.#refine(decimals);
    return binIndex(mantissa, decimals, this.#unit);
  }

  #slotOf(key: number, mantissa: number, decimals: number): number {
    let place = key;
    for (; Number.isNaN(place); place = binIndex(mantissa, decimals, this.#unit)) this.#coarsen();
    return this.#place(place);
  }

  #place(key: number): number {
    const slot = this.#index.slotOf(key);
    if (this.#index.capacity * 2 > this.#sums.capacity) this.#sums.extend(this.#index.capacity * 2);
    if (this.#index.count < this.#maxPrices) return slot;
    const unit = this.#unit;
    // No further than needed: so the width depends on the prices alone, not on the order in which they came.
    while (this.#index.count >= this.#maxPrices) this.#coarsen();
    return this.#index.slotOf(regrouped(key, unit, this.#unit));
  }

  /** Ten times the width. What there is keeps its volume, in wider bins. */
  #coarsen(): void {
    const wider = tenTimes(this.#unit);
    if (wider === undefined) throw new Error('prices beyond all bins');
    this.#widenTo(wider);
  }

  #widenTo(wider: BinSize): void {
    this.#isCoarser = true;
    this.#rebuild(wider);
    this.#floor = this.#floor === undefined ? wider : (commonSize(this.#floor, wider) ?? wider);
  }

  /** A price with more decimals came: all others are integers of the finer unit as well, as far as a double holds them. */
  #refine(decimals: number): void {
    let highest = 0;
    for (let slot = 0; slot < this.#index.count; slot += 1)
      highest = Math.max(highest, this.#index.key(slot));
    let finest = Math.min(decimals, DECIMALS_MAX);
    while (highest * tenTo(finest - this.#unit.decimals) > MAX) finest -= 1;
    this.#rebuild(unitSize(finest));
    if (finest < decimals) this.#widenTo(this.#unit);
  }

  /** Puts everything into bins of another width. */
  #rebuild(unit: BinSize): void {
    const [index, sums, from] = [this.#index, this.#sums, this.#unit];
    this.#index = new PriceIndex(index.count);
    this.#sums = new SumTable(this.#index.capacity * 2);
    this.#unit = unit;
    this.#order = new Int32Array(0);
    for (let slot = 0; slot < index.count; slot += 1) {
      const target = this.#index.slotOf(regrouped(index.key(slot), from, unit));
      this.#sums.addBig(target * 2, sums.units(slot * 2), sums.decimals);
      this.#sums.addBig(target * 2 + 1, sums.units(slot * 2 + 1), sums.decimals);
    }
  }

  #addText(sum: number, text: string): void {
    if (text === '0') return;
    if (text.length <= SHORT_TEXT && this.#reader.read(Number(text)))
      return this.#sums.add(sum, this.#reader.mantissa, this.#reader.decimals);
    const decimal = parseDecimal(text);
    if (decimal === undefined) throw new RangeError(`not a volume: ${text.slice(0, 100)}`);
    this.#sums.addBig(sum, decimal.mantissa, decimal.decimals);
  }

  /** Slots by price. New ones are sorted and merged into the old order: nothing is sorted while trades come in. */
  #sorted(): Int32Array {
    const before = this.#order;
    if (before.length === this.#index.count) return before;
    const fresh = this.#index.sortedFrom(before.length);
    const order = new Int32Array(this.#index.count);
    let old = 0;
    let added = 0;
    for (let place = 0; place < order.length; place += 1) {
      const slot = before[old] ?? -1;
      const key = fresh[added] ?? Number.POSITIVE_INFINITY;
      const isOld = slot >= 0 && this.#index.key(slot) < key;
      order[place] = isOld ? slot : this.#index.find(key);
      if (isOld) old += 1;
      else added += 1;
    }
    this.#order = order;
    return order;
  }
}
