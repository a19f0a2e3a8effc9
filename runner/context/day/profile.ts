/**
 * The volume profile of a day: point of control and value area as prices.
 *
 * From trades it is exact. Where one-minute klines stand in for trades, the volume of each is spread evenly over the bins
 * of its range, traded or not, which is approximate.
 */
import { tenTo } from '../../../shared/exact/decimal.ts';
import { type BinList, listBins } from './bin-list.ts';
import { type BinSize, binOf, edgeOf, tenTimes } from './bin-size.ts';
import { MAX_PRICES, type PriceVolumes } from './price-volumes.ts';
import { bigInts, numbers, type ValueArea, valueArea } from './value-area.ts';

/** Volume between two prices, both included, of which nothing else is known. */
export type VolumeRange = { readonly low: number; readonly high: number; readonly volume: number };

/** Prices are lower edges of bins; null when nothing traded. */
export type Profile = {
  readonly size: BinSize;
  readonly poc: number | null;
  readonly vah: number | null;
  readonly val: number | null;
  /** Of trades alone. */
  readonly bins: BinList;
};

/** Of trades, and of `ranges` where klines stand in for them. */
export function profileOf(volumes: PriceVolumes, tick: BinSize, ranges: readonly VolumeRange[]): Profile {
  if (ranges.length > 0) return spreadProfile(volumes, tick, ranges);
  const list = listBins(volumes, volumes.binSize(tick));
  const area = list.kind === 'small' ? valueArea(list.volume, numbers) : valueArea(list.volume, bigInts);
  return profileAt(list, list.bins, area);
}

function profileAt(list: BinList, bins: readonly number[], area: ValueArea | undefined): Profile {
  const edge = (place: number | undefined): number | null => {
    const bin = place === undefined ? undefined : bins[place];
    return bin === undefined ? null : edgeOf(bin, list.size);
  };
  return {
    size: list.size,
    poc: edge(area?.poc),
    vah: edge(area?.high),
    val: edge(area?.low),
    bins: list,
  };
}

function spreadProfile(volumes: PriceVolumes, tick: BinSize, ranges: readonly VolumeRange[]): Profile {
  const { size, first, count } = spanOf(volumes.binSize(tick), ranges);
  const spread = spreadOver(ranges, size, first, count);
  const list = listBins(volumes, size);
  const unit = tenTo(list.decimals);
  const bins: number[] = [];
  const weights: number[] = [];
  const push = (bin: number, weight: number): void => {
    if (weight <= 0) return;
    bins.push(bin);
    weights.push(weight);
  };
  let next = 0;
  const takeTrades = (upTo: number): void => {
    for (; (list.bins[next] ?? Number.POSITIVE_INFINITY) < upTo; next += 1)
      push(list.bins[next] ?? 0, Number(list.volume[next] ?? 0) / unit);
  };
  for (let place = 0; place < count; place += 1) {
    const bin = first + place;
    takeTrades(bin);
    const isTraded = list.bins[next] === bin;
    push(bin, (spread[place] ?? 0) + (isTraded ? Number(list.volume[next] ?? 0) / unit : 0));
    if (isTraded) next += 1;
  }
  takeTrades(Number.POSITIVE_INFINITY);
  return profileAt(list, bins, valueArea(weights, numbers));
}

type BinSpan = { readonly size: BinSize; readonly first: number; readonly count: number };

/** The bins of all ranges, ten times as wide where there were too many. */
function spanOf(size: BinSize, ranges: readonly VolumeRange[]): BinSpan {
  const lowest = ranges.reduce((least, { low }) => Math.min(least, low), Number.POSITIVE_INFINITY);
  const highest = ranges.reduce((most, { high }) => Math.max(most, high), 0);
  const first = binOf(lowest, size);
  const count = binOf(highest, size) - first + 1;
  if (count <= MAX_PRICES) return { size, first, count };
  // Also when it is not a number: of prices too high to have a bin.
  const wider = tenTimes(size);
  return wider === undefined ? { size, first: 0, count: 0 } : spanOf(wider, ranges);
}

/** What is added and taken away at the ends of each range, then summed up: the work does not grow with their widths. */
function spreadOver(
  ranges: readonly VolumeRange[],
  size: BinSize,
  first: number,
  count: number,
): Float64Array {
  const weights = new Float64Array(count + 1);
  const covers = new Int32Array(count + 1);
  for (const { low, high, volume } of ranges) {
    const from = binOf(low, size) - first;
    const end = binOf(high, size) - first + 1;
    const each = volume / (end - from);
    weights[from] = (weights[from] ?? 0) + each;
    weights[end] = (weights[end] ?? 0) - each;
    covers[from] = (covers[from] ?? 0) + 1;
    covers[end] = (covers[end] ?? 0) - 1;
  }
  let weight = 0;
  let cover = 0;
  for (let place = 0; place < count; place += 1) {
    weight += weights[place] ?? 0;
    cover += covers[place] ?? 0;
    // Where no range is, what is left of the sums is rounding.
    if (cover === 0) weight = 0;
    weights[place] = weight;
  }
  return weights;
}
