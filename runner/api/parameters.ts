/**
 * Query parameters: schemas that validate them, document them, and say in words what is allowed.
 *
 * Every refusal names the parameter and the allowed values. Unknown parameters are refused where parameters are taken at
 * all: a mistyped `min_price` must not look like an answer. Empty and repeated ones are refused before (error-handling.ts).
 */
import { z } from 'zod';
import { categories, type Instrument, instrumentKey } from '../../shared/market.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';
import { ApiError } from './api-error.ts';

/** A query object that knows its own parameters. */
export function querySchema<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown parameter ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; known: ${Object.keys(shape).join(', ')}`
        : undefined,
  });
}

/** A body that knows its own fields; `example` shows one. */
export function bodySchema<S extends z.core.$ZodLooseShape>(shape: S, example: string) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; known: ${Object.keys(shape).join(', ')}`
        : issue.code === 'invalid_type'
          ? `the body must be a JSON object, for example ${example}, with content-type: application/json`
          : undefined,
  });
}

/** A whole number from 1 to `max`. */
export function countParameter(max: number, fallback: number, what: string) {
  const message = `must be a whole number from 1 to ${max}`;
  return z.coerce
    .number(message)
    .int(message)
    .min(1, message)
    .max(max, message)
    .default(fallback)
    .describe(what);
}

/** A number of 0 or more. */
export function amountParameter(what: string) {
  const message = 'must be a number of 0 or more';
  return z.coerce.number(message).min(0, message).optional().describe(what);
}

/** One of a few words. */
export function wordParameter<const W extends readonly [string, ...string[]]>(words: W, what: string) {
  return z
    .enum(words, `must be one of ${words.join(', ')}`)
    .optional()
    .describe(what);
}

/** A moment in ISO 8601. Checked by `parseTime`, since the calendar is no matter of a pattern. */
export function timeParameter(what: string) {
  return z
    .string('is required, in ISO 8601, for example 2024-06-03T12:00:00.000Z')
    .max(40, 'must be ISO 8601, for example 2024-06-03T12:00:00.000Z')
    .describe(`${what}; ISO 8601, UTC when it names no zone`)
    .meta({ example: '2024-06-03T12:00:00.000Z' });
}

/** `symbol` and `category`, which all market endpoints take. */
export const instrumentParameters = {
  symbol: z
    .string()
    .max(40, 'must be a symbol of at most 40 characters')
    .optional()
    .describe('Default: the first that is configured'),
  category: wordParameter(categories, 'Default: that of the first instrument that fits'),
};

/** A refusal names so many of the symbols that it could have been. */
const NAMED_INSTRUMENTS = 20;

/** The configured instrument that the caller means: the first that fits what was given. */
export function chooseInstrument(
  instruments: readonly Instrument[],
  asked: { readonly symbol?: string | undefined; readonly category?: string | undefined },
): Instrument {
  const found = instruments.find((instrument) => matchesInstrument(instrument, asked));
  if (found !== undefined) return found;
  if (instruments.length === 0)
    throw new ApiError('not_known_yet', 'no symbol is known yet: /ready says what is waited for');
  const more = instruments.length - NAMED_INSTRUMENTS;
  const named = instruments.slice(0, NAMED_INSTRUMENTS).map(instrumentKey).join(', ');
  const known = more > 0 ? `${named} and ${more} more (see GET /symbols)` : named;
  const symbolKnown =
    asked.symbol === undefined || instruments.some((instrument) => instrument.symbol === asked.symbol);
  throw new ApiError(
    'unknown_instrument',
    symbolKnown
      ? `category: ${JSON.stringify(asked.category)} is not configured${asked.symbol === undefined ? '' : ` for ${asked.symbol}`}; known: ${known}`
      : `symbol: ${JSON.stringify(asked.symbol)} is not configured; known: ${known}`,
  );
}

/** Whether an instrument, or a row that names one, is what was asked for. */
export function matchesInstrument(
  instrument: Instrument,
  asked: { readonly symbol?: string | undefined; readonly category?: string | undefined },
): boolean {
  return (
    (asked.symbol === undefined || instrument.symbol === asked.symbol) &&
    (asked.category === undefined || instrument.category === asked.category)
  );
}

const isoPattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Reads ISO 8601, also a bare date; UTC when no zone is named, as everything in this API. */
export function parseTime(field: string, text: string): UnixMs {
  const match = isoPattern.exec(text);
  const [, day = '', time = '00:00', zone = 'Z'] = match ?? [];
  const ms = match === null ? Number.NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  // Date.parse turns the 30th of February into a day of March.
  const isRealDay = match !== null && isoDay(Date.parse(`${day}T00:00Z`)) === day;
  if (Number.isNaN(ms) || ms < 0 || !isRealDay) {
    throw new ApiError(
      'invalid_parameter',
      `${field}: must be ISO 8601 from 1970 on, for example 2024-06-03T12:00:00.000Z (in a URL, + is written %2B), not ${JSON.stringify(text)}`,
    );
  }
  return unixMs(ms);
}

function isoDay(ms: number): string | null {
  return Number.isNaN(ms) ? null : new Date(ms).toISOString().slice(0, 10);
}
