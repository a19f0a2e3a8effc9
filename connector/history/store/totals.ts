/** The sums of a day's span, put together from integers; and, for numbers too long for the database, added up one by one. */
import {
  type DayTotals,
  dayStart,
  emptyDayTotals,
  FIRST_SESSION_MS,
  isPlaceBefore,
  OPENING_RANGE_END_MS,
  type TotalsPlace,
} from '../../../shared/day-totals.ts';
import { bigTenTo, decimalText } from '../../../shared/exact/decimal.ts';
import { integerOf } from './decimals.ts';
import type { Decimals } from './totals-sql.ts';
import type { TradeRow } from './verification.ts';

/** What the totals are of. */
export type TotalsOf = Pick<DayTotals, 'category' | 'symbol' | 'date' | 'bin_size'>;

/** Sums as integers: volumes of `qty_decimals`, notional of both decimals together, squares of the price's twice. */
export type IntegerSums = {
  readonly trades: number;
  readonly volume: bigint;
  readonly buys: bigint;
  readonly notional: bigint;
  readonly squares: bigint;
  readonly early: bigint;
  readonly earlyBuys: bigint;
  readonly high: number | null;
  readonly low: number | null;
  readonly openingHigh: number | null;
  readonly openingLow: number | null;
  readonly first: TotalsPlace | null;
  readonly last: TotalsPlace | null;
  /** Ascending. */
  readonly bins: readonly (readonly [index: number, buy: bigint, sell: bigint])[];
};

export function totalsFrom(
  of: TotalsOf,
  sums: IntegerSums,
  { price_decimals, qty_decimals }: Decimals,
): DayTotals {
  const qty = (value: bigint): string => decimalText({ mantissa: value, decimals: qty_decimals });
  return {
    ...emptyDayTotals(of),
    trades: sums.trades,
    volume: qty(sums.volume),
    notional: decimalText({ mantissa: sums.notional, decimals: price_decimals + qty_decimals }),
    squares: decimalText({ mantissa: sums.squares, decimals: 2 * price_decimals + qty_decimals }),
    buy_volume: qty(sums.buys),
    sell_volume: qty(sums.volume - sums.buys),
    pre_market_buy_volume: qty(sums.earlyBuys),
    pre_market_sell_volume: qty(sums.early - sums.earlyBuys),
    high: sums.high,
    low: sums.low,
    opening_high: sums.openingHigh,
    opening_low: sums.openingLow,
    first: sums.first,
    last: sums.last,
    bins: sums.bins.map(([index, buy, sell]) => [index, qty(buy), qty(sell)]),
  };
}

/** The moments of a day at which its sums part (ms). */
export function timesOf(date: string): { readonly session: number; readonly rangeEnd: number } {
  const start = dayStart(date);
  return { session: start + FIRST_SESSION_MS, rangeEnd: start + OPENING_RANGE_END_MS };
}

/** Adds rows up one by one, in any order. Exact for every number; some microseconds a row. */
export class RowSums {
  readonly #of: TotalsOf;
  readonly #decimals: Decimals;
  readonly #times: { readonly session: number; readonly rangeEnd: number };
  readonly #bins = new Map<bigint, [buy: bigint, sell: bigint]>();
  readonly #scale: bigint;
  readonly #width: bigint;
  #sums: Omit<IntegerSums, 'bins'> = {
    trades: 0,
    volume: 0n,
    buys: 0n,
    notional: 0n,
    squares: 0n,
    early: 0n,
    earlyBuys: 0n,
    high: null,
    low: null,
    openingHigh: null,
    openingLow: null,
    first: null,
    last: null,
  };

  constructor(of: TotalsOf, decimals: Decimals) {
    this.#of = of;
    this.#decimals = decimals;
    this.#times = timesOf(of.date);
    const most = Math.max(decimals.price_decimals, of.bin_size.split('.')[1]?.length ?? 0);
    this.#scale = bigTenTo(most - decimals.price_decimals);
    this.#width = integerOf(of.bin_size, most);
    if (this.#width === 0n) throw new RangeError('a bin has a width');
  }

  add({
    timestamp,
    price,
    qty,
    side,
    id,
  }: Pick<TradeRow, 'timestamp' | 'price' | 'qty' | 'side' | 'id'>): void {
    const p = integerOf(price, this.#decimals.price_decimals);
    const q = integerOf(qty, this.#decimals.qty_decimals);
    const bought = side === 'buy' ? q : 0n;
    const isEarly = timestamp < this.#times.session;
    const isOpening = !isEarly && timestamp < this.#times.rangeEnd;
    const before = this.#sums;
    const place = { timestamp, price, id };
    this.#sums = {
      trades: before.trades + 1,
      volume: before.volume + q,
      buys: before.buys + bought,
      notional: before.notional + p * q,
      squares: before.squares + p * p * q,
      early: before.early + (isEarly ? q : 0n),
      earlyBuys: before.earlyBuys + (isEarly ? bought : 0n),
      high: Math.max(before.high ?? price, price),
      low: Math.min(before.low ?? price, price),
      openingHigh: isOpening ? Math.max(before.openingHigh ?? price, price) : before.openingHigh,
      openingLow: isOpening ? Math.min(before.openingLow ?? price, price) : before.openingLow,
      first: before.first !== null && isPlaceBefore(before.first, place) ? before.first : place,
      last: before.last !== null && isPlaceBefore(place, before.last) ? before.last : place,
    };
    const index = (p * this.#scale) / this.#width;
    const [buy, sell] = this.#bins.get(index) ?? [0n, 0n];
    this.#bins.set(index, [buy + bought, sell + q - bought]);
  }

  totals(): DayTotals {
    const bins = [...this.#bins]
      .map(([index, [buy, sell]]) => [Number(index), buy, sell] as const)
      .toSorted((a, b) => a[0] - b[0]);
    return totalsFrom(this.#of, { ...this.#sums, bins }, this.#decimals);
  }
}
