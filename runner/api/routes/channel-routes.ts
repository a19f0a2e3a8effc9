/** Tickers, the exchange's candles, and liquidations: /ticker, /tickers, /klines, /liquidations. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { categories, intervals } from '../../../shared/market.ts';
import { errorBodySchema } from '../api-error.ts';
import { klineSchema, liquidationSchema, tickerSchema } from '../channel-payloads.ts';
import { subscribed } from '../not-subscribed.ts';
import {
  chooseInstrument,
  countParameter,
  instrumentParameters,
  matchesInstrument,
  querySchema,
  wordParameter,
} from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import { presentKlines, presentLiquidation, presentTicker } from '../present-channels.ts';
import { takePresented } from '../present-market.ts';

const tags = ['market'];
const oneSchema = {
  tags,
  summary: 'The last ticker; 503 with valid:false and no values while it is not true now',
  querystring: querySchema(instrumentParameters),
  response: { 200: tickerSchema, 400: errorBodySchema, 503: tickerSchema },
};
const allSchema = {
  tags,
  summary: 'The tickers of all symbols whose ticker is subscribed, those that are not valid without values',
  querystring: querySchema({ category: wordParameter(categories, 'Only this market; all when left out') }),
  response: { 200: z.array(tickerSchema), 400: errorBodySchema },
};
const klinesSchema = {
  tags,
  summary: "The exchange's own candles of one interval, newest first",
  querystring: querySchema({
    interval: z
      .enum(intervals, `must be one of ${intervals.join(', ')}`)
      .default('1')
      .describe('Minutes, or D, W, M'),
    limit: countParameter(1000, 100, 'Candles'),
    ...instrumentParameters,
  }),
  response: { 200: z.array(klineSchema), 400: errorBodySchema, 409: errorBodySchema },
};
const liquidationsSchema = {
  tags,
  summary: 'Positions that were closed by force, newest first',
  querystring: querySchema({ limit: countParameter(1000, 100, 'Rows'), ...instrumentParameters }),
  response: { 200: z.array(liquidationSchema), 400: errorBodySchema, 409: errorBodySchema },
};

export function channelRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/ticker', { schema: oneSchema }, (request, reply) => {
      const instrument = chooseInstrument(ports.instruments(), request.query);
      const ticker = presentTicker(instrument, ports.ticker(instrument), false);
      reply.code(ticker.valid ? 200 : 503);
      return ticker;
    });
    app.get('/tickers', { schema: allSchema }, (request) =>
      ports.instruments().flatMap((instrument) => {
        const view = matchesInstrument(instrument, request.query) ? ports.ticker(instrument) : undefined;
        return view === undefined ? [] : [presentTicker(instrument, view, false)];
      }),
    );
    app.get('/klines', { schema: klinesSchema }, (request) => {
      const { interval, limit } = request.query;
      const instrument = chooseInstrument(ports.instruments(), request.query);
      const view = subscribed(ports.klines(instrument, interval, limit), instrument, `kline.${interval}`);
      return presentKlines(instrument, interval, view);
    });
    app.get('/liquidations', { schema: liquidationsSchema }, (request) => {
      const instrument = chooseInstrument(ports.instruments(), request.query);
      const liquidations = subscribed(ports.liquidations(instrument), instrument, 'liquidation');
      return takePresented(liquidations, request.query.limit, presentLiquidation);
    });
    done();
  };
}
