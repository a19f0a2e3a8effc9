/** Where liquidations lie, and what the book says: /liquidations/clusters, /liquidations/support-resistance, /orderbook/stats. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Instrument } from '../../../shared/market.ts';
import { errorBodySchema } from '../api-error.ts';
import { bookStatsSchema, clustersSchema, supportResistanceSchema } from '../flow-payloads.ts';
import { subscribed } from '../not-subscribed.ts';
import { chooseInstrument, countParameter, instrumentParameters, querySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import { presentBookStats, presentClusters, presentSupportResistance } from '../present-flow.ts';

const tags = ['market'];
const refusals = { 400: errorBodySchema, 409: errorBodySchema };
const clustersRoute = {
  tags,
  summary: 'Prices at which most positions were closed by force in the last day',
  querystring: querySchema(instrumentParameters),
  response: { 200: clustersSchema, ...refusals, 503: errorBodySchema },
};
const supportRoute = {
  tags,
  summary: 'The levels of these clusters next to a price',
  querystring: querySchema({
    current_price: z.coerce
      .number('must be a price above 0')
      .positive('must be a price above 0')
      .optional()
      .describe('Default: that of the last trade, or of the ticker'),
    ...instrumentParameters,
  }),
  response: { 200: supportResistanceSchema, ...refusals, 503: errorBodySchema },
};
const statsRoute = {
  tags,
  summary:
    'Spread, middle and imbalance of the book; 503 with valid:false and no values while it is not valid',
  querystring: querySchema({ levels: countParameter(1000, 10, 'Levels a side'), ...instrumentParameters }),
  response: { 200: bookStatsSchema, 400: errorBodySchema, 503: bookStatsSchema },
};

export function clusterRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/liquidations/clusters', { schema: clustersRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const price = priceOf(ports, instrument);
      const view = subscribed(ports.context.clusters(instrument, price), instrument, 'liquidation');
      return presentClusters(instrument, view, price);
    });
    app.get('/liquidations/support-resistance', { schema: supportRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const price = query.current_price ?? priceOf(ports, instrument);
      const view = subscribed(ports.context.clusters(instrument, price), instrument, 'liquidation');
      return presentSupportResistance(instrument, view, price);
    });
    app.get('/orderbook/stats', { schema: statsRoute }, ({ query }, reply) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const stats = presentBookStats(instrument, ports.book(instrument), query.levels);
      reply.code(stats.valid ? 200 : 503);
      return stats;
    });
    done();
  };
}

/** Of the last trade; where trades are not listened to, that of a ticker that is true now. */
function priceOf(ports: ApiPorts, instrument: Instrument): number | undefined {
  const traded = ports.lastPrice(instrument)?.price;
  const view = traded === undefined ? ports.ticker(instrument) : undefined;
  return traded ?? (view?.valid === true ? view.ticker?.last_price : undefined);
}
