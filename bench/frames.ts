/**
 * The frames of the measurement: half trades, half book deltas of 12 levels, in the true key order, ready to be written.
 *
 * All clients get the same sequence: it depends on the seed alone, but for its times, which must be fresh (a candle of an
 * hour ago would be revised at every trade). Trade ids are running numbers of 16 digits, so that whoever consumes a trade
 * knows by its id when it was due. Frames are encoded once, as WebSocket frames, so that sending them costs little.
 */
import { createHash } from 'node:crypto';
import type { DepthUpdate, PublishedLevel } from '../connector/exchange/feeds/depth-channel.ts';
import { bookFrame, tradeFrame } from '../connector/exchange/feeds/frames.ts';
import {
  INSTRUMENTS,
  type Instrument,
  priceText,
  sizeText,
} from '../connector/exchange/market/instruments.ts';
import type { Execution } from '../connector/exchange/market/market.ts';
import { createRandom, type Random } from '../connector/exchange/market/random.ts';

export const SYMBOL = 'BTCUSDT';
export const DEPTH = 50;
/** Ids of trades are this number plus their running number from 0: still a safe integer. */
export const FIRST_ID = 1_000_000_000_000_000;

/** Prices are drawn from this many ticks beside the middle; half of them hold a level. */
const REACH_TICKS = 100;
/** Per side and delta: so many sizes change, one level goes, one comes. */
const RESIZED = 4;
const MOST_LOTS = 5_000;

/** Some frames in one piece, to be written at once to the socket of that number. */
export type Chunk = { readonly bytes: Buffer; readonly frames: number; readonly place: number };

export type BatchPlan = {
  readonly frames: number;
  readonly tradesPerFrame: number;
  /** Frames a write. */
  readonly perChunk: number;
  /** Which of the client's sockets carries a topic. */
  readonly placeOf: (topic: string) => number;
  /** Time of the first frame, ms (later when the batch before ended later), and how many frames share a millisecond. */
  readonly startMs: number;
  readonly framesPerMs: number;
};

export type Truth = { readonly trades: number; readonly lastId: number; readonly bookHash: string };

/** One symbol of the source. */
type Market = {
  readonly instrument: Instrument;
  readonly tradesTopic: string;
  readonly depthTopic: string;
  readonly sides: readonly [SideModel, SideModel];
  updateId: number;
};

/** A prime: the markets take turns, and never in the order in which they were subscribed. */
const STRIDE = 7_919;

/** Markets without rules that produce frames, and remember what a client must know in the end. */
export class FrameSource {
  readonly #random: Random = createRandom('ingest');
  readonly #markets: readonly Market[];
  readonly #bySymbol: ReadonlyMap<string, Market>;
  #trades = 0;
  #seq = 1_000_000;
  #turn = 0;
  /** Of the last frame. The exchange's time never runs backwards. */
  #atMs = 0;

  constructor(symbols: readonly string[] = [SYMBOL]) {
    this.#markets = symbols.map((symbol) => this.#marketOf(symbol));
    this.#bySymbol = new Map(this.#markets.map((market) => [market.instrument.symbol, market]));
  }

  get trades(): number {
    return this.#trades;
  }

  /** How many topics there are. */
  get topics(): number {
    return 2 * this.#markets.length;
  }

  /** The text of the book that a topic is of, as it is; undefined for topics without one. */
  snapshotOf(topic: string, atMs: number): string | undefined {
    const market = this.#bySymbol.get(topic.slice(topic.lastIndexOf('.') + 1));
    if (market === undefined || market.depthTopic !== topic) return undefined;
    const [bids, asks] = market.sides;
    return this.#bookText(market, { kind: 'snapshot', bids: bids.levels(), asks: asks.levels() }, atMs);
  }

  /** The next frames: delta, trades, delta, trades ... `frames` is even, so that the last one is of trades. */
  batch(plan: BatchPlan): readonly Chunk[] {
    const chunks: Chunk[] = [];
    const waiting = new Map<number, Buffer[]>();
    const startMs = Math.max(plan.startMs, this.#atMs);
    for (let index = 0; index < plan.frames; index += 1) {
      this.#atMs = startMs + Math.floor(index / plan.framesPerMs);
      if (index % 2 === 0) this.#turn = (this.#turn + STRIDE) % this.#markets.length;
      const market = this.#markets[this.#turn];
      if (market === undefined) throw new Error('there is no market');
      const place = plan.placeOf(index % 2 === 0 ? market.depthTopic : market.tradesTopic);
      const text =
        index % 2 === 0
          ? this.#delta(market, this.#atMs)
          : this.#tradesText(market, plan.tradesPerFrame, this.#atMs);
      const parts = waiting.get(place) ?? [];
      waiting.set(place, parts);
      parts.push(webSocketFrame(text));
      if (parts.length < plan.perChunk) continue;
      chunks.push({ bytes: Buffer.concat(parts), frames: parts.length, place });
      waiting.delete(place);
    }
    for (const [place, parts] of waiting)
      chunks.push({ bytes: Buffer.concat(parts), frames: parts.length, place });
    return chunks;
  }

  /** What a client that has consumed everything so far must know; the book is that of the symbol. */
  truth(symbol: string = this.#markets[0]?.instrument.symbol ?? SYMBOL): Truth {
    const market = this.#bySymbol.get(symbol);
    const [bids, asks] = (market?.sides ?? []).map((side) =>
      side
        .levels()
        .map(([price, size]) => [Number(priceText(BTCUSDT, price)), Number(sizeText(BTCUSDT, size))]),
    );
    return {
      trades: this.#trades,
      lastId: FIRST_ID + this.#trades - 1,
      bookHash: bookHash({ bids: bids ?? [], asks: asks ?? [] }),
    };
  }

  #marketOf(symbol: string): Market {
    const instrument = { ...BTCUSDT, symbol };
    const middle = instrument.basePrice;
    return {
      instrument,
      tradesTopic: `publicTrade.${symbol}`,
      depthTopic: `orderbook.${DEPTH}.${symbol}`,
      sides: [new SideModel(middle, -1, this.#random), new SideModel(middle, 1, this.#random)],
      updateId: 1,
    };
  }

  #delta(market: Market, atMs: number): string {
    const [bids, asks] = market.sides;
    market.updateId += 1;
    return this.#bookText(market, { kind: 'delta', bids: bids.change(), asks: asks.change() }, atMs);
  }

  #bookText(
    { instrument, updateId }: Market,
    change: Pick<DepthUpdate, 'kind' | 'bids' | 'asks'>,
    atMs: number,
  ): string {
    this.#seq += 1;
    return bookFrame(instrument, DEPTH, { ...change, u: updateId, seq: this.#seq, at: atMs }, atMs);
  }

  #tradesText({ instrument }: Market, count: number, atMs: number): string {
    this.#seq += 1;
    const trades: Execution[] = [];
    for (let index = 0; index < count; index += 1) {
      const buys = this.#random.below(2) === 0;
      trades.push({
        id: String(FIRST_ID + this.#trades),
        at: atMs,
        price: instrument.basePrice + (buys ? 1 : -1) * (1 + this.#random.below(5)),
        size: 1 + this.#random.below(MOST_LOTS),
        side: buys ? 'Buy' : 'Sell',
        seq: this.#seq,
        direction: 'PlusTick',
      });
      this.#trades += 1;
    }
    return tradeFrame(instrument, trades, atMs);
  }
}

/** A short hash over the levels of a book, best first, as numbers. */
export function bookHash(book: {
  readonly bids: readonly (readonly number[])[];
  readonly asks: readonly (readonly number[])[];
}): string {
  const text = [book.bids, book.asks].map((side) => side.map((level) => level.join(':')).join(',')).join('|');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** One side of the book: 50 of the 100 ticks beside the middle. */
class SideModel {
  readonly #middle: number;
  readonly #direction: 1 | -1;
  readonly #random: Random;
  /** Distance from the middle in ticks, ascending, with the sizes in lots. */
  readonly #distances: number[] = [];
  readonly #sizes = new Map<number, number>();

  constructor(middle: number, direction: 1 | -1, random: Random) {
    this.#middle = middle;
    this.#direction = direction;
    this.#random = random;
    for (let distance = 1; distance <= REACH_TICKS; distance += REACH_TICKS / DEPTH)
      this.#put(distance, this.#lots());
  }

  levels(): readonly PublishedLevel[] {
    return this.#distances.map((distance) => this.#level(distance, this.#sizes.get(distance) ?? 0));
  }

  /** Six changes, best first: one level goes, one comes, four get another size, near the best more often. */
  change(): readonly PublishedLevel[] {
    const changed = new Map<number, number>();
    const leaving = this.#distances[this.#random.below(DEPTH)] ?? 1;
    changed.set(leaving, 0);
    let coming = leaving;
    while (this.#sizes.has(coming)) coming = 1 + this.#random.below(REACH_TICKS);
    changed.set(coming, this.#lots());
    while (changed.size < RESIZED + 2) {
      const distance = this.#distances[Math.floor(this.#random.fraction() ** 2 * DEPTH)] ?? 1;
      if (!changed.has(distance)) changed.set(distance, this.#lots());
    }
    for (const [distance, size] of changed) this.#put(distance, size);
    return [...changed]
      .sort(([one], [other]) => one - other)
      .map(([distance, size]) => this.#level(distance, size));
  }

  #level(distance: number, size: number): PublishedLevel {
    return [this.#middle + this.#direction * (distance + 5), size];
  }

  #put(distance: number, size: number): void {
    if (size === 0) {
      this.#sizes.delete(distance);
      this.#distances.splice(this.#distances.indexOf(distance), 1);
      return;
    }
    if (!this.#sizes.has(distance)) {
      const place = this.#distances.findIndex((other) => other > distance);
      this.#distances.splice(place === -1 ? this.#distances.length : place, 0, distance);
    }
    this.#sizes.set(distance, size);
  }

  #lots(): number {
    return 1 + this.#random.below(MOST_LOTS);
  }
}

const BTCUSDT: Instrument = instrumentOf();

function instrumentOf(): Instrument {
  const found = INSTRUMENTS.find(({ category, symbol }) => category === 'linear' && symbol === SYMBOL);
  if (found === undefined) throw new Error(`${SYMBOL} is not listed`);
  return found;
}

/** A text as an unmasked WebSocket frame (RFC 6455, 5.2), as servers send it. */
function webSocketFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  frame[1] = head === 2 ? length : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(length, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.write(text, head, 'utf8');
  return frame;
}
