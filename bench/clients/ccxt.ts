/** (c) `ccxt` pro: watchTrades and watchOrderBook, as its users call them. It keeps the book; it checks no update ids. */
import ccxt from 'ccxt';
import { startConsumer } from '../consumer.ts';
import { DEPTH, SYMBOL } from '../frames.ts';
import { exchangePort } from './exchange-port.ts';

const MARKET = `${SYMBOL.slice(0, 3)}/USDT:USDT`;
const url = `http://127.0.0.1:${exchangePort()}`;
const client = new ccxt.pro.bybit({
  newUpdates: true,
  options: { fetchMarkets: { types: ['linear'] } },
});
const socketUrls = { linear: `ws://127.0.0.1:${exchangePort()}/v5/public/linear` };
Object.assign(client.urls, {
  api: { spot: url, futures: url, v2: url, public: url, private: url, ws: { public: socketUrls } },
});
await client.loadHttpProxyAgent();
await client.loadMarkets();

type Levels = readonly (readonly number[])[];
let book: { readonly bids: Levels; readonly asks: Levels } = { bids: [], asks: [] };
const numbers = (levels: Levels): Levels => levels.slice(0, DEPTH).map((level) => level.map(Number));
const consume = startConsumer(() => ({ bids: numbers(book.bids), asks: numbers(book.asks) }));

async function trades(): Promise<never> {
  for (;;) for (const { id } of await client.watchTrades(MARKET)) consume(Number(id));
}

async function books(): Promise<never> {
  for (;;) {
    const { bids, asks } = await client.watchOrderBook(MARKET, DEPTH);
    book = { bids: bids as Levels, asks: asks as Levels };
  }
}

await Promise.all([trades(), books()]);
