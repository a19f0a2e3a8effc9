/** What was not seen: /gaps, how much that is of a day: /coverage, and what the archive says of a recorded day: /gaps/verifications. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { VerificationEvent } from '../../../shared/events/history-events.ts';
import { channels, topicKey } from '../../../shared/market.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import type { GapFilter, GapPosition } from '../../ledger/changes.ts';
import type { Coverage, Share } from '../../ledger/coverage.ts';
import type { GapPage } from '../../ledger/gap-list.ts';
import { ApiError, errorBodySchema } from '../api-error.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import {
  type CoveragePayload,
  coverageSchema,
  type VerifiedPayload,
  verifiedSchema,
} from '../gap-payloads.ts';
import {
  chooseInstrument,
  countParameter,
  instrumentParameters,
  parseTime,
  querySchema,
  timeParameter,
  wordParameter,
} from '../parameters.ts';
import { gapSchema } from '../payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { INCOMPLETE, isoTime, presentGap } from '../present-market.ts';

const DAY_MS = 86_400_000;
/** An id of 120 characters may take 6 each as JSON, and base64 a third more. */
const MAX_CURSOR_LENGTH = 1_100;

const gapsQuery = querySchema({
  limit: countParameter(1000, 100, 'Rows'),
  state: wordParameter(['open', 'healed', 'lost'], 'Only gaps in this state'),
  channel: wordParameter(channels, 'Only gaps of this channel'),
  ...instrumentParameters,
  from: timeParameter('Only gaps that reach this moment or a later one').optional(),
  to: timeParameter('Only gaps that began at this moment or before').optional(),
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH, 'must be the one from the Link header')
    .optional()
    .describe('From the Link header of the page before'),
});
const coverageQuery = querySchema({
  date: z
    .string()
    .max(10, 'must be a day, for example 2026-11-21')
    .optional()
    .describe('The day, UTC; default: today')
    .meta({ example: '2026-11-21' }),
});

const gapsSchema = {
  tags: ['market'],
  summary:
    'Spans that we know we did not see, of all runs, newest first; all instruments unless one is named; the next page is in the Link header',
  description: `While the database in DATA_DIR cannot be read only the gaps of this run are listed, and the header \`${INCOMPLETE}\` says \`former_runs\` (see the check ledger in /health).`,
  querystring: gapsQuery,
  response: { 200: z.array(gapSchema), 400: errorBodySchema },
};
const dayCoverageSchema = {
  tags: ['market'],
  summary: 'How much of what was followed on a day was seen',
  querystring: coverageQuery,
  response: { 200: coverageSchema, 400: errorBodySchema },
};

const verificationsQuery = querySchema({ ...instrumentParameters, limit: countParameter(100, 20, 'Rows') });
const verificationsSchema = {
  tags: ['market'],
  summary:
    'Recorded days that were held against the archive, newest first; all instruments unless one is named (npm run history -- verify)',
  querystring: verificationsQuery,
  response: { 200: z.array(verifiedSchema), 400: errorBodySchema },
};

export function gapRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get('/gaps', { schema: gapsSchema }, async (request, reply) => {
      const page = await readGaps(ports, request.query);
      if (page.link !== null) reply.header('link', page.link);
      if (page.isPart) reply.header(INCOMPLETE, 'former_runs');
      return page.rows.map(presentGap);
    });
    app.get('/coverage', { schema: dayCoverageSchema }, async (request) => {
      const start = dayOf(request.query.date, ports.now());
      return presentCoverage(start, await ports.coverage(start, unixMs(start + DAY_MS)));
    });
    app.get('/gaps/verifications', { schema: verificationsSchema }, async (request) => {
      const { limit, ...asked } = request.query;
      const isNamed = asked.symbol !== undefined || asked.category !== undefined;
      const instruments = isNamed ? [chooseInstrument(ports.instruments(), asked)] : ports.instruments();
      return (await ports.verifications(instruments, limit)).map(presentVerified);
    });
    done();
  };
}

function presentVerified(event: VerificationEvent): VerifiedPayload {
  const { symbol, category, date, at, missing_rows, extra_rows, matched_by, percentage } = event;
  const { recorded, archived, expected, matched, missing, extra, different } = event;
  return {
    ...{ symbol, category, date, verified_at: isoTime(at), matched_by, percentage },
    ...{ recorded, archived, expected, matched, missing, extra, different },
    missing_trades: missing_rows.map(presentRow),
    extra_trades: extra_rows.map(presentRow),
  };
}

function presentRow({ timestamp, id, price, qty, side }: VerificationEvent['missing_rows'][number]) {
  return { time: isoTime(timestamp), trade_id: id, price, qty, side };
}

async function readGaps(
  ports: ApiPorts,
  query: z.output<typeof gapsQuery>,
): Promise<Pick<GapPage, 'rows' | 'isPart'> & { readonly link: string | null }> {
  const { limit, cursor, ...asked } = query;
  const filter: GapFilter = {
    ...asked,
    from: asked.from === undefined ? undefined : parseTime('from', asked.from),
    to: asked.to === undefined ? undefined : parseTime('to', asked.to),
  };
  if (filter.from !== undefined && filter.to !== undefined && filter.from >= filter.to)
    throw new ApiError('invalid_parameter', 'from: must be before to');
  // Without the limit: a caller may ask for the next page with another one.
  const given = Object.entries(asked).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  const list = JSON.stringify(given.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { rows, next, isPart } = await ports.gapPage(
    filter,
    limit,
    cursor === undefined ? null : placeOf(cursor, list),
  );
  // Gaps of what was given up are told as well; a name that nobody ever listened to must not look like an answer.
  const isNamed = asked.symbol !== undefined || asked.category !== undefined;
  if (rows.length === 0 && isNamed) chooseInstrument(ports.instruments(), asked);
  if (next === null) return { rows, isPart, link: null };
  const place = { timestamp: next.openedAt, seq: null, id: next.id };
  const parameters = new URLSearchParams(given);
  parameters.set('limit', String(limit));
  parameters.set('cursor', encodeCursor(place, list));
  return { rows, isPart, link: `</gaps?${parameters}>; rel="next"` };
}

function placeOf(cursor: string, list: string): GapPosition {
  const { timestamp, id } = decodeCursor(cursor, list);
  return { openedAt: timestamp, id };
}

/** The first moment of the day that is meant. */
function dayOf(date: string | undefined, now: UnixMs): UnixMs {
  const start = date === undefined ? unixMs(now - (now % DAY_MS)) : parseTime('date', date);
  if (start % DAY_MS !== 0 || start > now)
    throw new ApiError(
      'invalid_parameter',
      `date: must be a day that has begun, for example ${isoTime(now).slice(0, 10)}`,
    );
  return start;
}

function presentCoverage(start: UnixMs, { known, topics, total }: Coverage): CoveragePayload {
  return {
    date: isoTime(start).slice(0, 10),
    known,
    total: presentShare(total),
    topics: topics.map(({ topic, ...share }) => ({
      topic: topicKey(topic),
      channel: topic.channel,
      category: topic.category,
      symbol: topic.symbol,
      depth: topic.depth ?? null,
      interval: topic.interval ?? null,
      ...presentShare(share),
    })),
  };
}

/** Percentages are cut, not rounded: 100 means that nothing is missing. */
function presentShare({ followedMs, livePercent, percent }: Share) {
  const cut = (value: number | null): number | null =>
    value === null ? null : Math.floor(value * 1_000) / 1_000;
  return {
    followed_seconds: Math.round(followedMs / 1_000),
    live_percent: cut(livePercent),
    percent: cut(percent),
  };
}
