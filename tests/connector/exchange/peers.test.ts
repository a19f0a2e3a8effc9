/**
 * The exchange is true if clients that were written for the real one believe it: bybit-api and ccxt, on linear and on
 * spot, hold the trades of the execution log and the book that was published. PROVE=1 makes it a minute instead of seconds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestClientV5 } from 'bybit-api';
import { until } from '../../helpers/until.ts';
import type { Running } from './io/running.ts';
import { run } from './io/running.ts';
import type { Market, Peer, PeerBook } from './peers.ts';
import { bybitApiPeer, ccxtClient, ccxtPeer, listen } from './peers.ts';

const SECONDS = process.env['PROVE'] === '1' ? 60 : 2.5;
const FRAMES_PER_SECOND = 500;
const DROPS = 5;

const markets: readonly Market[] = [
  { category: 'linear', symbol: 'BTCUSDT', ccxtSymbol: 'BTC/USDT:USDT' },
  { category: 'spot', symbol: 'BTCUSDT', ccxtSymbol: 'BTC/USDT' },
];

type LoggedExecution = { id: string; T: number; price: string; size: string; side: string };

async function publishedBook(server: Running, market: Market): Promise<PeerBook> {
  const { b, a } = (await server.get(
    `/sim/book?category=${market.category}&symbol=${market.symbol}&depth=50`,
  )) as { b: string[][]; a: string[][] };
  return { b: b.map((level) => level.map(Number)), a: a.map((level) => level.map(Number)) };
}

async function framesSent(server: Running): Promise<number> {
  const stats = (await server.get('/sim/stats')) as { frames: { frames: number } };
  return stats.frames.frames;
}

/** Stops the market, so that everybody can be held against the same book. */
async function sameBooks(server: Running, market: Market, peers: readonly Peer[]): Promise<void> {
  await server.post('/sim/flow', { paused: true });
  const truth = await publishedBook(server, market);
  assert.equal(truth.b.length, 50);
  for (const peer of peers) {
    const isEqual = () => JSON.stringify(peer.book()) === JSON.stringify(truth);
    await until(`${peer.name} has the last frame`, isEqual, 5000).catch(() => undefined);
    assert.deepEqual(peer.book(), truth, `the book of ${peer.name}`);
  }
  await server.post('/sim/flow', { paused: false });
}

async function sameTrades(server: Running, market: Market, peer: Peer): Promise<number> {
  const first = peer.trades[0];
  assert.ok(first);
  const path = `/sim/executions?category=${market.category}&symbol=${market.symbol}&limit=100000&after=${first.id}`;
  const { list } = (await server.get(path)) as { list: LoggedExecution[] };
  const truth = list.map(({ id, T, price, size, side }) => ({
    id,
    at: T,
    price: Number(price),
    size: Number(size),
    side: side.toLowerCase(),
  }));
  await until(`${peer.name} has the last trade`, () => peer.trades.length > truth.length, 5000).catch(
    () => undefined,
  );
  assert.deepEqual(peer.trades.slice(1, truth.length + 1), truth, `the trades of ${peer.name}`);
  return truth.length;
}

/** How many sockets are there, and how many subscriptions on them. */
async function heldOf(
  server: Running,
  { category }: Market,
): Promise<{ readonly sockets: number; readonly subscriptions: number }> {
  const { connections, topics } = (await server.get('/sim/stats')) as {
    connections: Record<string, number>;
    topics: readonly { category: string; subscribers: number }[];
  };
  const own = topics.filter((topic) => topic.category === category);
  return {
    sockets: connections[category] ?? 0,
    subscriptions: own.reduce((sum, { subscribers }) => sum + subscribers, 0),
  };
}

for (const market of markets) {
  test(`bybit-api and ccxt hold the exchange's trades and book on ${market.category}, and its book after ${DROPS} drops`, {
    timeout: 120_000,
  }, async () => {
    const server = await run({ rate: FRAMES_PER_SECOND });
    const peers = [bybitApiPeer(server, market), await ccxtPeer(server, market)];
    try {
      await until('both have trades and a book', () =>
        peers.every((peer) => peer.trades.length > 0 && peer.book().b.length === 50),
      );
      const before = await framesSent(server);
      const wanted = FRAMES_PER_SECOND * SECONDS;
      await until(
        `${wanted} frames were sent`,
        async () => (await framesSent(server)) - before >= wanted,
        SECONDS * 2000 + 5000,
      );
      await sameBooks(server, market, peers);
      for (const peer of peers) assert.ok((await sameTrades(server, market, peer)) > wanted / 10);
      const whole = await heldOf(server, market);
      for (let drop = 0; drop < DROPS; drop += 1) {
        const seen = peers.map((peer) => peer.trades.length);
        await server.post('/sim/faults', { kind: 'drop', category: market.category });
        // With all they had: ccxt throws where nobody can catch it when a socket is lost between two of its subscriptions.
        await until('both are back and get trades', async () => {
          const { sockets, subscriptions } = await heldOf(server, market);
          const areBack = sockets === peers.length && subscriptions === whole.subscriptions;
          return areBack && peers.every((peer, index) => peer.trades.length > (seen[index] ?? 0));
        });
      }
      await sameBooks(server, market, peers);
      const stats = (await server.get('/sim/stats')) as { sockets: { dropped: number } };
      assert.equal(stats.sockets.dropped, DROPS * peers.length);
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
      await server.stop();
    }
  });
}

test("bybit-api's REST client reads time, instruments, trades and book", async () => {
  const server = await run();
  try {
    const rest = new RestClientV5({ baseUrl: server.url });
    assert.ok(Math.abs(Number((await rest.getServerTime()).result.timeSecond) * 1000 - Date.now()) < 5000);
    const instruments = await rest.getInstrumentsInfo({ category: 'linear' });
    assert.ok(
      instruments.result.list.some(
        ({ symbol, priceFilter }) => symbol === 'BTCUSDT' && priceFilter.tickSize === '0.10',
      ),
    );
    await until('there are trades', () =>
      server.exchange.feeds.every((feed) => feed.instrument.quiet || feed.executions.counts.total > 0),
    );
    const trades = await rest.getPublicTradingHistory({ category: 'spot', symbol: 'BTCUSDT' });
    assert.match(trades.result.list[0]?.execId ?? '', /^\d{19}$/);
    const book = await rest.getOrderbook({ category: 'linear', symbol: 'ETHUSDT', limit: 200 });
    assert.equal(book.result.b.length, 200);
  } finally {
    await server.stop();
  }
});

type CcxtCandle = readonly number[];

for (const market of markets) {
  test(`ccxt and bybit-api read candles, tickers and liquidations on ${market.category}, and ccxt's last candle is the exchange's`, {
    timeout: 60_000,
  }, async () => {
    const server = await run();
    const watcher = await ccxtClient(server);
    const heard = listen(server, market);
    try {
      const [candles, ticker] = await Promise.all([
        watcher.watchOHLCV(market.ccxtSymbol, '1m'),
        watcher.watchTicker(market.ccxtSymbol),
      ]);
      assert.equal(ticker.symbol, market.ccxtSymbol);
      assert.ok(Number(ticker.last) > 0 && Number(ticker.baseVolume) >= 0);
      const path = `/v5/market/kline?category=${market.category}&symbol=${market.symbol}&interval=1`;
      const { result } = (await server.get(path)) as { result: { list: string[][] } };
      const [start, open] = candles.at(-1) as CcxtCandle;
      const same = result.list.find((row) => Number(row[0]) === start);
      assert.equal(Number(same?.[1]), open);
      const fetched = await watcher.fetchOHLCV(market.ccxtSymbol, '1m');
      assert.equal(fetched.length, result.list.length);
      const tickers = await watcher.fetchTickers([market.ccxtSymbol]);
      assert.ok(Number(tickers[market.ccxtSymbol]?.bid) < Number(tickers[market.ccxtSymbol]?.ask));
      await until('bybit-api heard them', () => heard.topics.has('kline') && heard.topics.has('tickers'));
      if (market.category === 'linear') {
        const [one] = await watcher.watchLiquidations(market.ccxtSymbol);
        assert.ok(Number(one?.price) > 0);
        await until('bybit-api heard a liquidation', () => heard.topics.has('allLiquidation'), 20_000);
      }
    } finally {
      heard.stop();
      await watcher.close();
      await server.stop();
    }
  });
}
