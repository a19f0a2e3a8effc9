/**
 * The sums over trades of one instrument and UTC day: added in any order and any parts, they are the same to the last digit.
 *
 * What a trade adds is read once as integers of powers of ten, then added to some sums: constant time, no allocation.
 */
import {
  type DayTotals,
  dayStart,
  FIRST_SESSION_MS,
  isPlaceBefore,
  OPENING_RANGE_END_MS,
  type TotalsPlace,
} from '../../../shared/day-totals.ts';
import {
  type Decimal,
  DecimalReader,
  decimalText,
  minus,
  parseDecimal,
  shortestDecimal,
} from '../../../shared/exact/decimal.ts';
import { ExactSum } from '../../../shared/exact/exact-sum.ts';
import { SumTable } from '../../../shared/exact/sum-table.ts';
import type { Category, Side } from '../../../shared/market.ts';
import { type BinSize, parseBinSize } from './bin-size.ts';
import { PriceVolumes } from './price-volumes.ts';

/** What is needed of a trade: a trade event is one, so is a row of stored trades. */
export type DayTrade = {
  readonly timestamp: number;
  readonly price: number;
  readonly qty: number;
  /** The taker's. */
  readonly side: Side;
  readonly id: string;
};

/** No market has prices and quantities beyond these: their decimals would make every sum of the day slow. */
const PRICE_END = 1e15;
const QTY_END = 1e18;
const NUMBER_LEAST = 1e-18;

/** Is it a price that a market can tell? */
export function isPossiblePrice(price: number): boolean {
  return price >= NUMBER_LEAST && price < PRICE_END;
}

export function isPossibleQty(qty: number): boolean {
  return qty >= NUMBER_LEAST && qty < QTY_END;
}

export type DayOf = { readonly category: Category; readonly symbol: string; readonly date: string };

/** Places of the volumes in their table. */
const BUY = 0;
const SELL = 1;
const PRE_MARKET_BUY = 2;
const PRE_MARKET_SELL = 3;

export class TradeSums {
  readonly of: DayOf;
  readonly #start: number;
  readonly #volumes = new SumTable(4);
  readonly notional = new ExactSum();
  readonly squares = new ExactSum();
  readonly profile: PriceVolumes;
  trades = 0;
  high: number | null = null;
  low: number | null = null;
  openingHigh: number | null = null;
  openingLow: number | null = null;
  #first: TotalsPlace | null = null;
  /** Written over by each trade, so that it costs no object. */
  #last: { timestamp: number; price: number; id: string } | null = null;
  readonly #price = new DecimalReader();
  readonly #qty = new DecimalReader();

  constructor(of: DayOf, maxPrices?: number) {
    this.of = of;
    this.#start = dayStart(of.date);
    this.profile = new PriceVolumes(maxPrices);
  }

  /** Adds a trade of this day. */
  add(trade: DayTrade): void {
    this.#apply(trade, 1);
    this.trades += 1;
    const { price, timestamp } = trade;
    const inDay = timestamp - this.#start;
    if (this.high === null || price > this.high) this.high = price;
    if (this.low === null || price < this.low) this.low = price;
    if (inDay >= FIRST_SESSION_MS && inDay < OPENING_RANGE_END_MS) {
      this.openingHigh = Math.max(this.openingHigh ?? price, price);
      this.openingLow = Math.min(this.openingLow ?? price, price);
    }
    if (this.#first === null || isPlaceBefore(trade, this.#first)) this.#first = placeOf(trade);
    if (this.#last === null) this.#last = placeOf(trade);
    else if (isPlaceBefore(this.#last, trade)) {
      this.#last.timestamp = timestamp;
      this.#last.price = price;
      this.#last.id = trade.id;
    }
  }

  /**
   * Takes a trade out again that was added, since it is in totals that are merged next. Highs, lows and the ends of the
   * span stay: those totals have them, too.
   */
  remove(trade: DayTrade): void {
    this.#apply(trade, -1);
    this.trades -= 1;
  }

  /** Adds the sums of other trades of this day. Throws a RangeError on totals that `dayTotalsSchema` would refuse, or of another day. */
  merge(totals: DayTotals): void {
    const { category, symbol, date } = this.of;
    if (totals.category !== category || totals.symbol !== symbol || totals.date !== date)
      throw new RangeError(
        `sums of ${totals.category}:${totals.symbol} ${totals.date} are no part of ${category}:${symbol} ${date}`,
      );
    const size = parseBinSize(totals.bin_size);
    if (size === undefined) throw new RangeError(`not a bin size: ${totals.bin_size}`);
    this.trades += totals.trades;
    this.#addVolume(BUY, totals.buy_volume);
    this.#addVolume(SELL, totals.sell_volume);
    this.#addVolume(PRE_MARKET_BUY, totals.pre_market_buy_volume);
    this.#addVolume(PRE_MARKET_SELL, totals.pre_market_sell_volume);
    this.notional.addText(totals.notional);
    this.squares.addText(totals.squares);
    this.high = extreme(Math.max, this.high, totals.high);
    this.low = extreme(Math.min, this.low, totals.low);
    this.openingHigh = extreme(Math.max, this.openingHigh, totals.opening_high);
    this.openingLow = extreme(Math.min, this.openingLow, totals.opening_low);
    const { first, last } = totals;
    if (first !== null && (this.#first === null || isPlaceBefore(first, this.#first))) this.#first = first;
    if (last !== null && (this.#last === null || isPlaceBefore(this.#last, last))) this.#last = { ...last };
    this.profile.addBins(size, totals.bins);
  }

  /** Of all trades, in the units of `volumes`. */
  get volume(): Decimal {
    return this.#volume(BUY, SELL);
  }

  /** The first and the last trade, by time and then by id. */
  get ends(): { readonly [end in 'first' | 'last']: TotalsPlace | null } {
    return { first: this.#first, last: this.#last === null ? null : { ...this.#last } };
  }

  /** Taker's buy and sell volume before the first session, and from it on. */
  get sides(): { readonly [span in 'preMarket' | 'live']: readonly [buy: Decimal, sell: Decimal] } {
    const preMarket = [this.#volume(PRE_MARKET_BUY), this.#volume(PRE_MARKET_SELL)] as const;
    return {
      preMarket,
      live: [minus(this.#volume(BUY), preMarket[0]), minus(this.#volume(SELL), preMarket[1])],
    };
  }

  /** The sums as others can add them. Bins are ticks, or wider where the profile holds no finer ones. */
  totals(tick: BinSize): DayTotals {
    return {
      ...this.of,
      bin_size: this.profile.binSize(tick).text,
      trades: this.trades,
      volume: decimalText(this.#volume(BUY, SELL)),
      notional: this.notional.toText(),
      squares: this.squares.toText(),
      buy_volume: decimalText(this.#volume(BUY)),
      sell_volume: decimalText(this.#volume(SELL)),
      pre_market_buy_volume: decimalText(this.#volume(PRE_MARKET_BUY)),
      pre_market_sell_volume: decimalText(this.#volume(PRE_MARKET_SELL)),
      high: this.high,
      low: this.low,
      opening_high: this.openingHigh,
      opening_low: this.openingLow,
      ...this.ends,
      bins: this.profile.totals(tick),
    };
  }

  #apply(trade: DayTrade, sign: 1 | -1): void {
    const isBuy = trade.side === 'buy';
    const isPreMarket = trade.timestamp - this.#start < FIRST_SESSION_MS;
    const price = this.#price;
    const qty = this.#qty;
    if (!price.read(trade.price) || !qty.read(trade.qty)) return this.#applyLong(trade, sign);
    const weight = price.mantissa * qty.mantissa * sign;
    if (!Number.isSafeInteger(weight)) return this.#applyLong(trade, sign);
    const units = qty.mantissa * sign;
    this.#volumes.add(isBuy ? BUY : SELL, units, qty.decimals);
    if (isPreMarket) this.#volumes.add(isBuy ? PRE_MARKET_BUY : PRE_MARKET_SELL, units, qty.decimals);
    this.notional.addRead(weight, price.decimals + qty.decimals);
    this.squares.addProductRead(price.mantissa, weight, price.decimals * 2 + qty.decimals);
    this.profile.add(price, qty, sign, isBuy);
  }

  /** Numbers of more digits than a double can multiply. */
  #applyLong(trade: DayTrade, sign: 1 | -1): void {
    const isBuy = trade.side === 'buy';
    const price = shortestDecimal(trade.price);
    const told = shortestDecimal(trade.qty);
    const qty = { mantissa: told.mantissa * BigInt(sign), decimals: told.decimals };
    const weight = price.mantissa * qty.mantissa;
    this.#volumes.addBig(isBuy ? BUY : SELL, qty.mantissa, qty.decimals);
    if (trade.timestamp - this.#start < FIRST_SESSION_MS)
      this.#volumes.addBig(isBuy ? PRE_MARKET_BUY : PRE_MARKET_SELL, qty.mantissa, qty.decimals);
    this.notional.addDecimal({ mantissa: weight, decimals: price.decimals + qty.decimals });
    this.squares.addDecimal({
      mantissa: weight * price.mantissa,
      decimals: price.decimals * 2 + qty.decimals,
    });
    this.profile.addDecimals(price, qty, isBuy);
  }

  #addVolume(slot: number, text: string): void {
    const decimal = parseDecimal(text);
    if (decimal === undefined) throw new RangeError(`not a volume: ${text.slice(0, 100)}`);
    this.#volumes.addBig(slot, decimal.mantissa, decimal.decimals);
  }

  #volume(...slots: readonly number[]): Decimal {
    const mantissa = slots.reduce((sum, slot) => sum + this.#volumes.units(slot), 0n);
    return { mantissa, decimals: this.#volumes.decimals };
  }
}

function placeOf({ timestamp, price, id }: DayTrade): { timestamp: number; price: number; id: string } {
  return { timestamp, price, id };
}

function extreme(
  choose: (a: number, b: number) => number,
  a: number | null,
  b: number | null,
): number | null {
  if (a === null || b === null) return a ?? b;
  return choose(a, b);
}
