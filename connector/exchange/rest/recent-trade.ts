/**
 * GET /v5/market/recent-trade: the newest trades, newest first. There is no start, end or cursor.
 *
 * Contracts give 1,000 at most, spot 60, whatever is asked for. While the exchange is younger than that many trades, those
 * that were made before its birth fill the list, as they fill the archive. Source: bybit-v5.md 6.5.
 */
import type { Exchange } from '../exchange.ts';
import type { Feed } from '../feeds/topics.ts';
import { priceText, sizeText } from '../market/instruments.ts';
import type { Moment } from '../moment.ts';
import type { Outcome } from './market-endpoints.ts';
import { invalid, isCategory, ok, readLimit } from './market-endpoints.ts';

/** Answers the endpoint. */
export function recentTrade(exchange: Exchange, query: URLSearchParams, now: Moment): Outcome {
  const category = query.get('category');
  const nothing = '{"category":"","list":[]}';
  if (!isCategory(category)) return invalid('params error: category invalid', nothing);
  const feed = exchange.feed(category, query.get('symbol') ?? undefined);
  if (feed === undefined) return invalid('params error: symbol invalid', nothing);
  const limit = category === 'spot' ? readLimit(query, 60, 60) : readLimit(query, 500, 1000);
  if (limit === undefined) return invalid('params error: limit invalid', nothing);
  const until = now.unix - exchange.faults.staleness();
  const lived = feed.executions.newest(limit, until);
  const rows = lived.map((one) => rowText(feed, one, false)).toReversed();
  if (rows.length < limit)
    for (const one of feed.past.newestMade(limit - rows.length, until))
      rows.push(rowText(feed, one, one.isRpi));
  return ok(`{"category":"${category}","list":[${rows.join(',')}]}`);
}

interface Told {
  readonly id: string;
  readonly at: number;
  readonly price: number;
  readonly size: number;
  readonly side: string;
  readonly seq: number;
}

function rowText({ instrument }: Feed, one: Told, isRpi: boolean): string {
  return `{"execId":"${one.id}","symbol":"${instrument.symbol}","price":"${priceText(instrument, one.price)}","size":"${sizeText(instrument, one.size)}","side":"${one.side}","time":"${one.at}","isBlockTrade":false,"isRPITrade":${isRpi},"seq":"${one.seq}"}`;
}
