/** The flight recorder: POST /debug/dump writes it out, GET /debug/dumps lists what was written. */
import path from 'node:path';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ApiError, errorBodySchema } from '../api-error.ts';
import { bodySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';
import { isoTime } from '../present-market.ts';

const MAX_REASON_LENGTH = 500;

const tags = ['system'];
const dumpBodySchema = bodySchema(
  {
    reason: z
      .string()
      .trim()
      .min(1)
      .max(MAX_REASON_LENGTH)
      .optional()
      .describe('What it is for; it is part of the names'),
  },
  '{"reason":"odd fills"}',
).nullish();

export const dumpSchema = z.object({
  reason: z.string(),
  time: z.string(),
  /** Names of files in DATA_DIR/dumps; null where that half could not be written. */
  runner: z.string().nullable(),
  connector: z.string().nullable(),
  problems: z.array(z.string()),
});
export const dumpFileSchema = z.object({
  name: z.string(),
  program: z.enum(['runner', 'connector']),
  reason: z.string(),
  time: z.string(),
  bytes: z.number(),
});

const postSchema = {
  tags,
  summary: 'Writes what runner and connector remember of the last minutes to files in DATA_DIR/dumps',
  body: dumpBodySchema,
  response: { 200: dumpSchema, 400: errorBodySchema, 404: errorBodySchema, 503: errorBodySchema },
};
const listSchema = {
  tags,
  summary: 'The dumps of the flight recorder, newest first',
  response: { 200: z.array(dumpFileSchema), 404: errorBodySchema },
};

export function debugRoutes(ports: Pick<ApiPorts, 'flight'>): FastifyPluginCallbackZod {
  const flight = () => {
    const found = ports.flight();
    if (found === undefined)
      throw new ApiError('not_found', 'the flight recorder is off: FLIGHT_RECORDER_MB is 0');
    return found;
  };
  return (app, _options, done) => {
    app.post('/debug/dump', { schema: postSchema }, async (request) => {
      const { reason, at, runner, connector, problems } = await flight().dump(
        request.body?.reason ?? 'asked',
      );
      if (runner === null && connector === null) throw new ApiError('dump_failed', problems.join('; '));
      return {
        reason,
        time: isoTime(at),
        runner: nameOf(runner),
        connector: nameOf(connector),
        problems: [...problems],
      };
    });
    app.get('/debug/dumps', { schema: listSchema }, () =>
      flight()
        .list()
        .map(({ name, program, reason, at, bytes }) => ({ name, program, reason, time: isoTime(at), bytes })),
    );
    done();
  };
}

function nameOf(file: string | null): string | null {
  return file === null ? null : path.basename(file);
}
