/** What /symbols and /instruments take and tell, as zod schemas (payloads.ts says what for). */
import { z } from 'zod';
import { categories } from '../../shared/market.ts';
import { channelWords, readSubscriptions, type Subscription } from '../../shared/settings/topics.ts';
import { ApiError } from './api-error.ts';
import { bodySchema, querySchema } from './parameters.ts';

const category = z.enum(categories);
const count = z.number();
const timeOrNull = z.string().nullable().describe('ISO 8601, UTC, milliseconds; null while there is none');
const decimal = z.string().describe('A decimal number, as the exchange writes it');

const symbolWords =
  'must be a symbol: 2 to 40 capitals, digits and dashes, for example BTCUSDT (filters go into SYMBOLS)';
const symbol = z.string(symbolWords).regex(/^[A-Z0-9][A-Z0-9-]{1,39}$/, symbolWords);
const categoryField = z
  .enum(categories, `must be one of ${categories.join(', ')}`)
  .optional()
  .describe('Default: CATEGORY');

export const addSymbolSchema = bodySchema(
  {
    symbol,
    category: categoryField,
    channels: z
      .array(z.string('must be a list of channels').max(40), `must be a list of ${channelWords}`)
      .min(1, 'must name a channel')
      .max(40, 'must have at most 40 channels')
      .optional()
      .describe(`${channelWords}; default: SUBSCRIPTIONS`),
  },
  '{"symbol":"SOLUSDT"}',
).meta({ example: { symbol: 'ETHUSDT', category: 'linear', channels: ['trades', 'depth.50'] } });

export const removeSymbolSchema = querySchema({ symbol, category: categoryField });
export const instrumentsSchema = querySchema({
  symbol: symbol.optional().describe('Default: all of the market'),
  category: categoryField,
});

/** What the names stand for; a refusal names the field. */
export function readChannels(names: readonly string[] | undefined): readonly Subscription[] | undefined {
  if (names === undefined) return undefined;
  const findings = { problems: [] as string[], warnings: [] as string[] };
  const read = readSubscriptions({ name: 'channels', text: names.join(',') }, findings);
  const [problem] = findings.problems;
  if (problem !== undefined) throw new ApiError('invalid_parameter', problem);
  return read;
}

export const instrumentSchema = z.object({
  category,
  symbol: z.string(),
  status: z.enum(['pre_launch', 'trading', 'delivering', 'closed', 'other']),
  base: z.string(),
  quote: z.string(),
  settle: z.string().nullable(),
  tick_size: decimal,
  qty_step: decimal,
  min_qty: decimal.nullable(),
  min_notional: decimal.nullable(),
  max_limit_qty: decimal.nullable(),
  max_market_qty: decimal.nullable(),
  launch_time: timeOrNull,
  delivery_time: timeOrNull,
  turnover_24h: z.number().nullable().describe('In quote coin (linear, spot) or base coin (inverse)'),
});

const symbolRow = z.object({
  category,
  symbol: z.string(),
  source: z
    .string()
    .describe(
      'What wants it: `settings`, `by hand`, the text of a filter, or `command` (the stdin of the runner)',
    ),
  channels: z.array(z.string()),
  wanted: count.describe('Topics that are wanted'),
  acknowledged: count.describe('Of these, topics that the exchange has acknowledged'),
  refused: count.describe('Of these, topics that it refuses'),
  instrument: instrumentSchema.nullable().describe('Null while the list of its market is not known'),
});

export const symbolsSchema = z.object({
  wanted: count.describe('Topics over all symbols'),
  acknowledged: count,
  refused: count,
  left_out: count.describe('Symbols that filters fit, beyond the limit of topics'),
  filters: z.array(
    z.object({
      category,
      filters: z.array(z.string()),
      symbols: count.describe('That they chose'),
      time: timeOrNull.describe('Of the list that they were chosen from'),
      from: z.enum(['exchange', 'saved']).nullable(),
      reason: z.string().nullable().describe('What is wrong'),
    }),
  ),
  removed: z.array(z.object({ category, symbol: z.string() })).describe('By hand'),
  symbols: z.array(symbolRow),
});

export const symbolChangeSchema = z.object({
  category,
  symbol: z.string(),
  topics: z.array(z.string()).describe('What is listened to of it now'),
  changed: count.describe('Topics that were added or given up by this'),
});
export const refreshSchema = z.object({
  asked: z.array(category).describe('Markets whose list was asked for'),
});

export type SymbolsPayload = z.output<typeof symbolsSchema>;
export type InstrumentPayload = z.output<typeof instrumentSchema>;
