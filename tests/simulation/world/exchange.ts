/**
 * The simulated exchange in the simulation: small, slow markets, and a memory of every book that it ever published.
 */
import { Exchange } from '../../../connector/exchange/exchange.ts';
import { tickerNames } from '../../../connector/exchange/feeds/ticker.ts';
import { type DepthTopic, type Feed, topicOf } from '../../../connector/exchange/feeds/topics.ts';
import type { Instrument } from '../../../connector/exchange/market/instruments.ts';
import { priceText, sizeText } from '../../../connector/exchange/market/instruments.ts';
import { Rest } from '../../../connector/exchange/rest/rest.ts';
import type { Level, Topic } from '../../../shared/market.ts';
import type { Network } from './network.ts';
import type { VirtualTime } from './time.ts';

/** The exchange's loop; the real one turns every 5 ms, which these slow markets would not show. */
const TURN_MS = 250;

const common = { levels: 8, marketShare: 0.3, quiet: false, share: 1, typicalSize: 30 } as const;

/** Two contracts and a spot pair, all thin: a run of ten minutes has about a thousand trades. */
export const MARKETS: readonly Instrument[] = [
  {
    ...common,
    category: 'linear',
    symbol: 'AAAUSDT',
    baseCoin: 'AAA',
    quoteCoin: 'USDT',
    priceDigits: 2,
    tickUnits: 10,
    sizeDigits: 3,
    lotUnits: 1,
    basePrice: 51_142,
    stepsPerSecond: 1,
  },
  {
    ...common,
    category: 'linear',
    symbol: 'BBBUSDT',
    baseCoin: 'BBB',
    quoteCoin: 'USDT',
    priceDigits: 3,
    tickUnits: 1,
    sizeDigits: 1,
    lotUnits: 1,
    basePrice: 8_512,
    stepsPerSecond: 0.3,
  },
  {
    ...common,
    category: 'spot',
    symbol: 'AAAUSDT',
    baseCoin: 'AAA',
    quoteCoin: 'USDT',
    priceDigits: 1,
    tickUnits: 1,
    sizeDigits: 6,
    lotUnits: 1,
    basePrice: 51_410,
    stepsPerSecond: 0.6,
  },
];

/** A published book in numbers, as a client must hold it. */
export type PublishedBook = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

type Published = {
  readonly u: number;
  readonly at: number;
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
};

export class SimulatedExchange {
  readonly exchange: Exchange;
  readonly rest: Rest;
  readonly #time: VirtualTime;
  readonly #published = new Map<DepthTopic, Map<string, Published>>();
  /** When each book was sent that was noted last. */
  readonly #sentAt = new Map<DepthTopic, number>();

  constructor(seed: string, time: VirtualTime, network: Network) {
    this.#time = time;
    this.exchange = new Exchange(
      {
        seed,
        rate: undefined,
        tradesPerFrame: undefined,
        stepsPerFrame: 1,
        timeScale: 1,
        instruments: MARKETS,
      },
      { sockets: network, journal: undefined },
      this.moment(),
    );
    this.rest = new Rest(this.exchange);
    network.attach(this.exchange, this.rest);
    network.onReceived = () => this.remember();
    time.every(TURN_MS, () => {
      this.exchange.turn(this.moment());
      this.remember();
    });
  }

  moment() {
    return { unix: Math.floor(this.#time.trueWall), mono: this.#time.now };
  }

  feed(category: string, symbol: string): Feed {
    const feed = this.exchange.feed(category, symbol);
    if (feed === undefined) throw new Error(`${category}:${symbol} is not listed`);
    return feed;
  }

  /** The exchange's name of a topic. */
  nameOf({ channel, symbol, depth, interval }: Topic): string {
    const names = {
      trades: 'publicTrade',
      depth: `orderbook.${depth ?? 50}`,
      kline: `kline.${interval ?? '1'}`,
      ticker: 'tickers',
      liquidation: 'allLiquidation',
    };
    return `${names[channel]}.${symbol}`;
  }

  /** Notes every book that was published since the last call; a restarted book only when forced. */
  remember(isForced = false): void {
    for (const { depths } of this.exchange.listing.heard) {
      for (const topic of depths) {
        if (topic.subscribers.size === 0 || (!isForced && this.#sentAt.get(topic) === topic.sentAt)) continue;
        this.#sentAt.set(topic, topic.sentAt);
        const { u, at, bids, asks } = topic.channel.snapshot();
        let books = this.#published.get(topic);
        if (books === undefined) {
          books = new Map();
          this.#published.set(topic, books);
        }
        books.set(`${u}/${at}`, { u, at, bids, asks });
      }
    }
  }

  /** The book that was published with this update id and time; undefined when none was. */
  publishedBook(
    category: string,
    symbol: string,
    depth: number,
    u: number,
    at: number,
  ): PublishedBook | undefined {
    const feed = this.feed(category, symbol);
    const topic = feed.depths.find(({ channel }) => channel.depth === depth);
    const found = topic === undefined ? undefined : this.#published.get(topic)?.get(`${u}/${at}`);
    if (found === undefined) return undefined;
    const level = ([price, size]: readonly [number, number]): Level => [
      Number(priceText(feed.instrument, price)),
      Number(sizeText(feed.instrument, size)),
    ];
    return { bids: found.bids.map(level), asks: found.asks.map(level) };
  }

  /** The update id of the book that was published last. */
  latestUpdateId({ category, symbol, depth }: Topic): number | undefined {
    const topic = this.feed(category, symbol).depths.find(({ channel }) => channel.depth === (depth ?? 50));
    return topic?.channel.snapshot().u;
  }

  /** Last price, best bid, best ask and volume of the ticker that was published last. */
  tickerNumbers(topic: Topic): readonly (number | undefined)[] {
    const feed = this.feed(topic.category, topic.symbol);
    const found = topicOf(feed, this.nameOf(topic));
    if (found?.kind !== 'ticker') return [];
    const names = tickerNames(feed.instrument);
    return ['lastPrice', 'bid1Price', 'ask1Price', 'volume24h'].map((name) => {
      const text = found.values[names.indexOf(name)];
      return text === undefined ? undefined : Number(text);
    });
  }
}
