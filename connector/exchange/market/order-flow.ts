/**
 * Random order flow: decides the next order of one instrument from its book and its dice.
 *
 * First it builds a book out of ordinary limit orders, then it lives from limit orders near the best price, market
 * orders, and cancels. Three feedbacks keep it healthy for ever: cancels become likelier the more orders wait, limit
 * orders go to the thinner side and fill holes far from the price, and the sides of market orders lean against the
 * distance from the starting price, so that the price wanders but never leaves a band around it.
 */
import type { Instrument } from './instruments.ts';
import type { Level, MatchingBook, RestingOrder, Side } from './matching-book.ts';
import type { Random } from './random.ts';

/** What the flow asks the market to do next. Prices in ticks, sizes in lots. */
export type FlowOrder =
  | { readonly kind: 'limit'; readonly side: Side; readonly price: number; readonly size: number }
  | { readonly kind: 'market'; readonly side: Side; readonly size: number }
  | { readonly kind: 'cancel'; readonly order: RestingOrder };

/** The settings and the little memory of one instrument's flow. */
export interface FlowState {
  readonly instrument: Instrument;
  /** Trades that a market order aims at; undefined means a natural mix of mostly one to three. */
  readonly tradesPerMatch: number | undefined;
  /** The price stays within so many ticks of its start. */
  readonly band: number;
  /** Orders still to be placed before the first book stands. */
  seedingLeft: number;
  /** Present leaning of market orders, -0.12 (selling) to 0.12 (buying). */
  trend: number;
}

/** The price stays within this share of its start, unless a band in ticks is asked for. */
export const PRICE_BAND = 0.04;
/** A market order never leaves fewer levels than this on a side, so that a book of 50 always has 50. */
const LEVELS_KEPT = 70;

/** The flow of an instrument before its first step. */
export function createFlow(instrument: Instrument, tradesPerMatch?: number, bandTicks?: number): FlowState {
  const band = bandTicks ?? instrument.basePrice * PRICE_BAND;
  return { instrument, tradesPerMatch, band, seedingLeft: instrument.levels * 2, trend: 0 };
}

/** The next order. Changes `state` and moves `random` on; reads the book. */
export function nextOrder(state: FlowState, book: MatchingBook, random: Random): FlowOrder {
  if (state.seedingLeft > 0) return seedingOrder(state, random);
  if (random.below(400) === 0) state.trend = (random.fraction() - 0.5) * 0.24;
  const { levels } = state.instrument;
  const fewest = Math.min(book.bids.length, book.asks.length);
  const dice = random.fraction();
  const marketShare = fewest > levelsKept(state) ? shareOfMarketOrders(state) : 0;
  if (dice < marketShare) return marketOrder(state, book, random);
  const crowding = (book.orders.length / (levels * 4) - 0.75) / 0.3;
  const cancelShare = Math.min(0.95, Math.max(0, crowding));
  if (random.fraction() < cancelShare) {
    const order = cancelCandidate(state, book, random);
    if (order !== undefined) return { kind: 'cancel', order };
  }
  return limitOrder(state, book, random);
}

/** A side has at least so many levels, however many orders a match aims at. */
function levelsKept({ instrument }: FlowState): number {
  return Math.min(LEVELS_KEPT, Math.floor(instrument.levels / 2));
}

function shareOfMarketOrders(state: FlowState): number {
  const { tradesPerMatch, instrument } = state;
  return tradesPerMatch === undefined ? instrument.marketShare : 0.9 / (tradesPerMatch + 2);
}

function seedingOrder(state: FlowState, random: Random): FlowOrder {
  const { instrument } = state;
  const index = instrument.levels * 2 - state.seedingLeft;
  state.seedingLeft -= 1;
  const side: Side = index % 2 === 0 ? 'Buy' : 'Sell';
  const distance = Math.floor((index >> 1) * 1.4) + random.below(2);
  const price = side === 'Buy' ? instrument.basePrice - 1 - distance : instrument.basePrice + 1 + distance;
  return { kind: 'limit', side, price, size: randomSize(instrument, random) };
}

function marketOrder(state: FlowState, book: MatchingBook, random: Random): FlowOrder {
  const side = leaningSide(state, book, random);
  const ladder = side === 'Buy' ? book.asks : book.bids;
  const trades = state.tradesPerMatch ?? naturalTrades(random);
  const exact = sizeOfBestOrders(ladder, levelsKept(state), trades);
  const partly = state.tradesPerMatch === undefined && trades === 1 && random.below(2) === 0;
  return { kind: 'market', side, size: partly ? 1 + random.below(exact) : exact };
}

/** Mostly one to three trades, sometimes a sweep through dozens of orders. */
function naturalTrades(random: Random): number {
  const dice = random.below(200);
  if (dice === 0) return 10 + random.below(36);
  return dice < 150 ? 1 : 2 + random.below(2);
}

/** The size of the best orders, without those of the `kept` worst levels. */
function sizeOfBestOrders(ladder: readonly Level[], kept: number, trades: number): number {
  let left = trades;
  let size = 0;
  for (let index = ladder.length - 1; index >= kept && left > 0; index -= 1) {
    const orders = ladder[index]?.orders ?? [];
    for (const order of orders) {
      if (left === 0) break;
      size += order.size;
      left -= 1;
    }
  }
  return Math.max(1, size);
}

function leaningSide(state: FlowState, book: MatchingBook, random: Random): Side {
  const { basePrice } = state.instrument;
  const middle = ((book.bids.at(-1)?.price ?? basePrice) + (book.asks.at(-1)?.price ?? basePrice)) / 2;
  const strain = (middle - basePrice) / state.band;
  if (strain > 0.9) return 'Sell';
  if (strain < -0.9) return 'Buy';
  return random.fraction() < 0.5 + state.trend - strain * 0.4 ? 'Buy' : 'Sell';
}

function limitOrder(state: FlowState, book: MatchingBook, random: Random): FlowOrder {
  const { instrument } = state;
  const thinner: Side = book.bids.length <= book.asks.length ? 'Buy' : 'Sell';
  const side: Side = random.fraction() < 0.2 ? thinner : random.below(2) === 0 ? 'Buy' : 'Sell';
  const bestBid = book.bids.at(-1)?.price ?? instrument.basePrice - 1;
  const bestAsk = book.asks.at(-1)?.price ?? instrument.basePrice + 1;
  const aggressive = random.below(40) === 0 && leaningSide(state, book, random) === side;
  const distance = aggressive ? -random.below(3) - 1 : limitDistance(state, book, side, random);
  const wanted = side === 'Buy' ? bestAsk - 1 - distance : bestBid + 1 + distance;
  return {
    kind: 'limit',
    side,
    price: withinBand(state, side, wanted),
    size: randomSize(instrument, random),
  };
}

/** Nobody buys above the band or sells below it; this is what bounds the price, the rest only leans. */
function withinBand({ instrument, band }: FlowState, side: Side, price: number): number {
  const highest = Math.floor(instrument.basePrice + band);
  const lowest = Math.ceil(instrument.basePrice - band);
  return side === 'Buy' ? Math.max(1, Math.min(price, highest)) : Math.max(price, lowest);
}

/** Ticks away from the most competitive price that does not match: mostly near, sometimes where the ladder has holes. */
function limitDistance(state: FlowState, book: MatchingBook, side: Side, random: Random): number {
  const { levels } = state.instrument;
  const present = side === 'Buy' ? book.bids.length : book.asks.length;
  if (present < levels * 0.8 && random.below(5) < 2) return random.below(Math.ceil(levels * 1.3));
  const dice = random.fraction();
  const mean = dice < 0.7 ? 3 : dice < 0.97 ? 50 : levels / 3;
  return Math.floor(random.exponential() * mean);
}

/** Half of the cancels concern the best 60 levels, some trim what the price has left far behind, the rest is anywhere. */
function cancelCandidate(state: FlowState, book: MatchingBook, random: Random): RestingOrder | undefined {
  const ladder = random.below(2) === 0 ? book.bids : book.asks;
  const dice = random.fraction();
  if (dice < 0.5) {
    const level = ladder[ladder.length - 1 - random.below(Math.min(60, ladder.length))];
    return level?.orders[random.below(level.orders.length)];
  }
  if (dice < 0.65 && ladder.length > state.instrument.levels) return ladder[0]?.orders[0];
  return book.orders[random.below(book.orders.length)];
}

/** Sizes are skewed: many small ones, few large ones, at least one lot. */
function randomSize(instrument: Instrument, random: Random): number {
  const skewed = random.exponential() * random.exponential();
  return 1 + Math.floor(skewed * instrument.typicalSize);
}
