/**
 * Batches of events as they cross to the thread of a strategy: two flat arrays instead of hundreds of objects.
 *
 * Copying objects between threads was the largest cost of a strategy (1.4 us an event, then 0.13), and objects that wait for it
 * were a third of the runner's garbage: events are written down when they are offered. Rows of numbers stand one after the
 * other, each beginning with its kind; texts are taken in the order in which the rows need them:
 *
 *   MARKET                                                  2 texts: category, symbol of the rows that follow
 *   TRADE   timestamp price qty flags id
 *   BOOK    valid timestamp bid bidQty ask askQty           NaN stands for null
 *   KLINE   interval start end open high low close volume turnover    the interval by its place in the list of intervals
 *   TICKER  timestamp and the values of TickerMessage
 *   LIQUIDATION  timestamp price qty isLong
 *   OTHER                                                   the next of `others`, as it is
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { type Instrument, intervals } from '../../shared/market.ts';
import type {
  BookMessage,
  KlineMessage,
  LiquidationMessage,
  Offered,
  StrategyMessage,
  TickerMessage,
} from './messages.ts';
import { integerId } from './trade-tick.ts';

export type PackedBatch = {
  readonly batch: number;
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
  readonly others: readonly StrategyMessage[];
};

/** What a row of numbers is of. */
export const rowKinds = {
  market: 0,
  trade: 1,
  book: 2,
  other: 3,
  kline: 4,
  ticker: 5,
  liquidation: 6,
} as const;
/** Bits of a trade's flags; above them its origin, by its place in the list. */
export const tradeFlags = { buy: 1, buyerIsMaker: 2, origin: 4 } as const;
export const origins = ['live', 'healed', 'archive'] as const;

/** A row is at most so long (TICKER), a market's before it included. */
const LONGEST_ROW = 24;

/** Events that wait, in order. */
export class BatchWriter {
  #numbers = new Float64Array(4 * LONGEST_ROW);
  #length = 0;
  #texts: string[] = [];
  #others: StrategyMessage[] = [];
  #market: Instrument | undefined;
  #size = 0;

  /** Events in it. */
  get size(): number {
    return this.#size;
  }

  add(event: Offered): void {
    this.#size += 1;
    if (this.#length + LONGEST_ROW > this.#numbers.length) this.#grow();
    if ('type' in event) return this.#trade(event);
    switch (event.kind) {
      case 'candle':
      case 'gap':
      case 'gate':
      case 'timer':
        this.#number(rowKinds.other);
        this.#others.push(event);
        return;
      case 'book':
        this.#inMarket(event);
        return this.#book(event);
      case 'kline':
      case 'ticker':
      case 'liquidation':
        this.#inMarket(event);
        return this.#channel(event);
    }
  }

  /** A copy of all that was added. */
  pack(batch: number): PackedBatch {
    const numbers = this.#numbers.slice(0, this.#length);
    return { batch, numbers, texts: this.#texts, others: this.#others };
  }

  /** Empty again; what was packed stays as it is. */
  clear(): void {
    this.#length = 0;
    this.#texts = [];
    this.#others = [];
    this.#market = undefined;
    this.#size = 0;
  }

  /** A market is named once for all rows that follow in it. */
  #inMarket(instrument: Instrument): void {
    const market = this.#market;
    if (market?.symbol === instrument.symbol && market.category === instrument.category) return;
    this.#market = instrument;
    this.#number(rowKinds.market);
    this.#texts.push(instrument.category, instrument.symbol);
  }

  #trade(trade: TradeEvent): void {
    const { buy, buyerIsMaker, origin } = tradeFlags;
    this.#inMarket(trade);
    const numbers = this.#numbers;
    const at = this.#length;
    const place = trade.origin === undefined ? 0 : origins.indexOf(trade.origin);
    numbers[at] = rowKinds.trade;
    numbers[at + 1] = trade.timestamp;
    numbers[at + 2] = trade.price;
    numbers[at + 3] = trade.qty;
    numbers[at + 4] =
      (trade.side === 'buy' ? buy : 0) + (trade.is_buyer_maker ? buyerIsMaker : 0) + place * origin;
    numbers[at + 5] = integerId(trade.id);
    this.#length = at + 6;
  }

  #book({ top }: BookMessage): void {
    this.#number(rowKinds.book);
    this.#number(top.valid ? 1 : 0);
    this.#number(top.timestamp ?? Number.NaN);
    this.#number(top.bid ?? Number.NaN);
    this.#number(top.bid_qty ?? Number.NaN);
    this.#number(top.ask ?? Number.NaN);
    this.#number(top.ask_qty ?? Number.NaN);
  }

  #channel(event: KlineMessage | TickerMessage | LiquidationMessage): void {
    this.#number(rowKinds[event.kind]);
    switch (event.kind) {
      case 'kline': {
        const { start, end, open, high, low, close, volume, turnover } = event;
        this.#number(intervals.indexOf(event.interval));
        for (const value of [start, end, open, high, low, close, volume, turnover]) this.#number(value);
        return;
      }
      case 'ticker':
        this.#number(event.timestamp);
        for (const value of event.values) this.#number(value);
        return;
      case 'liquidation':
        for (const value of [event.timestamp, event.price, event.qty]) this.#number(value);
        this.#number(event.position === 'long' ? 1 : 0);
    }
  }

  #number(value: number): void {
    this.#numbers[this.#length] = value;
    this.#length += 1;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}
