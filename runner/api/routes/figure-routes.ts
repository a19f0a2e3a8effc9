/** What the levels are made of: /debug/vwap, /debug/poc, /debug/exchangeinfo, /debug/trades. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { errorBodySchema } from '../api-error.ts';
import {
  debugPocSchema,
  debugTradesSchema,
  debugVwapSchema,
  exchangeInfoSchema,
} from '../context-payloads.ts';
import { subscribed } from '../not-subscribed.ts';
import { chooseInstrument, instrumentParameters, querySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import {
  presentDebugPoc,
  presentDebugTrades,
  presentDebugVwap,
  presentExchangeInfo,
} from '../present-context.ts';

const tags = ['context'];
const querystring = querySchema(instrumentParameters);
const refusals = { 400: errorBodySchema, 409: errorBodySchema, 503: errorBodySchema };
const vwapRoute = {
  tags,
  summary: 'The sums that VWAP of today is made of, in all digits',
  querystring,
  response: { 200: debugVwapSchema, ...refusals },
};
const pocRoute = {
  tags,
  summary: 'The largest bins of the profile of today',
  querystring,
  response: { 200: debugPocSchema, ...refusals },
};
const exchangeInfoRoute = {
  tags,
  summary: 'In which steps the exchange trades it; null what is not known',
  querystring,
  response: { 200: exchangeInfoSchema, 400: errorBodySchema, 503: errorBodySchema },
};
const tradesRoute = {
  tags,
  summary: 'How many trades of today came from where, and how many were left out',
  querystring,
  response: { 200: debugTradesSchema, ...refusals },
};

export function figureRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  const { context } = ports;
  return (app, _options, done) => {
    app.get('/debug/vwap', { schema: vwapRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentDebugVwap(instrument, subscribed(context.days(instrument), instrument, 'trades'));
    });
    app.get('/debug/poc', { schema: pocRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentDebugPoc(instrument, subscribed(context.days(instrument), instrument, 'trades'));
    });
    app.get('/debug/exchangeinfo', { schema: exchangeInfoRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentExchangeInfo(instrument, context.facts(instrument));
    });
    app.get('/debug/trades', { schema: tradesRoute }, ({ query }) => {
      const instrument = chooseInstrument(ports.instruments(), query);
      return presentDebugTrades(instrument, subscribed(context.days(instrument), instrument, 'trades'));
    });
    done();
  };
}
