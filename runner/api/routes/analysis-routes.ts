/** What the strategies conclude now, and what they have to conclude it from: POST /signals/analyze, /strategy/analysis/diagnostics. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { analysisSchema, diagnosticsSchema } from '../analysis-payloads.ts';
import { errorBodySchema } from '../api-error.ts';
import { chooseInstrument, instrumentParameters, querySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import { presentAnalysis, presentDiagnostics } from '../present-analysis.ts';

const tags = ['strategy'];
const analyzeRoute = {
  tags,
  summary:
    'Tells each strategy a timer now, and answers with the signals that left until it had worked that off',
  querystring: querySchema({}),
  response: { 200: analysisSchema, 400: errorBodySchema, 401: errorBodySchema },
};
const diagnosticsRoute = {
  tags,
  summary: 'The strategies, their gates, and how good what they see of a symbol is',
  querystring: querySchema(instrumentParameters),
  response: { 200: diagnosticsSchema, 400: errorBodySchema, 503: errorBodySchema },
};

export function analysisRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.post('/signals/analyze', { schema: analyzeRoute }, async () =>
      presentAnalysis(await ports.analyze()),
    );
    app.get('/strategy/analysis/diagnostics', { schema: diagnosticsRoute }, ({ query }) =>
      presentDiagnostics(ports, chooseInstrument(ports.instruments(), query)),
    );
    done();
  };
}
