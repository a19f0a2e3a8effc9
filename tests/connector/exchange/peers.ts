/** Two clients that other people wrote for the real Bybit, pointed at the simulated one. */
import { WebsocketClient } from 'bybit-api';
import ccxt from 'ccxt';
import type { Running } from './io/running.ts';
import type { Frame, TradeRow } from './naive-client.ts';
import { NaiveBook } from './naive-client.ts';

export type Market = {
  readonly category: 'linear' | 'spot';
  readonly symbol: string;
  readonly ccxtSymbol: string;
};

export type PeerTrade = {
  readonly id: string;
  readonly at: number;
  readonly price: number;
  readonly size: number;
  readonly side: string;
};

export type PeerBook = {
  readonly b: readonly (readonly number[])[];
  readonly a: readonly (readonly number[])[];
};

/** A client of somebody else, as far as a comparison needs it. */
export type Peer = {
  readonly name: string;
  /** Every trade since the start, in the order in which it was told. */
  readonly trades: PeerTrade[];
  readonly book: () => PeerBook;
  readonly stop: () => Promise<void>;
};

/** bybit-api hands over parsed messages and keeps no book; the naive client keeps it here. */
export function bybitApiPeer(server: Running, market: Market): Peer {
  const quiet = { trace: () => {}, info: () => {}, error: () => {} };
  const client = new WebsocketClient(
    {
      market: 'v5',
      wsUrl: server.socketUrl(market.category),
      reconnectTimeout: 50,
      pingInterval: 2000,
      pongTimeout: 1500,
    },
    quiet,
  );
  const trades: PeerTrade[] = [];
  const book = new NaiveBook();
  client.on('update', (message: { topic?: string; data?: unknown }) => {
    if (message.topic?.startsWith('publicTrade')) {
      for (const { i, T, p, v, S } of message.data as TradeRow[]) {
        trades.push({ id: i, at: T, price: Number(p), size: Number(v), side: S.toLowerCase() });
      }
    } else if (message.topic?.startsWith('orderbook')) book.apply(message as Frame);
  });
  client.on('exception', () => {});
  void Promise.allSettled(
    client.subscribeV5([`publicTrade.${market.symbol}`, `orderbook.50.${market.symbol}`], market.category),
  );
  const numbers = (levels: readonly (readonly string[])[]) => levels.map((level) => level.map(Number));
  return {
    name: 'bybit-api',
    trades,
    book: () => ({ b: numbers(book.levels.b), a: numbers(book.levels.a) }),
    stop: () => {
      client.closeAll(true);
      return Promise.resolve();
    },
  };
}

/** ccxt reads the instruments over REST, subscribes by itself and keeps the book. */
export async function ccxtPeer(server: Running, market: Market): Promise<Peer> {
  const client = await ccxtClient(server);
  let isStopped = false;
  const trades: PeerTrade[] = [];
  let book: PeerBook = { b: [], a: [] };
  /** After a lost connection ccxt throws and expects to be asked again. */
  const watch = async (once: () => Promise<void>): Promise<void> => {
    while (!isStopped) {
      try {
        await once();
      } catch (error) {
        if (!isStopped && !(error instanceof ccxt.NetworkError)) throw error;
      }
    }
  };
  const watching = [
    watch(async () => {
      for (const { id, timestamp, price, amount, side } of await client.watchTrades(market.ccxtSymbol)) {
        trades.push({
          id: String(id),
          at: Number(timestamp),
          price: Number(price),
          size: Number(amount),
          side: String(side),
        });
      }
    }),
    watch(async () => {
      const { bids, asks } = await client.watchOrderBook(market.ccxtSymbol, 50);
      book = {
        b: Array.from(bids, (level) => level.map(Number)),
        a: Array.from(asks, (level) => level.map(Number)),
      };
    }),
  ];
  return {
    name: 'ccxt',
    trades,
    book: () => book,
    stop: async () => {
      isStopped = true;
      await client.close();
      await Promise.allSettled(watching);
    },
  };
}

/** ccxt's client, pointed here, with its markets loaded. */
export async function ccxtClient(server: Running) {
  const client = new ccxt.pro.bybit({
    newUpdates: true,
    options: {
      fetchMarkets: { types: ['spot', 'linear', 'inverse'] },
      ws: { backoff: { base: 30, factor: 1, max: 60 } },
      tradesLimit: 10_000,
    },
  });
  const { url } = server;
  const socketUrls = {
    linear: server.socketUrl('linear'),
    spot: server.socketUrl('spot'),
    inverse: server.socketUrl('inverse'),
  };
  Object.assign(client.urls, {
    api: { spot: url, futures: url, v2: url, public: url, private: url, ws: { public: socketUrls } },
  });
  await client.loadHttpProxyAgent();
  await client.loadMarkets();
  return client;
}

/** What bybit-api's socket hears of the channels that come by the clock: the first words of the topics. */
export function listen(server: Running, market: Market): { topics: Set<string>; stop: () => void } {
  const quiet = { trace: () => {}, info: () => {}, error: () => {} };
  const client = new WebsocketClient({ market: 'v5', wsUrl: server.socketUrl(market.category) }, quiet);
  const topics = new Set<string>();
  client.on('update', ({ topic }: { topic?: string }) => topics.add(topic?.split('.')[0] ?? ''));
  client.on('exception', () => {});
  const names = [`kline.1.${market.symbol}`, `tickers.${market.symbol}`];
  if (market.category === 'linear') names.push(`allLiquidation.${market.symbol}`);
  void Promise.allSettled(client.subscribeV5(names, market.category));
  return { topics, stop: () => client.closeAll(true) };
}
