/**
 * What really happened, for those who check what they received: executions, books, candles, liquidations, tickers.
 */

import type { Exchange } from '../exchange.ts';
import { klineRow } from '../feeds/channel-frames.ts';
import { levelsText } from '../feeds/frames.ts';
import { tickerNames, tickerValues } from '../feeds/ticker.ts';
import { topicOf } from '../feeds/topics.ts';
import type { Interval } from '../market/candles.ts';
import { intervalStart, isInterval, nextStart } from '../market/candles.ts';
import { executionLine, liquidationLine } from '../market/journal.ts';
import type { Moment } from '../moment.ts';
import type { HttpAnswer } from '../rest/rest.ts';
import { json, jsonText } from './answers.ts';

/** What was executed, oldest first, in pieces that join. */
export function executions(exchange: Exchange, query: URLSearchParams): HttpAnswer {
  const feed = exchange.feed(query.get('category') ?? undefined, query.get('symbol') ?? undefined);
  if (feed === undefined) return json(400, { error: 'category and symbol must name a listed market' });
  const limit = Number(query.get('limit') ?? 1000);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200_000) {
    return json(400, { error: 'limit must be a whole number from 1 to 200000' });
  }
  const list = feed.executions.after(query.get('after') ?? undefined, limit);
  if (list === undefined) return json(404, { error: 'after: no execution with this id is kept' });
  const { total, evicted } = feed.executions.counts;
  const rows = list.map((execution) => executionLine(feed.instrument, execution)).join(',');
  return jsonText(200, `{"total":${total},"evicted":${evicted},"list":[${rows}]}`);
}

/** The window that was last published for this depth: what a client that has applied update `u` must hold. */
export function book(exchange: Exchange, query: URLSearchParams): HttpAnswer {
  const feed = exchange.feed(query.get('category') ?? undefined, query.get('symbol') ?? undefined);
  if (feed === undefined) return json(400, { error: 'category and symbol must name a listed market' });
  const depth = Number(query.get('depth') ?? 50);
  const topic = feed.depths.find((one) => one.channel.depth === depth);
  if (topic === undefined) return json(400, { error: 'depth must be one of 1, 50, 200, 1000' });
  if (topic.subscribers.size === 0) topic.channel.publish();
  const { u, seq, at, bids, asks } = topic.channel.snapshot();
  const { category, symbol } = feed.instrument;
  const head = `{"category":"${category}","symbol":"${symbol}","depth":${depth},"u":${u},"seq":${seq},"cts":${at},"step":${topic.channel.publishedStep}`;
  const body = `${head},"b":${levelsText(feed.instrument, bids)},"a":${levelsText(feed.instrument, asks)}}`;
  return jsonText(200, body);
}

/** Closed candles, oldest first, as their last frame says them; `limit` newest. */
export function candles(exchange: Exchange, query: URLSearchParams, now: Moment): HttpAnswer {
  const feed = exchange.feed(query.get('category') ?? undefined, query.get('symbol') ?? undefined);
  if (feed === undefined) return json(400, { error: 'category and symbol must name a listed market' });
  const interval = query.get('interval') ?? '1';
  if (!isInterval(interval)) return json(400, { error: 'interval must be one of 1, 3, 5 ... 720, D, W, M' });
  const limit = Number(query.get('limit') ?? 1000);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    return json(400, { error: 'limit must be a whole number from 1 to 10000' });
  const series = feed.statistics.candles;
  series.roll(feed.closedAt ?? now.unix);
  const rows: string[] = [];
  const open = intervalStart(interval, series.openStart);
  for (const start of startsUntil(interval, series.firstStart, open)) {
    const candle = feed.past.candle(interval, start);
    if (candle !== undefined) rows.push(klineRow(feed.instrument, interval, candle, true));
  }
  return jsonText(200, `{"list":[${rows.slice(-limit).join(',')}]}`);
}

function startsUntil(interval: Interval, first: number, end: number): number[] {
  const starts: number[] = [];
  for (let start = intervalStart(interval, first); start < end; start = nextStart(interval, start))
    starts.push(start);
  return starts;
}

/** The newest liquidations that are kept, oldest first. */
export function liquidations(exchange: Exchange, query: URLSearchParams): HttpAnswer {
  const feed = exchange.feed(query.get('category') ?? undefined, query.get('symbol') ?? undefined);
  if (feed === undefined) return json(400, { error: 'category and symbol must name a listed market' });
  const { liquidations: list, liquidationCount } = feed.statistics;
  const rows = list.map((one) => liquidationLine(feed.instrument, one)).join(',');
  return jsonText(
    200,
    `{"total":${liquidationCount},"evicted":${liquidationCount - list.length},"list":[${rows}]}`,
  );
}

/** The ticker as last published: what a client that merged every delta must hold. Without listeners, that of now. */
export function ticker(exchange: Exchange, query: URLSearchParams, now: Moment): HttpAnswer {
  const feed = exchange.feed(query.get('category') ?? undefined, query.get('symbol') ?? undefined);
  if (feed === undefined) return json(400, { error: 'category and symbol must name a listed market' });
  const topic = topicOf(feed, `tickers.${feed.instrument.symbol}`);
  const isHeard = topic?.kind === 'ticker' && topic.subscribers.size > 0;
  const values = isHeard ? topic.values : tickerValues(feed, now.unix);
  const data = Object.fromEntries(tickerNames(feed.instrument).map((name, index) => [name, values[index]]));
  return json(200, { cs: isHeard ? topic.cs : feed.market.seq, data });
}
