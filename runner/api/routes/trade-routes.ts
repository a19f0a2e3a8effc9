/** Trades and price: /trades, /trades/stats, /trades/range, /ws/trades, /price. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { type Instrument, instrumentKey } from '../../../shared/market.ts';
import { coarsened, type Span } from '../../../shared/spans.ts';
import type { LastPrice } from '../../context/instrument-context.ts';
import { ApiError, errorBodySchema } from '../api-error.ts';
import { decodeCursor, encodeCursor, MAX_CURSOR_LENGTH } from '../cursor.ts';
import {
  amountParameter,
  chooseInstrument,
  countParameter,
  instrumentParameters,
  parseTime,
  querySchema,
  timeParameter,
} from '../parameters.ts';
import { priceSchema, tradeRowSchema, tradeStatsSchema } from '../payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { INCOMPLETE, isoOrNull, isoTime, presentTrade, takePresented } from '../present-market.ts';

const tags = ['market'];
/** Intervals in it, some 50 characters each; more of them are told as fewer that hold them all. */
const INTERVALS_MAX = 100;
const tradesQuery = querySchema({
  limit: countParameter(1000, 100, 'Rows'),
  ...instrumentParameters,
  side: z
    .string()
    .regex(/^(buy|sell)$/i, 'must be one of Buy, Sell')
    .optional()
    .describe("The taker's side: Buy or Sell"),
  min_qty: amountParameter('Smallest quantity'),
  max_qty: amountParameter('Largest quantity'),
  min_price: amountParameter('Lowest price'),
  max_price: amountParameter('Highest price'),
});
const rangeQuery = querySchema({
  start_time: timeParameter('First moment, included'),
  end_time: timeParameter('Last moment, included'),
  limit: countParameter(10_000, 1000, 'Rows on a page'),
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH, 'must be the one from the Link header')
    .optional()
    .describe('From the Link header of the page before'),
  ...instrumentParameters,
});
const liveQuery = querySchema({ limit: countParameter(1000, 100, 'Rows'), ...instrumentParameters });
const instrumentQuery = querySchema(instrumentParameters);
const rows = z.array(tradeRowSchema).describe('Newest first');

const recentSchema = {
  tags,
  summary: 'Recent trades, newest first',
  querystring: tradesQuery,
  response: { 200: rows, 400: errorBodySchema },
};
const statsSchema = {
  tags,
  summary: 'What the tape holds',
  querystring: instrumentQuery,
  response: { 200: tradeStatsSchema, 400: errorBodySchema },
};
const rangeSchema = {
  tags,
  summary: 'Trades of a range of time, newest first; the next page is in the Link header',
  querystring: rangeQuery,
  description: `From memory, and where that does not hold all of the page, from what is stored: recorded trades and the days of the history cache. Nothing is fetched. \`${INCOMPLETE}\` names the spans of the page's stretch of time of which nobody here holds every trade, as intervals of ISO 8601 (\`start/end\`, the end excluded), separated by commas; without it nothing is missing. A page of stored trades may have an id that counts the rows of a file of Bybit's archive (spot only). 503: \`history_busy\` (too many ask), \`history_failed\`; 504: \`history_slow\`.`,
  response: { 200: rows, 400: errorBodySchema, 503: errorBodySchema, 504: errorBodySchema },
};
const liveSchema = {
  tags,
  summary: 'The live tape of the current child, newest first',
  querystring: liveQuery,
  response: { 200: rows, 400: errorBodySchema },
};
const lastPriceSchema = {
  tags,
  summary: 'Price of the last trade; null before the first',
  querystring: instrumentQuery,
  response: { 200: priceSchema, 400: errorBodySchema },
};

export function tradeRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/trades', { schema: recentSchema }, (request) => {
      const instrument = chooseInstrument(ports.instruments(), request.query);
      return takePresented(
        ports.trades(instrument),
        request.query.limit,
        presentTrade,
        filterOf(request.query),
      );
    });
    app.get('/trades/stats', { schema: statsSchema }, (request) => {
      const stats = ports.tradeStats(chooseInstrument(ports.instruments(), request.query));
      return {
        total_count: stats.count,
        oldest_trade_time: isoOrNull(stats.oldest),
        newest_trade_time: isoOrNull(stats.newest),
        buffer_size: stats.capacity,
        connected: stats.connected,
      };
    });
    app.get('/trades/range', { schema: rangeSchema }, async (request, reply) => {
      const page = await readRange(ports, request.query);
      if (page.link !== null) reply.header('link', page.link);
      if (page.missing.length > 0) reply.header(INCOMPLETE, intervals(page.missing));
      return page.rows.map(presentTrade);
    });
    app.get('/ws/trades', { schema: liveSchema }, (request) => {
      const instrument = chooseInstrument(ports.instruments(), request.query);
      return takePresented(ports.liveTape(instrument), request.query.limit, presentTrade);
    });
    app.get('/price', { schema: lastPriceSchema }, (request) => {
      const instrument = chooseInstrument(ports.instruments(), request.query);
      return presentPrice(ports.lastPrice(instrument), instrument);
    });
    done();
  };
}

function presentPrice(last: LastPrice | undefined, { symbol, category }: Instrument) {
  return { price: last?.price ?? null, ts: isoOrNull(last?.timestamp ?? null), symbol, category };
}

function filterOf(query: z.output<typeof tradesQuery>): (trade: TradeEvent) => boolean {
  const { min_qty = 0, max_qty = Infinity, min_price = 0, max_price = Infinity } = query;
  if (min_qty > max_qty) throw new ApiError('invalid_parameter', 'min_qty: must not be above max_qty');
  if (min_price > max_price)
    throw new ApiError('invalid_parameter', 'min_price: must not be above max_price');
  const side = query.side?.toLowerCase();
  return (trade) =>
    (side === undefined || trade.side === side) &&
    trade.qty >= min_qty &&
    trade.qty <= max_qty &&
    trade.price >= min_price &&
    trade.price <= max_price;
}

async function readRange(
  ports: ApiPorts,
  query: z.output<typeof rangeQuery>,
): Promise<{ rows: readonly TradeEvent[]; link: string | null; missing: readonly Span[] }> {
  const instrument = chooseInstrument(ports.instruments(), query);
  const start = parseTime('start_time', query.start_time);
  const end = parseTime('end_time', query.end_time);
  if (start >= end) throw new ApiError('invalid_parameter', 'start_time: must be before end_time');
  const range = `${instrumentKey(instrument)} ${start} ${end}`;
  const after = query.cursor === undefined ? null : decodeCursor(query.cursor, range);
  const page = await ports.tradeRange(instrument, { start, end, limit: query.limit, after });
  const { rows, missing = [] } = page;
  if (page.next === null) return { rows, link: null, missing };
  const next = new URLSearchParams({
    start_time: isoTime(start),
    end_time: isoTime(end),
    limit: String(query.limit),
    symbol: instrument.symbol,
    category: instrument.category,
    cursor: encodeCursor(page.next, range),
  });
  return { rows, link: `</trades/range?${next}>; rel="next"`, missing };
}

function intervals(spans: readonly Span[]): string {
  return coarsened(spans, INTERVALS_MAX)
    .map(({ from, to }) => `${isoTime(from)}/${isoTime(to)}`)
    .join(', ');
}
