/**
 * Bybit's public REST: the market endpoints that a data connector needs, with the real envelope, limits and refusals.
 *
 * Business errors come with HTTP 200 and a retCode; only the gateway answers otherwise (403 for a banned address or a
 * GET with a body, 404 for an unknown path), and it does not speak JSON. Numbers travel as strings, `time` and `seq` of
 * a trade too. Sources: bybit-v5.md 6.2, 6.3, 6.5; the texts of the 10001 errors that the sheet does not quote are
 * recalled from public issue threads or made up in their manner.
 */

import type { Exchange } from './exchange.ts';
import { levelsText } from './frames.ts';
import type { Category } from './instruments.ts';
import { CATEGORIES, priceText, sizeText } from './instruments.ts';
import { instrumentEntry } from './instruments-info.ts';
import type { Moment } from './moment.ts';
import { RequestLimit } from './request-limit.ts';
import type { Feed } from './topics.ts';

/** An HTTP request as far as it matters here. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly address: string;
  readonly body: string;
}

/** What is to be answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A retCode with its text; `result` is a JSON text. */
interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly result: string;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const TEXT_HEADERS = { 'content-type': 'text/plain; charset=utf-8' };
const RATE_LIMIT_WAIT_MS = 1000;

/** The REST side of an exchange; it remembers who asked how often. */
export class Rest {
  readonly counts = { requests: 0, refused: 0 };
  private readonly exchange: Exchange;
  private readonly limit: RequestLimit;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.limit = new RequestLimit(exchange.options.timeScale);
  }

  answer(request: HttpRequest, now: Moment): HttpAnswer {
    this.counts.requests += 1;
    const { faults } = this.exchange;
    const isAdmitted = this.limit.admit(request.address, now.mono);
    if (!isAdmitted || faults.isBanned || (request.method === 'GET' && request.body !== '')) {
      this.counts.refused += 1;
      return { status: 403, headers: TEXT_HEADERS, body: '403, access too frequent' };
    }
    const endpoint = request.method === 'GET' ? ENDPOINTS[request.path] : undefined;
    if (endpoint === undefined) return { status: 404, headers: TEXT_HEADERS, body: '404 page not found' };
    if (faults.takeRateLimit()) {
      this.counts.refused += 1;
      return rateLimited(now.unix);
    }
    const outcome = endpoint(this.exchange, request.query, now);
    return { status: 200, headers: JSON_HEADERS, body: envelope(outcome, now.unix) };
  }
}

function envelope({ code, message, result }: Outcome, unixMs: number): string {
  return `{"retCode":${code},"retMsg":${JSON.stringify(message)},"result":${result},"retExtInfo":{},"time":${unixMs}}`;
}

function rateLimited(unixMs: number): HttpAnswer {
  const headers = {
    ...JSON_HEADERS,
    'X-Bapi-Limit': '50',
    'X-Bapi-Limit-Status': '0',
    'X-Bapi-Limit-Reset-Timestamp': String(unixMs + RATE_LIMIT_WAIT_MS),
  };
  return {
    status: 200,
    headers,
    body: envelope({ code: 10006, message: 'Too many visits!', result: '{}' }, unixMs),
  };
}

type Endpoint = (exchange: Exchange, query: URLSearchParams, now: Moment) => Outcome;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/v5/market/time': serverTime,
  '/v5/market/instruments-info': instrumentsInfo,
  '/v5/market/recent-trade': recentTrade,
  '/v5/market/orderbook': orderbook,
};

function ok(result: string): Outcome {
  return { code: 0, message: 'OK', result };
}

function invalid(message: string, result = '{}'): Outcome {
  return { code: 10001, message, result };
}

function serverTime(_exchange: Exchange, _query: URLSearchParams, now: Moment): Outcome {
  return ok(`{"timeSecond":"${Math.floor(now.unix / 1000)}","timeNano":"${now.unix}000000"}`);
}

/** Contracts are paged by cursor, spot never is; only Trading contracts exist, and no options at all. */
function instrumentsInfo(exchange: Exchange, query: URLSearchParams): Outcome {
  const category = query.get('category');
  if (category === 'option') return ok('{"category":"option","list":[],"nextPageCursor":""}');
  if (!isCategory(category)) return invalid('Illegal category');
  const symbol = query.get('symbol');
  const all = exchange.feeds.map((feed) => feed.instrument).filter((one) => one.category === category);
  if (symbol !== null && !all.some((one) => one.symbol === symbol))
    return invalid('params error: symbol invalid');
  const isTrading = (query.get('status') ?? 'Trading') === 'Trading';
  const baseCoin = query.get('baseCoin');
  const matching = all.filter(
    (one) =>
      isTrading &&
      (symbol === null || one.symbol === symbol) &&
      (baseCoin === null || one.baseCoin === baseCoin),
  );
  const entries = (list: typeof all) =>
    JSON.stringify(list.map((one) => instrumentEntry(one, all.indexOf(one))));
  if (category === 'spot') return ok(`{"category":"spot","list":${entries(matching)}}`);
  const limit = readLimit(query, 500, 1000);
  if (limit === undefined) return invalid('params error: limit invalid');
  const from = pageStart(
    matching.map((one) => one.symbol),
    query.get('cursor'),
  );
  if (from === undefined) return invalid('params error: cursor invalid');
  const page = matching.slice(from, from + limit);
  const last = page.at(-1);
  const isMore = from + limit < matching.length && last !== undefined;
  const cursor = isMore ? encodeURIComponent(`first=${page[0]?.symbol ?? ''}&last=${last.symbol}`) : '';
  return ok(`{"category":"${category}","list":${entries(page)},"nextPageCursor":"${cursor}"}`);
}

/** Cursors are given out percent-encoded; clients send them back as they are or encode them once more. */
function pageStart(symbols: readonly string[], cursor: string | null): number | undefined {
  if (cursor === null || cursor === '') return 0;
  const last = /last(?:=|%3D)([^&%]+)$/.exec(cursor)?.[1];
  const index = symbols.indexOf(last ?? '');
  return index < 0 ? undefined : index + 1;
}

/** Newest first; spot gives 60 at most, whatever is asked for. There is no start, end or cursor. */
function recentTrade(exchange: Exchange, query: URLSearchParams): Outcome {
  const category = query.get('category');
  const nothing = '{"category":"","list":[]}';
  if (!isCategory(category)) return invalid('params error: category invalid', nothing);
  const feed = exchange.feed(category, query.get('symbol') ?? undefined);
  if (feed === undefined) return invalid('params error: symbol invalid', nothing);
  const limit = category === 'spot' ? readLimit(query, 60, 60) : readLimit(query, 500, 1000);
  if (limit === undefined) return invalid('params error: limit invalid', nothing);
  const list = feed.executions.newest(limit).toReversed();
  const rows = list.map(
    (one) =>
      `{"execId":"${one.id}","symbol":"${feed.instrument.symbol}","price":"${priceText(feed.instrument, one.price)}","size":"${sizeText(feed.instrument, one.size)}","side":"${one.side}","time":"${one.at}","isBlockTrade":false,"isRPITrade":false,"seq":"${one.seq}"}`,
  );
  return ok(`{"category":"${category}","list":[${rows.join(',')}]}`);
}

/** The book of this very moment; `u` is the 1000-level stream's, `seq` the market's. */
function orderbook(exchange: Exchange, query: URLSearchParams, now: Moment): Outcome {
  const category = query.get('category');
  if (!isCategory(category)) return invalid('params error: category invalid');
  const feed = exchange.feed(category, query.get('symbol') ?? undefined);
  if (feed === undefined) return invalid('params error: symbol invalid');
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

function isCategory(value: string | null): value is Category {
  return CATEGORIES.some((category) => category === value);
}

/** A limit above the most is cut to the most without a word (seen on spot); anything that is no positive number is refused. */
function readLimit(query: URLSearchParams, usual: number, most: number): number | undefined {
  const text = query.get('limit');
  if (text === null || text === '') return usual;
  const limit = Number(text);
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, most) : undefined;
}
