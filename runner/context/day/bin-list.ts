/** The bins of a day that traded, ascending by price, with their volumes: as numbers where they are small enough, else as BigInts. */
import { decimalNumber } from '../../../shared/exact/quotient.ts';
import { type BinSize, edgeOf } from './bin-size.ts';
import type { PriceVolumes } from './price-volumes.ts';
import { type Arithmetic, bigInts, numbers } from './value-area.ts';

/** One element a bin in each list. Volumes are in units of 10^-decimals. */
export type Bins<W> = {
  readonly size: BinSize;
  readonly decimals: number;
  readonly bins: number[];
  readonly buy: W[];
  readonly sell: W[];
  readonly volume: W[];
};

export type BinList =
  | ({ readonly kind: 'small' } & Bins<number>)
  /** The sum of all volumes is too large for a double to be exact. */
  | ({ readonly kind: 'big' } & Bins<bigint>);

export type FootprintBin = {
  /** Lower edge of the bin. */
  readonly price: number;
  readonly volume: number;
  readonly buy_vol: number;
  readonly sell_vol: number;
  /** 1 has the most volume; of equals the lower price. */
  readonly rank: number;
};

/** Sums below it can be multiplied by ten in doubles. */
const SMALL_SUM = Number.MAX_SAFE_INTEGER / 10;

/** @param size - one that `volumes.binSize` answered, or a multiple of it. */
export function listBins(volumes: PriceVolumes, size: BinSize): BinList {
  const small = collected(
    volumes,
    size,
    numbers,
    (slot) => volumes.smallBuy(slot),
    (slot) => volumes.smallSell(slot),
  );
  const sum = small.volume.reduce((before, volume) => before + volume, 0);
  if (sum <= SMALL_SUM) return { kind: 'small', ...small };
  const big = collected(
    volumes,
    size,
    bigInts,
    (slot) => volumes.buy(slot),
    (slot) => volumes.sell(slot),
  );
  return { kind: 'big', ...big };
}

function collected<W>(
  volumes: PriceVolumes,
  size: BinSize,
  { zero, plus }: Arithmetic<W>,
  buyOf: (slot: number) => W,
  sellOf: (slot: number) => W,
): Bins<W> {
  const list: Bins<W> = { size, decimals: volumes.decimals, bins: [], buy: [], sell: [], volume: [] };
  volumes.walk(size, (bin, slot) => {
    const buy = buyOf(slot);
    const sell = sellOf(slot);
    // Everything that traded at this price was taken back.
    if (buy === zero && sell === zero) return;
    const place = list.bins.length - 1;
    if (list.bins[place] !== bin) {
      list.bins.push(bin);
      list.buy.push(buy);
      list.sell.push(sell);
      list.volume.push(plus(buy, sell));
      return;
    }
    list.buy[place] = plus(list.buy[place] ?? zero, buy);
    list.sell[place] = plus(list.sell[place] ?? zero, sell);
    list.volume[place] = plus(list.volume[place] ?? zero, plus(buy, sell));
  });
  return list;
}

/** The bins with the most volume, largest first; of equals the lower price comes first. */
export function largestBins(list: BinList, count: number): readonly FootprintBin[] {
  return list.kind === 'small' ? largestOf(list, numbers, count) : largestOf(list, bigInts, count);
}

function largestOf<W extends number | bigint>(
  list: Bins<W>,
  { isMore }: Arithmetic<W>,
  count: number,
): readonly FootprintBin[] {
  const places: number[] = [];
  let smallest: W | undefined;
  for (let place = 0; place < list.volume.length; place += 1) {
    const volume = list.volume[place];
    if (volume === undefined || (smallest !== undefined && !isMore(volume, smallest))) continue;
    let rank = places.length;
    for (; rank > 0; rank -= 1) {
      const above = list.volume[places[rank - 1] ?? -1];
      if (above === undefined || !isMore(volume, above)) break;
    }
    places.splice(rank, 0, place);
    if (places.length > count) places.pop();
    if (places.length === count) smallest = list.volume[places[count - 1] ?? -1];
  }
  const scaled = (units: W | undefined): number =>
    decimalNumber({ mantissa: BigInt(units ?? 0), decimals: list.decimals });
  return places.map((place, rank) => ({
    price: edgeOf(list.bins[place] ?? 0, list.size),
    volume: scaled(list.volume[place]),
    buy_vol: scaled(list.buy[place]),
    sell_vol: scaled(list.sell[place]),
    rank: rank + 1,
  }));
}
