/**
 * The market endpoints that a data connector needs.
 *
 * Numbers travel as strings, `time` and `seq` of a trade too. A delisted contract has no ticker and no book any more; its
 * candles and last trades can still be read (an assumption). Sources: bybit-v5.md 6.5; the texts of the 10001 errors that the
 * sheet does not quote are recalled from public issue threads or made up in their manner.
 */

import type { Exchange } from '../exchange.ts';
import { levelsText } from '../feeds/frames.ts';
import { bestOf, tickerNames, tickerValues } from '../feeds/ticker.ts';
import type { Feed } from '../feeds/topics.ts';
import type { Category } from '../market/instruments.ts';
import { CATEGORIES } from '../market/instruments.ts';
import type { Moment } from '../moment.ts';
import { instrumentEntry } from './instruments-info.ts';
import { recentTrade } from './recent-trade.ts';

/** A retCode with its text; `result` is a JSON text. */
export interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly result: string;
}

/** Answers one endpoint. */
type Endpoint = (exchange: Exchange, query: URLSearchParams, now: Moment) => Outcome;

/** The endpoints by path, but for klines (kline.ts), which may take a while. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/v5/market/time': serverTime,
  '/v5/market/instruments-info': instrumentsInfo,
  '/v5/market/recent-trade': recentTrade,
  '/v5/market/orderbook': orderbook,
  '/v5/market/tickers': tickers,
};

/** An answer without an error. */
export function ok(result: string): Outcome {
  return { code: 0, message: 'OK', result };
}

/** A refusal of the request's parameters. */
export function invalid(message: string, result = '{}'): Outcome {
  return { code: 10001, message, result };
}

function serverTime(_exchange: Exchange, _query: URLSearchParams, now: Moment): Outcome {
  return ok(`{"timeSecond":"${Math.floor(now.unix / 1000)}","timeNano":"${now.unix}000000"}`);
}

/**
 * Contracts are paged by cursor, spot never is. Without a status only what trades is listed; delisted contracts are found
 * with `status=Closed`, delisted spot pairs nowhere. There are no options at all.
 */
function instrumentsInfo(exchange: Exchange, query: URLSearchParams): Outcome {
  const category = query.get('category');
  if (category === 'option') return ok('{"category":"option","list":[],"nextPageCursor":""}');
  if (!isCategory(category)) return invalid('Illegal category');
  const symbol = query.get('symbol');
  const all = exchange.feeds.filter((feed) => feed.instrument.category === category);
  if (symbol !== null && !all.some((feed) => feed.instrument.symbol === symbol))
    return invalid('params error: symbol invalid');
  const status = category === 'spot' ? 'Trading' : (query.get('status') ?? 'Trading');
  const baseCoin = query.get('baseCoin');
  const matching = all.filter(
    ({ instrument, closedAt }) =>
      status === (closedAt === undefined ? 'Trading' : 'Closed') &&
      (symbol === null || instrument.symbol === symbol) &&
      (baseCoin === null || instrument.baseCoin === baseCoin),
  );
  const entries = (list: typeof all) =>
    JSON.stringify(list.map((feed) => instrumentEntry(feed.instrument, all.indexOf(feed), feed.closedAt)));
  if (category === 'spot') return ok(`{"category":"spot","list":${entries(matching)}}`);
  const limit = readLimit(query, 500, 1000);
  if (limit === undefined) return invalid('params error: limit invalid');
  const symbols = matching.map(({ instrument }) => instrument.symbol);
  const from = pageStart(symbols, query.get('cursor'));
  if (from === undefined) return invalid('params error: cursor invalid');
  const last = symbols[from + limit - 1];
  const isMore = from + limit < matching.length && last !== undefined;
  const cursor = isMore ? encodeURIComponent(`first=${symbols[from] ?? ''}&last=${last}`) : '';
  const page = entries(matching.slice(from, from + limit));
  return ok(`{"category":"${category}","list":${page},"nextPageCursor":"${cursor}"}`);
}

/** Cursors are given out percent-encoded; clients send them back as they are or encode them once more. */
function pageStart(symbols: readonly string[], cursor: string | null): number | undefined {
  if (cursor === null || cursor === '') return 0;
  const last = /last(?:=|%3D)([^&%]+)$/.exec(cursor)?.[1];
  const index = symbols.indexOf(last ?? '');
  return index < 0 ? undefined : index + 1;
}

/** The book of this very moment; `u` is the 1000-level stream's, `seq` the market's. */
function orderbook(exchange: Exchange, query: URLSearchParams, now: Moment): Outcome {
  const category = query.get('category');
  if (!isCategory(category)) return invalid('params error: category invalid');
  const feed = exchange.feed(category, query.get('symbol') ?? undefined);
  if (feed === undefined || feed.closedAt !== undefined) return invalid('params error: symbol invalid');
  const limit = readLimit(query, category === 'spot' ? 1 : 25, 1000);
  if (limit === undefined) return invalid('params error: limit invalid');
  const { market, instrument } = feed;
  const best = (ladder: typeof market.book.bids) =>
    levelsText(
      instrument,
      ladder
        .slice(-limit)
        .reverse()
        .map((level) => [level.price, level.size] as const),
    );
  return ok(
    `{"s":"${instrument.symbol}","b":${best(market.book.bids)},"a":${best(market.book.asks)},"ts":${now.unix},"u":${deepestUpdateId(feed)},"seq":${market.seq},"cts":${market.at}}`,
  );
}

/** Without a subscriber to keep the 1000-level stream moving, asking for the book moves it. */
function deepestUpdateId(feed: Feed): number {
  const deepest = feed.depths.at(-1);
  if (deepest === undefined) return 0;
  if (deepest.subscribers.size === 0) deepest.channel.publish();
  return deepest.channel.snapshot().u;
}

/** The whole category, or one symbol. Spot has best bid and ask here, though not on its socket. */
function tickers(exchange: Exchange, query: URLSearchParams, now: Moment): Outcome {
  const category = query.get('category');
  if (!isCategory(category)) return invalid('params error: category invalid');
  const symbol = query.get('symbol');
  const feeds = exchange.listing.trading.filter(
    ({ instrument }) => instrument.category === category && (symbol === null || instrument.symbol === symbol),
  );
  if (symbol !== null && feeds.length === 0) return invalid('params error: symbol invalid');
  return ok(`{"category":"${category}","list":[${feeds.map((feed) => tickerRow(feed, now)).join(',')}]}`);
}

/** The socket's fields; a delivery time is ms here ("0" for none), and a spot ticker has the best prices. */
function tickerRow(feed: Feed, now: Moment): string {
  const { instrument, market } = feed;
  const values = tickerValues(feed, now.unix);
  const row = Object.fromEntries(tickerNames(instrument).map((name, index) => [name, values[index] ?? '']));
  if (instrument.category !== 'spot')
    return JSON.stringify({ ...row, deliveryTime: String(instrument.deliveryAt ?? 0) });
  const [bid1Price, bid1Size] = bestOf(instrument, market.book.bids);
  const [ask1Price, ask1Size] = bestOf(instrument, market.book.asks);
  return JSON.stringify({ ...row, bid1Price, bid1Size, ask1Price, ask1Size });
}

/** Is this one of the markets that exist here? */
export function isCategory(value: string | null): value is Category {
  return CATEGORIES.some((category) => category === value);
}

/** A limit above the most is cut to the most without a word (seen on spot); anything that is no positive number is refused. */
export function readLimit(query: URLSearchParams, usual: number, most: number): number | undefined {
  const text = query.get('limit');
  if (text === null || text === '') return usual;
  const limit = Number(text);
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, most) : undefined;
}
