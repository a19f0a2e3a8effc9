/**
 * GET /v5/market/kline: candles of the whole past, made or lived, of any interval.
 *
 * Newest first, with the open candle and the one that contains `start`. With a `start` and no `end` the oldest rows from
 * there, otherwise the newest up to `end` (an assumption where both fit and `limit` does not reach). Before the market's first
 * day there is nothing. Source: bybit-v5.md 6.5.
 */
import type { Exchange } from '../exchange.ts';
import { turnoverText } from '../feeds/ticker.ts';
import type { Feed } from '../feeds/topics.ts';
import type { Candle, Interval } from '../market/candles.ts';
import { intervalStart, isInterval, nextStart } from '../market/candles.ts';
import { priceText, sizeText } from '../market/instruments.ts';
import type { Moment } from '../moment.ts';
import type { Outcome } from './market-endpoints.ts';
import { invalid, isCategory, ok, readLimit } from './market-endpoints.ts';

/** Answers a little at a time: the first who asks for a day has its trades summed, which may be millions. */
export function* kline(exchange: Exchange, query: URLSearchParams, now: Moment): Generator<void, Outcome> {
  const category = query.get('category') ?? 'linear';
  if (!isCategory(category)) return invalid('params error: category invalid');
  const feed = exchange.feed(category, query.get('symbol') ?? undefined);
  if (feed === undefined) return invalid('params error: symbol invalid');
  const interval = query.get('interval') ?? '';
  if (!isInterval(interval)) return invalid('Invalid period!');
  const limit = readLimit(query, 200, 1000);
  const start = readTime(query, 'start');
  const end = readTime(query, 'end');
  if (limit === undefined || start === 'bad' || end === 'bad')
    return invalid('params error: limit or time invalid');
  feed.statistics.candles.roll(feed.closedAt ?? now.unix);
  const rows: string[] = [];
  for (const from of startsOf(feed, interval, { start, end, limit })) {
    const candle = yield* feed.past.candleSlowly(interval, from);
    if (candle !== undefined) rows.push(JSON.stringify(rowOf(feed, candle)));
  }
  const { symbol } = feed.instrument;
  return ok(`{"category":"${category}","symbol":"${symbol}","list":[${rows.join(',')}]}`);
}

interface KlineRange {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly limit: number;
}

/** Where the wanted candles begin, newest first. */
function startsOf({ past, statistics }: Feed, interval: Interval, range: KlineRange): readonly number[] {
  const first = intervalStart(interval, Math.max(range.start ?? 0, past.firstMinute));
  const last = Math.min(range.end ?? Number.POSITIVE_INFINITY, statistics.candles.openStart);
  const starts: number[] = [];
  if (range.start !== undefined && range.end === undefined) {
    for (let from = first; from <= last && starts.length < range.limit; from = nextStart(interval, from))
      starts.push(from);
    return starts.toReversed();
  }
  if (last < first) return starts;
  for (let from = intervalStart(interval, last); from >= first && starts.length < range.limit; ) {
    starts.push(from);
    from = intervalStart(interval, from - 1);
  }
  return starts;
}

/** [start, open, high, low, close, volume, turnover]. */
function rowOf({ instrument }: Feed, candle: Candle): readonly string[] {
  const prices = [candle.open, candle.high, candle.low, candle.close];
  return [
    String(candle.start),
    ...prices.map((price) => priceText(instrument, price)),
    sizeText(instrument, candle.volume),
    turnoverText(instrument, candle),
  ];
}

/** A time in ms; undefined when none is given. */
function readTime(query: URLSearchParams, name: string): number | 'bad' | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const time = Number(text);
  return Number.isInteger(time) && time >= 0 ? time : 'bad';
}
