/**
 * One market: an order book, the dice that move it, and the numbers that the exchange gives to what happens.
 *
 * `advance` is one step: one order (or cancel), matched at once. The whole history is a function of the seed and the
 * number of steps; only the time stamps come from outside. Trades and books agree by construction, because both are
 * read from the same match.
 */
import type { Instrument } from './instruments.ts';
import type { Fill, Side } from './matching-book.ts';
import { MatchingBook } from './matching-book.ts';
import type { FlowOrder, FlowState } from './order-flow.ts';
import { createFlow, nextOrder } from './order-flow.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { TradeIds } from './trade-ids.ts';
import { createTradeIds } from './trade-ids.ts';

/** How a trade's price stands to the one before (Bybit's `L`). */
export type TickDirection = 'PlusTick' | 'ZeroPlusTick' | 'MinusTick' | 'ZeroMinusTick';

/** One trade as the matching engine knows it: `at` in ms, price in ticks, size in lots, `side` is the taker's. */
export interface Execution {
  readonly id: string;
  readonly at: number;
  readonly price: number;
  readonly size: number;
  readonly side: Side;
  readonly seq: number;
  readonly direction: TickDirection;
}

/** One line of the order log: what was asked for at this step. `price` and `size` are 0 where the order has none. */
export interface OrderEntry {
  readonly kind: 'limit' | 'market' | 'cancel';
  readonly id: number;
  readonly side: Side;
  readonly price: number;
  readonly size: number;
}

/** What one step did. All executions of a step share `at` and `seq`. */
export interface MarketStep {
  readonly step: number;
  readonly seq: number;
  readonly at: number;
  readonly order: OrderEntry;
  readonly executions: readonly Execution[];
}

/** The state of one market; only `advance` changes it. */
export interface Market {
  readonly instrument: Instrument;
  readonly book: MatchingBook;
  readonly flow: FlowState;
  readonly random: Random;
  readonly tradeIds: TradeIds;
  /** Steps done so far. */
  step: number;
  /** Cross sequence: grows by jumps, shared by trades and all depths. */
  seq: number;
  /** Time of the last step, ms; never runs backwards. */
  at: number;
  lastPrice: number;
  direction: TickDirection;
}

/** How a market is made: `seed` decides the order flow and the ids alike. */
export interface MarketOptions {
  readonly seed: string;
  readonly tradesPerMatch: number | undefined;
  /** The price stays within so many ticks of its start; undefined: 4 % of it. */
  readonly bandTicks?: number | undefined;
}

/** A market before its first step; its book is still empty. */
export function createMarket(instrument: Instrument, options: MarketOptions): Market {
  const { category, symbol } = instrument;
  const random = createRandom(`${options.seed}/${category}/${symbol}`);
  return {
    instrument,
    book: new MatchingBook(),
    flow: createFlow(instrument, options.tradesPerMatch, options.bandTicks),
    random,
    tradeIds: createTradeIds(category, symbol, options.seed),
    step: 0,
    seq: 100_000_000_000 + random.below(1_000_000) * 700_000,
    at: 0,
    lastPrice: instrument.basePrice,
    direction: 'ZeroPlusTick',
  };
}

/** Steps that build the first book; before them the market is not open. */
export function openMarket(market: Market, now: number): readonly MarketStep[] {
  const steps: MarketStep[] = [];
  while (market.flow.seedingLeft > 0) steps.push(advance(market, now));
  return steps;
}

/** Performs the next step at time `now` (ms). */
export function advance(market: Market, now: number): MarketStep {
  const wish = nextOrder(market.flow, market.book, market.random);
  market.step += 1;
  market.seq += 1 + market.random.below(3000);
  market.at = Math.max(market.at, now);
  const order = entryOf(wish, market.step);
  const fills = perform(market, wish);
  const executions =
    fills.length === 0 ? NO_EXECUTIONS : fills.map((fill) => execute(market, order.side, fill));
  return { step: market.step, seq: market.seq, at: market.at, order, executions };
}

const NO_EXECUTIONS: readonly Execution[] = [];

/** New orders are named by the step that placed them; a cancel names the order that it takes away. */
function entryOf(wish: FlowOrder, step: number): OrderEntry {
  switch (wish.kind) {
    case 'limit':
      return { kind: 'limit', id: step, side: wish.side, price: wish.price, size: wish.size };
    case 'market':
      return { kind: 'market', id: step, side: wish.side, price: 0, size: wish.size };
    case 'cancel':
      return { kind: 'cancel', id: wish.order.id, side: wish.order.side, price: 0, size: 0 };
  }
}

function perform(market: Market, wish: FlowOrder): readonly Fill[] {
  switch (wish.kind) {
    case 'limit':
      return market.book.place(market.step, wish.side, wish.price, wish.size);
    case 'market':
      return market.book.place(market.step, wish.side, undefined, wish.size);
    case 'cancel':
      market.book.cancel(wish.order);
      return [];
  }
}

function execute(market: Market, side: Side, fill: Fill): Execution {
  market.direction = directionOf(market.direction, market.lastPrice, fill.price);
  market.lastPrice = fill.price;
  return {
    id: market.tradeIds(),
    at: market.at,
    price: fill.price,
    size: fill.size,
    side,
    seq: market.seq,
    direction: market.direction,
  };
}

/** How a price stands to the one before. */
export function directionOf(before: TickDirection, last: number, price: number): TickDirection {
  if (price > last) return 'PlusTick';
  if (price < last) return 'MinusTick';
  return before === 'PlusTick' || before === 'ZeroPlusTick' ? 'ZeroPlusTick' : 'ZeroMinusTick';
}
