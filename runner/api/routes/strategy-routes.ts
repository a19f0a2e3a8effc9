/** What the strategies say: /strategy/status, /signals/current, /signals/history. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorBodySchema } from '../api-error.ts';
import { countParameter, querySchema } from '../parameters.ts';
import { signalSchema, strategyStatusSchema } from '../payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { presentStrategies } from '../present-health.ts';
import { presentSignal, takePresented } from '../present-market.ts';
import type { SignalView } from '../views.ts';

const tags = ['strategy'];
const historyQuery = querySchema({ limit: countParameter(100, 20, 'Rows') });

export function strategyRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/strategy/status',
      {
        schema: {
          tags,
          summary: 'The strategies and the gate that lets signals out',
          response: { 200: strategyStatusSchema },
        },
      },
      () => presentStrategies(ports.strategies()),
    );
    app.get(
      '/signals/current',
      {
        schema: {
          tags,
          summary: 'The newest signal of each strategy and instrument, newest first',
          response: { 200: z.array(signalSchema) },
        },
      },
      () => newestOfEach(ports.signals()).map(presentSignal),
    );
    app.get(
      '/signals/history',
      {
        schema: {
          tags,
          summary: 'Signals, newest first',
          querystring: historyQuery,
          response: { 200: z.array(signalSchema), 400: errorBodySchema },
        },
      },
      (request) => takePresented(ports.signals(), request.query.limit, presentSignal),
    );
    done();
  };
}

function newestOfEach(signals: Iterable<SignalView>): SignalView[] {
  const newest = new Map<string, SignalView>();
  for (const signal of signals) {
    const key = `${signal.strategy} ${signal.category} ${signal.symbol}`;
    if (!newest.has(key)) newest.set(key, signal);
  }
  return [...newest.values()];
}
