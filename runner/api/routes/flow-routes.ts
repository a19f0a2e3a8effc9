/** What flows: /cvd, /cvd/history, POST /cvd/reset, /volume-delta, its history and several at once. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { CVD_PERIODS_KEPT } from '../../context/flow/cvd.ts';
import { MAX_PERIOD_S } from '../../context/flow/volume-delta.ts';
import { ApiError, errorBodySchema } from '../api-error.ts';
import { cvdPeriodSchema, cvdSchema, volumeDeltaBlockSchema, volumeDeltaSchema } from '../flow-payloads.ts';
import { subscribed } from '../not-subscribed.ts';
import { chooseInstrument, countParameter, instrumentParameters, querySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import {
  presentCvd,
  presentCvdPeriod,
  presentVolumeDelta,
  presentVolumeDeltaBlock,
} from '../present-flow.ts';

const tags = ['context'];
const refusals = { 400: errorBodySchema, 409: errorBodySchema, 503: errorBodySchema };
const MAX_PERIODS = 20;
const MAX_PERIODS_LENGTH = 200;
const period = countParameter(MAX_PERIOD_S, 60, 'Seconds');

const cvdRoute = {
  tags,
  summary: 'What takers bought less what they sold since the last reset',
  querystring: querySchema(instrumentParameters),
  response: { 200: cvdSchema, ...refusals },
};
const cvdHistoryRoute = {
  tags,
  summary: 'The periods before, newest first',
  querystring: querySchema({
    limit: countParameter(CVD_PERIODS_KEPT, 24, 'Periods'),
    ...instrumentParameters,
  }),
  response: { 200: z.array(cvdPeriodSchema), ...refusals },
};
const resetRoute = {
  tags,
  summary: 'Begins the CVD anew; the next reset by the clock comes at its time',
  querystring: querySchema(instrumentParameters),
  response: { 200: cvdSchema, 401: errorBodySchema, ...refusals },
};
const deltaRoute = {
  tags,
  summary: 'What takers bought less what they sold in the last seconds',
  querystring: querySchema({ period, ...instrumentParameters }),
  response: { 200: volumeDeltaSchema, ...refusals },
};
const deltaHistoryRoute = {
  tags,
  summary: 'The past hour in blocks of `period` seconds, newest first',
  querystring: querySchema({
    period,
    limit: countParameter(MAX_PERIOD_S, 60, 'Blocks'),
    ...instrumentParameters,
  }),
  response: { 200: z.array(volumeDeltaBlockSchema), ...refusals },
};
const multiRoute = {
  tags,
  summary: 'The same of several periods, in the order in which they are asked for',
  querystring: querySchema({
    periods: z
      .string()
      .max(MAX_PERIODS_LENGTH, `must be at most ${MAX_PERIODS} numbers with commas between them`)
      .default('60,300,900')
      .describe('Seconds, with commas between them'),
    ...instrumentParameters,
  }),
  response: { 200: z.array(volumeDeltaSchema), ...refusals },
};

export function flowRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  const { context } = ports;
  return (app, _options, done) => {
    app.get('/cvd', { schema: cvdRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentCvd(instrument, subscribed(context.cvd(instrument), instrument, 'trades'));
    });
    app.get('/cvd/history', { schema: cvdHistoryRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const periods = subscribed(context.cvdHistory(instrument, query.limit), instrument, 'trades');
      return periods.map((one) => presentCvdPeriod(instrument, one));
    });
    app.post('/cvd/reset', { schema: resetRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentCvd(instrument, subscribed(context.resetCvd(instrument), instrument, 'trades'));
    });
    app.get('/volume-delta', { schema: deltaRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const view = subscribed(context.volumeDelta(instrument, query.period), instrument, 'trades');
      return presentVolumeDelta(instrument, view);
    });
    app.get('/volume-delta/history', { schema: deltaHistoryRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      const blocks = context.volumeDeltaHistory(instrument, query.period, query.limit);
      return subscribed(blocks, instrument, 'trades').map((one) => presentVolumeDeltaBlock(instrument, one));
    });
    app.get('/volume-delta/multi', { schema: multiRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return periodsOf(query.periods).map((seconds) => {
        const view = subscribed(context.volumeDelta(instrument, seconds), instrument, 'trades');
        return presentVolumeDelta(instrument, view);
      });
    });
    done();
  };
}

function periodsOf(text: string): readonly number[] {
  const periods = text.split(',').map((part) => (/^\s*\d{1,4}\s*$/.test(part) ? Number(part) : Number.NaN));
  if (periods.length > MAX_PERIODS || !periods.every((one) => one >= 1 && one <= MAX_PERIOD_S))
    throw new ApiError(
      'invalid_parameter',
      `periods: must be at most ${MAX_PERIODS} whole numbers from 1 to ${MAX_PERIOD_S} with commas between them, for example 60,300,900`,
    );
  return periods;
}
