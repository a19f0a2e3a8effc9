/** The book and the candles: /orderbook, /strategy/candles. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorBodySchema } from '../api-error.ts';
import { chooseInstrument, countParameter, instrumentParameters, querySchema } from '../parameters.ts';
import { bookSchema, candleSchema } from '../payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { presentBook, presentCandle } from '../present-market.ts';

const tags = ['market'];
const bookQuery = querySchema({ levels: countParameter(1000, 50, 'Levels a side'), ...instrumentParameters });
const candlesQuery = querySchema({
  timeframe: z.enum(['1m', '5m'], 'must be one of 1m, 5m').default('1m'),
  count: countParameter(1000, 100, 'Candles'),
  ...instrumentParameters,
});

export function marketRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/orderbook',
      {
        schema: {
          tags,
          summary: 'The order book; 503 with valid:false and no levels while it is not valid',
          querystring: bookQuery,
          response: { 200: bookSchema, 400: errorBodySchema, 503: bookSchema },
        },
      },
      (request, reply) => {
        const instrument = chooseInstrument(ports.instruments(), request.query);
        const book = presentBook(instrument, ports.book(instrument), request.query.levels, false);
        reply.code(book.valid ? 200 : 503);
        return book;
      },
    );
    app.get(
      '/strategy/candles',
      {
        schema: {
          tags: ['strategy'],
          summary: 'Candles, oldest first; the last one is still open',
          querystring: candlesQuery,
          response: { 200: z.array(candleSchema), 400: errorBodySchema },
        },
      },
      (request) => {
        const { timeframe, count } = request.query;
        const instrument = chooseInstrument(ports.instruments(), request.query);
        return ports.candles(instrument, timeframe, count).map(presentCandle);
      },
    );
    done();
  };
}
