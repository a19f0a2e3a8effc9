/** What is reckoned from the trades of a day: /levels, /context, /regime, /strategy/metrics, /backfill/status. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Instrument } from '../../../shared/market.ts';
import { errorBodySchema } from '../api-error.ts';
import { contextSchema, levelsSchema, regimeSchema, strategyMetricsSchema } from '../context-payloads.ts';
import type { DaysView } from '../context-ports.ts';
import { backfillSchema } from '../flow-payloads.ts';
import { subscribed } from '../not-subscribed.ts';
import { chooseInstrument, instrumentParameters, querySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import { presentContext, presentLevels, presentRegime, presentStrategyMetrics } from '../present-context.ts';
import { presentBackfill } from '../present-flow.ts';

const refusals = { 400: errorBodySchema, 409: errorBodySchema, 503: errorBodySchema };
const instrumentQuery = querySchema(instrumentParameters);
const levelsQuery = querySchema({
  vwap_mode: z
    .enum(['base', 'quote'], 'must be one of base, quote')
    .default('base')
    .describe('What a trade weighs in VWAP: its quantity, or price * quantity'),
  ...instrumentParameters,
});

const levelsRoute = {
  tags: ['context'],
  summary: 'Levels of today and of the day before, each with how true it is',
  querystring: levelsQuery,
  response: { 200: levelsSchema, ...refusals },
};
const contextRoute = {
  tags: ['context'],
  summary: 'Session, price, levels and statistics of today, and what they come from',
  querystring: levelsQuery,
  response: { 200: contextSchema, ...refusals },
};
const regimeRoute = {
  tags: ['context'],
  summary: 'TREND or RANGE, with the scores and what they are made of',
  querystring: instrumentQuery,
  response: { 200: regimeSchema, ...refusals },
};
const metricsRoute = {
  tags: ['strategy'],
  summary: 'VWAP, POC, delta and footprint of today',
  querystring: instrumentQuery,
  response: { 200: strategyMetricsSchema, ...refusals },
};
const backfillRoute = {
  tags: ['context'],
  summary: 'How far history has been fetched',
  response: { 200: backfillSchema },
};

export function contextRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  const daysOf = (instrument: Instrument): DaysView =>
    subscribed(ports.context.days(instrument), instrument, 'trades');
  return (app, _options, done) => {
    app.get('/levels', { schema: levelsRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentLevels(instrument, daysOf(instrument), query.vwap_mode);
    });
    app.get('/context', { schema: contextRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const price = ports.lastPrice(instrument)?.price;
      return presentContext(instrument, daysOf(instrument), query.vwap_mode, price);
    });
    app.get('/regime', { schema: regimeRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentRegime(instrument, daysOf(instrument));
    });
    app.get('/strategy/metrics', { schema: metricsRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentStrategyMetrics(instrument, daysOf(instrument));
    });
    app.get('/backfill/status', { schema: backfillRoute }, () => presentBackfill(ports.context.backfill()));
    done();
  };
}
