/** Which symbols are listened to, and changes of that while running: /symbols, /symbols/refresh, /instruments. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { instrumentKey, topicKey } from '../../../shared/market.ts';
import { MAX_TOPICS } from '../../../shared/settings/topics.ts';
import { ApiError, errorBodySchema } from '../api-error.ts';
import type { SymbolPorts } from '../ports.ts';
import { presentInstrument, presentSymbols } from '../present-symbols.ts';
import {
  addSymbolSchema,
  instrumentSchema,
  instrumentsSchema,
  readChannels,
  refreshSchema,
  removeSymbolSchema,
  symbolChangeSchema,
  symbolsSchema,
} from '../symbol-payloads.ts';

const tags = ['symbols'];
const listSchema = {
  tags,
  summary: 'What is wanted, what wants it, and what the exchange has acknowledged',
  response: { 200: symbolsSchema },
};
const addSchema = {
  tags,
  summary:
    'Listens to a symbol; 202 when its topics are asked for, 200 when all were there. Kept over restarts',
  body: addSymbolSchema,
  response: { 200: symbolChangeSchema, 202: symbolChangeSchema, 400: errorBodySchema, 409: errorBodySchema },
};
const removeSchema = {
  tags,
  summary: 'Gives a symbol up, whatever wants it. Kept over restarts, until it is added again',
  querystring: removeSymbolSchema,
  response: { 200: symbolChangeSchema, 400: errorBodySchema, 404: errorBodySchema },
};
const refreshRouteSchema = {
  tags,
  summary: 'Asks now for the lists that filters are answered from, as happens once a day',
  response: { 202: refreshSchema, 409: errorBodySchema },
};
const instrumentsRouteSchema = {
  tags,
  summary: 'What the exchange says of its symbols; asked of it when it is not known yet',
  querystring: instrumentsSchema,
  response: {
    200: z.array(instrumentSchema),
    400: errorBodySchema,
    404: errorBodySchema,
    503: errorBodySchema,
  },
};

export function symbolRoutes({ symbols }: { readonly symbols: SymbolPorts }): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/symbols', { schema: listSchema }, () => presentSymbols(symbols.view()));
    app.post('/symbols', { schema: addSchema }, (request, reply) => {
      const { symbol, category = symbols.category, channels } = request.body;
      const instrument = { category, symbol };
      const added = symbols.add(instrument, readChannels(channels));
      if (added.kind === 'full')
        throw new ApiError(
          'too_many_topics',
          `symbol: ${instrumentKey(instrument)} does not fit: at most ${MAX_TOPICS} topics can be listened to; remove others first`,
        );
      if (added.topics.length === 0)
        throw new ApiError(
          'invalid_parameter',
          `channels: ${category} has none of them; spot has no liquidations`,
        );
      reply.code(added.fresh > 0 ? 202 : 200);
      return { category, symbol, topics: added.topics.map(topicKey), changed: added.fresh };
    });
    app.delete('/symbols', { schema: removeSchema }, (request) => {
      const { symbol, category = symbols.category } = request.query;
      const changed = symbols.remove({ category, symbol });
      if (changed === 0)
        throw new ApiError('not_found', `symbol: ${category}:${symbol} is not listened to; see GET /symbols`);
      return { category, symbol, topics: [], changed };
    });
    app.post('/symbols/refresh', { schema: refreshRouteSchema }, (_request, reply) => {
      const asked = [...symbols.refresh()];
      if (asked.length === 0)
        throw new ApiError('no_filters', 'SYMBOLS has no filters, so there is nothing to ask for');
      reply.code(202);
      return { asked };
    });
    app.get('/instruments', { schema: instrumentsRouteSchema }, async (request) => {
      const { symbol, category = symbols.category } = request.query;
      const list = await symbols.list(category);
      if (!list.ok) throw new ApiError('not_known_yet', `${category}: ${list.reason}; try again later`);
      const rows = list.rows.filter((row) => symbol === undefined || row.symbol === symbol);
      if (symbol !== undefined && rows.length === 0)
        throw new ApiError('not_found', `symbol: ${category} does not list ${JSON.stringify(symbol)}`);
      return rows.map(presentInstrument);
    });
    done();
  };
}
