/**
 * Where positions of one instrument were closed by force in the last day, by price bins, and which of those prices lie next to a price.
 *
 * A liquidation is added to the sums of its bin and its quarter of an hour; a quarter leaves as a whole when its end is a day old,
 * and the oldest one leaves earlier when there are more than 1,000 sums in all (at most some 120 KB a symbol). So a crash with thousands of
 * liquidations takes no more room than the bins that it went through, and `since` says how far back the answer reaches.
 *
 * Names of the sides: a `buy` liquidation is that of a LONG position, which the exchange calls by the side of the position and then sells
 * (bybit-v5.md 3.7); other exchanges name the order instead.
 */
import type { LiquidationEvent } from '../../../shared/events/market-events.ts';
import { compareDecimals, plus, shortestDecimal } from '../../../shared/exact/decimal.ts';
import { decimalNumber, quotientNumber } from '../../../shared/exact/quotient.ts';
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';
import { isAbsurd } from '../../intake/absurd-time.ts';
import { type BinSize, binOf, edgeOf } from '../day/bin-size.ts';
import { SumPairs } from './sum-pairs.ts';
import { usualBinSize } from './usual-bin-size.ts';

/** Older liquidations say nothing of where positions stand now. */
export const LIQUIDATION_MAX_AGE_MS: Millis = 86_400_000;
export const LIQUIDATION_SLICE_MS: Millis = 900_000;
/** Sums that are kept: each of one bin within one quarter of an hour. */
export const MAX_LIQUIDATION_SUMS = 1_000;

export type LiquidationCluster = {
  /** The lower end of the bin, which is part of it. */
  readonly price_level: number;
  /** Quantity of long positions that were closed by force: base coin (linear), USD (inverse). */
  readonly buy_liquidations: number;
  /** The same of short positions. */
  readonly sell_liquidations: number;
  readonly total_liquidations: number;
  /** Part of long positions in the total, 0 to 1. */
  readonly ratio: number;
};

/** The levels of the clusters next to a price; null where there is none, or no price is known. */
export type NearestLevels = {
  /** The highest level that is not above the price. */
  readonly nearest_support: number | null;
  /** The lowest level above the price. */
  readonly nearest_resistance: number | null;
};

export type LiquidationClustersView = NearestLevels & {
  /** The largest by total, the largest first; of two that are equal the lower price. */
  readonly clusters: readonly LiquidationCluster[];
  /** Null while it depends on the first liquidation. */
  readonly bin_size: number | null;
  /** Exchange time, ms: how far back this reaches, as far as we listened. */
  readonly since: UnixMs;
  readonly timestamp: UnixMs;
};

/** Of each bin the slot of its sums: longs, then shorts. */
type Slice = Map<number, number>;

export class LiquidationClusters {
  /** Undefined until the first liquidation tells about which prices it is. */
  #binSize: BinSize | undefined;
  readonly #maxClusters: number;
  readonly #sums = new SumPairs();
  /** By the number of its quarter since 1970. */
  readonly #slices = new Map<number, Slice>();
  /** Of all slices. */
  #kept = 0;
  /** Slices before this one were forgotten for want of room. */
  #firstKept = 0;

  /** LIQUIDATION_BIN_SIZE and LIQUIDATION_MAX_CLUSTERS. Without a size, the one that suits the price of the first liquidation. */
  constructor(binSize: BinSize | undefined, maxClusters: number) {
    this.#binSize = binSize;
    this.#maxClusters = maxClusters;
  }

  /** Sums that are kept, at most 1,000. */
  get kept(): number {
    return this.#kept;
  }

  /** Adds a liquidation, in whatever order they come. One whose time is impossible, or that is too old, is left out. */
  add({ timestamp, price, qty, position }: LiquidationEvent, exchangeNow: UnixMs): void {
    const number = sliceOf(timestamp);
    if (isAbsurd(timestamp, exchangeNow) || number < this.#oldestSlice(exchangeNow)) return;
    this.#binSize ??= usualBinSize(price);
    const bin = binOf(price, this.#binSize);
    // Of a price that no bin is counted for.
    if (Number.isNaN(bin)) return;
    const slot = this.#slotFor(number, bin, exchangeNow);
    if (slot !== undefined) this.#sums.add(slot, position === 'long', shortestDecimal(qty));
  }

  /** The clusters now, and the levels next to `price`: the last one, or undefined while none is known. */
  view(price: number | undefined, now: UnixMs): LiquidationClustersView {
    const clusters = this.#binSize === undefined ? [] : this.#clusters(this.#binSize, now);
    return {
      clusters,
      ...nearestLevels(clusters, price),
      bin_size: this.#binSize === undefined ? null : edgeOf(1, this.#binSize),
      since: unixMs(this.#oldestSlice(now) * LIQUIDATION_SLICE_MS),
      timestamp: now,
    };
  }

  #clusters(size: BinSize, now: UnixMs): readonly LiquidationCluster[] {
    const slots = new Map<number, number[]>();
    const oldest = this.#oldestSlice(now);
    for (const [number, slice] of this.#slices) {
      if (number < oldest) continue;
      for (const [bin, slot] of slice) {
        const known = slots.get(bin);
        if (known === undefined) slots.set(bin, [slot]);
        else known.push(slot);
      }
    }
    const bins = [...slots].map(([bin, own]) => {
      const { first: longs, second: shorts } = this.#sums.total(own);
      return { bin, longs, total: plus(longs, shorts), shorts };
    });
    return bins
      .toSorted((a, b) => compareDecimals(b.total, a.total) || a.bin - b.bin)
      .slice(0, this.#maxClusters)
      .map(({ bin, longs, shorts, total }) => ({
        price_level: edgeOf(bin, size),
        buy_liquidations: decimalNumber(longs),
        sell_liquidations: decimalNumber(shorts),
        total_liquidations: decimalNumber(total),
        ratio: quotientNumber(longs, total) ?? 0,
      }));
  }

  /** Undefined when there is no room, and none can be made but by newer ones. */
  #slotFor(number: number, bin: number, now: UnixMs): number | undefined {
    const known = this.#slices.get(number)?.get(bin);
    if (known !== undefined) return known;
    if (this.#kept >= MAX_LIQUIDATION_SUMS) this.#forgetOld(now);
    if (this.#kept >= MAX_LIQUIDATION_SUMS && !this.#forgetOldest(number)) return undefined;
    const slice = this.#slices.get(number) ?? new Map<number, number>();
    const slot = this.#sums.take();
    slice.set(bin, slot);
    this.#slices.set(number, slice);
    this.#kept += 1;
    return slot;
  }

  #forgetOld(now: UnixMs): void {
    const oldest = this.#oldestSlice(now);
    for (const number of this.#slices.keys()) if (number < oldest) this.#forget(number);
  }

  /** Makes room for a sum of this quarter. False: what is kept is of this one or newer. */
  #forgetOldest(forNumber: number): boolean {
    const oldest = Math.min(...this.#slices.keys());
    if (oldest >= forNumber) return false;
    this.#forget(oldest);
    this.#firstKept = Math.max(this.#firstKept, oldest + 1);
    return true;
  }

  #forget(number: number): void {
    for (const slot of this.#slices.get(number)?.values() ?? []) {
      this.#sums.release(slot);
      this.#kept -= 1;
    }
    this.#slices.delete(number);
  }

  /** The oldest quarter of which anything lies within the day. */
  #oldestSlice(now: UnixMs): number {
    return Math.max(sliceOf(now - LIQUIDATION_MAX_AGE_MS), this.#firstKept);
  }
}

/** The levels next to a price: the one at or below it, and the one above. */
export function nearestLevels(
  clusters: readonly Pick<LiquidationCluster, 'price_level'>[],
  price: number | undefined,
): NearestLevels {
  let support: number | null = null;
  let resistance: number | null = null;
  if (price !== undefined) {
    for (const { price_level: level } of clusters) {
      if (level <= price) support = Math.max(support ?? level, level);
      else resistance = Math.min(resistance ?? level, level);
    }
  }
  return { nearest_support: support, nearest_resistance: resistance };
}

function sliceOf(timestamp: number): number {
  return Math.floor(timestamp / LIQUIDATION_SLICE_MS);
}
