/**
 * The operator's side of the simulated exchange: /sim/*. Bybit has nothing of the kind.
 *
 * Faults are ordered here, and what really happened can be looked up here, so that a test can hold what a client says
 * against the truth. Docs with examples: docs/simulated-exchange.md.
 */

import type { Exchange } from '../exchange.ts';
import type { Sockets } from '../feeds/connections.ts';
import { topicsOf } from '../feeds/topics.ts';
import { CATEGORIES } from '../market/instruments.ts';
import type { Moment } from '../moment.ts';
import type { HttpAnswer, HttpRequest } from '../rest/rest.ts';
import { json, parse } from './answers.ts';
import { changeListing, instruments } from './listed-markets.ts';
import { listFaults, orderFault } from './ordered-faults.ts';
import { changeArchive, changeClock, changeKey } from './time-and-archive.ts';
import { book, candles, executions, liquidations, ticker } from './truth.ts';

/** Figures that only the driver knows; they are shown in /sim/stats. */
export type DriverStats = () => Readonly<Record<string, unknown>>;

/** Answers a request to /sim/*. */
export function answerControl(
  exchange: Exchange,
  sockets: Sockets,
  driverStats: DriverStats,
  request: HttpRequest,
  clock: Moment,
): HttpAnswer {
  const now = exchange.ownTime(clock);
  const { method, path, query } = request;
  switch (`${method} ${path}`) {
    case 'GET /sim/executions':
      return executions(exchange, query);
    case 'GET /sim/book':
      return book(exchange, query);
    case 'GET /sim/candles':
      return candles(exchange, query, now);
    case 'GET /sim/liquidations':
      return liquidations(exchange, query);
    case 'GET /sim/ticker':
      return ticker(exchange, query, now);
    case 'GET /sim/instruments':
      return json(200, { instruments: instruments(exchange) });
    case 'POST /sim/instruments':
      return changeListing(exchange, request.body, now);
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
    case 'POST /sim/clock':
      return changeClock(exchange, request.body, now);
    case 'POST /sim/archive':
      return changeArchive(exchange, request.body);
    case 'POST /sim/key':
      return changeKey(exchange, request.body);
    default:
      return json(404, { error: `no such endpoint: ${method} ${path}` });
  }
}

function stats(exchange: Exchange, now: Moment): Record<string, unknown> {
  const topics = exchange.feeds.flatMap(topicsOf);
  const heard = topics.filter((topic) => topic.frames > 0 || topic.subscribers.size > 0);
  return {
    seed: exchange.options.seed,
    paused: exchange.isPaused,
    rate: exchange.pace.framesPerSecond ?? null,
    time: new Date(now.unix).toISOString(),
    history: {
      archive_delay_ms: exchange.archiveDelayMs,
      log_bytes: exchange.logBudget.used,
      log_bytes_most: exchange.logBudget.most,
      lost_days: exchange.logBudget.lost,
    },
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
