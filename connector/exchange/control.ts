/**
 * The operator's side of the simulated exchange: /sim/*. Bybit has nothing of the kind.
 *
 * Faults are ordered here, and what really happened can be looked up here, so that a test can hold what a client says
 * against the truth. Docs with examples: docs/simulated-exchange.md.
 */
import type { Sockets } from './connections.ts';
import type { Exchange } from './exchange.ts';
import type { Fault } from './fault-kinds.ts';
import { FAULT_KINDS, readFault } from './fault-kinds.ts';
import { levelsText } from './frames.ts';
import { CATEGORIES } from './instruments.ts';
import { executionLine } from './journal.ts';
import { MALFORMED_FRAMES } from './malformed-frames.ts';
import type { Moment } from './moment.ts';
import type { HttpAnswer, HttpRequest } from './rest.ts';
import type { DepthTopic, Topic } from './topics.ts';

/** Figures that only the driver knows; they are shown in /sim/stats. */
export type DriverStats = () => Readonly<Record<string, unknown>>;

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** Answers a request to /sim/*. */
export function answerControl(
  exchange: Exchange,
  sockets: Sockets,
  driverStats: DriverStats,
  request: HttpRequest,
  now: Moment,
): HttpAnswer {
  const { method, path, query } = request;
  switch (`${method} ${path}`) {
    case 'GET /sim/executions':
      return executions(exchange, query);
    case 'GET /sim/book':
      return book(exchange, query);
    case 'GET /sim/stats':
      return json(200, { ...stats(exchange, now), ...driverStats() });
    case 'GET /sim/faults':
      return json(200, { faults: listFaults(exchange, now) });
    case 'POST /sim/faults':
      return orderFault(exchange, sockets, request.body, now);
    case 'DELETE /sim/faults': {
      const cleared = exchange.faults.list.length;
      exchange.faults.clear();
      return json(200, { cleared });
    }
    case 'POST /sim/flow':
      return changeFlow(exchange, request.body, now);
    default:
      return json(404, { error: `no such endpoint: ${method} ${path}` });
  }
}

function json(status: number, body: unknown): HttpAnswer {
  return { status, headers: HEADERS, body: JSON.stringify(body) };
}

function executions(exchange: Exchange, query: URLSearchParams): HttpAnswer {
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
  return { status: 200, headers: HEADERS, body: `{"total":${total},"evicted":${evicted},"list":[${rows}]}` };
}

/** The window that was last published for this depth: what a client that has applied update `u` must hold. */
function book(exchange: Exchange, query: URLSearchParams): HttpAnswer {
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
  return { status: 200, headers: HEADERS, body };
}

function stats(exchange: Exchange, now: Moment): Record<string, unknown> {
  const topics = exchange.feeds.flatMap((feed): Topic[] => [feed.trades, ...feed.depths]);
  const heard = topics.filter((topic) => topic.frames > 0 || topic.subscribers.size > 0);
  return {
    seed: exchange.options.seed,
    paused: exchange.isPaused,
    rate: exchange.pace.framesPerSecond ?? null,
    connections: Object.fromEntries(
      CATEGORIES.map((category) => [
        category,
        [...exchange.connections].filter((one) => one.category === category).length,
      ]),
    ),
    sockets: exchange.socketCounts,
    frames: exchange.delivery.counts,
    held: exchange.delivery.heldCount,
    topics: heard.map((topic) => ({
      category: topic.category,
      topic: topic.name,
      subscribers: topic.subscribers.size,
      frames: topic.frames,
    })),
    markets: exchange.feeds.map(({ instrument, market, executions: kept }) => ({
      category: instrument.category,
      symbol: instrument.symbol,
      step: market.step,
      seq: market.seq,
      executions: kept.counts.total,
    })),
    faults: listFaults(exchange, now),
  };
}

function listFaults(exchange: Exchange, now: Moment): readonly Record<string, unknown>[] {
  exchange.faults.expire(now.mono);
  return exchange.faults.list.map(({ fault, until, left, sockets }) => ({
    ...fault,
    ...(until === undefined ? {} : { ends_in_ms: Math.ceil(until - now.mono) }),
    ...(Number.isFinite(left) ? { left } : {}),
    ...(sockets.size > 0 ? { sockets: sockets.size } : {}),
  }));
}

function orderFault(exchange: Exchange, sockets: Sockets, body: string, now: Moment): HttpAnswer {
  const read = readFault(parse(body));
  if ('problems' in read) return json(400, { error: read.problems.join('; '), kinds: FAULT_KINDS });
  const { fault } = read;
  if ('topic' in fault && fault.topic !== undefined && fault.kind !== 'refuse_topic') {
    const found = topicsNamed(exchange, fault.topic, fault.category);
    const mustBeBook = fault.kind === 'skip_update' || fault.kind === 'restart_book';
    if (found.length === 0 || (mustBeBook && !found.some((topic) => topic.kind === 'depth'))) {
      return json(400, {
        error: `topic ${fault.topic} is not ${mustBeBook ? 'an orderbook topic' : 'listed'}`,
        kinds: FAULT_KINDS,
      });
    }
  }
  return json(200, { applied: fault, sockets: applyFault(exchange, sockets, fault, now) });
}

/** Performs a fault; the answer is how many sockets it concerns at once. */
function applyFault(exchange: Exchange, sockets: Sockets, fault: Fault, now: Moment): number {
  const category = 'category' in fault ? fault.category : undefined;
  const struck = [...exchange.connections].filter(
    (one) => category === undefined || one.category === category,
  );
  switch (fault.kind) {
    case 'drop':
      exchange.socketCounts.dropped += struck.length;
      for (const connection of struck) sockets.terminate(connection);
      return struck.length;
    case 'malformed_frame':
      for (const connection of struck) {
        for (const text of fault.text === undefined ? MALFORMED_FRAMES : [fault.text])
          exchange.delivery.raw(connection, text);
      }
      return struck.length;
    case 'restart_book': {
      const topics = topicsNamed(exchange, fault.topic, category).filter(
        (topic): topic is DepthTopic => topic.kind === 'depth',
      );
      for (const topic of topics) exchange.publisher.restart(topic, now);
      return topics.reduce((sum, topic) => sum + topic.subscribers.size, 0);
    }
    case 'half_open':
    case 'freeze':
      exchange.faults.add(fault, now.mono, struck);
      return struck.length;
    case 'mute':
    case 'refuse_topic':
    case 'skip_update':
    case 'duplicate_frame': {
      exchange.faults.add(fault, now.mono, []);
      if (fault.topic === undefined) return struck.length;
      return topicsNamed(exchange, fault.topic, category).reduce(
        (sum, topic) => sum + topic.subscribers.size,
        0,
      );
    }
    case 'rate_limit':
    case 'ban':
      exchange.faults.add(fault, now.mono, []);
      return 0;
    case 'refuse_connections':
    case 'delay':
    case 'delay_ack':
      exchange.faults.add(fault, now.mono, []);
      return struck.length;
  }
}

function topicsNamed(exchange: Exchange, name: string, category: string | undefined): readonly Topic[] {
  return CATEGORIES.filter((one) => category === undefined || one === category).flatMap(
    (one) => exchange.topic(one, name) ?? [],
  );
}

/** `{"paused":true}` stops the markets after a last flush, `{"rate":500}` drives them, `{"rate":null}` lets them be. */
function changeFlow(exchange: Exchange, body: string, now: Moment): HttpAnswer {
  const wish = parse(body);
  const { paused, rate } =
    typeof wish === 'object' && wish !== null ? { paused: undefined, rate: undefined, ...wish } : {};
  const rateIsGood =
    rate === undefined || rate === null || (typeof rate === 'number' && rate > 0 && rate <= 100_000);
  if (
    typeof wish !== 'object' ||
    wish === null ||
    !rateIsGood ||
    (paused !== undefined && typeof paused !== 'boolean')
  ) {
    return json(400, {
      error:
        'the body must be {"paused": true or false} and/or {"rate": null or frames a second up to 100000}',
    });
  }
  if (rate !== undefined) exchange.pace.framesPerSecond = rate ?? undefined;
  if (paused !== undefined) exchange.setPaused(paused, now);
  return json(200, { paused: exchange.isPaused, rate: exchange.pace.framesPerSecond ?? null });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
