/**
 * What a market knows about itself beside book and trades: candles, sums since the start, open interest, liquidations.
 *
 * Everything here is a function of the executions and the seed, and costs a few additions an execution whether or not
 * anybody listens. Bybit's 24 hours are the time since the start here.
 *
 * Liquidations are executions of the market's own: after every 20 to 79 executions (drawn from a stream of dice of its own,
 * so that the order flow is not touched) the next one was a forced close. A sell closes a long, a buy a short.
 */
import type { Candle } from './candles.ts';
import { addTurnover, CandleSeries } from './candles.ts';
import type { Instrument } from './instruments.ts';
import type { Execution } from './market.ts';
import type { Side } from './matching-book.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';

/** One liquidation: `side` is the position's (Buy: a long was liquidated), `price` the bankruptcy price in ticks. */
export interface Liquidation {
  readonly at: number;
  readonly side: Side;
  readonly size: number;
  readonly price: number;
  /** The execution that closed the position. */
  readonly executionId: string;
}

/** Liquidations kept of each market, at least; the older half goes when there are twice as many. */
const LIQUIDATIONS_KEPT = 5000;
const EXECUTIONS_BETWEEN = { least: 20, spread: 60 } as const;

/** The figures of one market. */
export class Statistics {
  readonly candles: CandleSeries;
  /** Sums since the start, as in a candle. */
  readonly total: Pick<Candle, 'high' | 'low' | 'volume' | 'turnoverHigh' | 'turnoverLow'>;
  /** Contracts open, both sides counted (bybit-v5.md 3.6), in lots; always even. */
  openInterest: number;
  liquidations: Liquidation[] = [];
  /** Liquidations since the start, kept or not. */
  liquidationCount = 0;
  /** 0 to 1: where this market stands in the slow waves of index price and funding. */
  readonly phase: number;
  private readonly instrument: Instrument;
  private readonly random: Random;
  private untilLiquidation: number;

  constructor(instrument: Instrument, seed: string, now: number) {
    const { basePrice, category, symbol } = instrument;
    this.instrument = instrument;
    this.random = createRandom(`${seed}/${category}/${symbol}/liquidation`);
    this.phase = this.random.fraction();
    this.untilLiquidation = this.nextInterval();
    this.candles = new CandleSeries(basePrice, now);
    this.total = { high: basePrice, low: basePrice, volume: 0, turnoverHigh: 0, turnoverLow: 0 };
    this.openInterest = instrument.typicalSize * 20_000;
  }

  /** Counts an execution; the liquidation that it was, if it was one. */
  add(execution: Execution): Liquidation | undefined {
    const { price, size } = execution;
    const turnover = turnoverOf(this.instrument, price, size);
    this.candles.add(execution, turnover);
    const { total } = this;
    if (price > total.high) total.high = price;
    if (price < total.low) total.low = price;
    total.volume += size;
    addTurnover(total, turnover);
    if (this.instrument.category === 'spot') return undefined;
    const change = execution.seq % 2 === 0 ? 2 * size : -2 * size;
    this.openInterest = Math.max(2 * this.instrument.typicalSize, this.openInterest + change);
    this.untilLiquidation -= 1;
    return this.untilLiquidation > 0 ? undefined : this.liquidate(execution);
  }

  private liquidate({ at, price, side, size, id }: Execution): Liquidation {
    this.untilLiquidation = this.nextInterval();
    const away = Math.max(1, Math.round((price * (1 + this.random.below(5))) / 1000));
    const liquidation: Liquidation = {
      at,
      side: side === 'Sell' ? 'Buy' : 'Sell',
      size,
      price: side === 'Sell' ? price - away : price + away,
      executionId: id,
    };
    this.liquidationCount += 1;
    this.liquidations.push(liquidation);
    if (this.liquidations.length >= 2 * LIQUIDATIONS_KEPT)
      this.liquidations = this.liquidations.slice(-LIQUIDATIONS_KEPT);
    return liquidation;
  }

  private nextInterval(): number {
    return EXECUTIONS_BETWEEN.least + this.random.below(EXECUTIONS_BETWEEN.spread);
  }
}

/** Digits behind the point of a turnover's unit. */
export function turnoverDigits(instrument: Instrument): number {
  return instrument.category === 'inverse' ? INVERSE_DIGITS : instrument.priceDigits + instrument.sizeDigits;
}

/** Inverse turnover is in coins, size / price: rounded to 8 digits for each execution, then summed exactly. */
const INVERSE_DIGITS = 8;

/** Price (ticks) x size (lots) in units of the last digit of both; on inverse size / price. */
export function turnoverOf(instrument: Instrument, price: number, size: number): number {
  const ticks = price * instrument.tickUnits;
  const lots = size * instrument.lotUnits;
  if (instrument.category !== 'inverse') return ticks * lots;
  return Math.round((lots * 10 ** (INVERSE_DIGITS + instrument.priceDigits - instrument.sizeDigits)) / ticks);
}
