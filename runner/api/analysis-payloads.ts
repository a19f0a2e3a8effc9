/** The payloads of an analysis on demand, as zod schemas (payloads.ts has the others). */
import { z } from 'zod';
import { categories } from '../../shared/market.ts';
import { sessions } from '../context/day/sessions.ts';
import { signalSchema, strategyStatusSchema } from './payloads.ts';
import { gateSchema } from './silence-payloads.ts';

export const analysisSchema = z.object({
  signals: z.array(signalSchema).describe('That left since it was asked, newest first'),
  gate: gateSchema,
  strategies: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      answered: z.boolean().describe('False when it is not running, or had not worked off the timer in time'),
    }),
  ),
});

export const inputNames = [
  'price',
  'levels',
  'regime',
  'cvd',
  'orderbook',
  'liquidations',
  'history',
] as const;

export const diagnosticsSchema = strategyStatusSchema.extend({
  symbol: z.string(),
  category: z.enum(categories),
  ts: z.string().describe('ISO 8601, UTC, milliseconds'),
  session: z.enum(sessions).nullable().describe('Null where trades are not subscribed'),
  inputs: z
    .array(
      z.object({
        name: z.enum(inputNames),
        ok: z.boolean().describe('There is something to be seen; how good it is says `state`'),
        state: z.string(),
        reasons: z.array(z.string()),
      }),
    )
    .describe('What there is to be seen of this symbol'),
});

export type AnalysisPayload = z.output<typeof analysisSchema>;
export type DiagnosticsPayload = z.output<typeof diagnosticsSchema>;
