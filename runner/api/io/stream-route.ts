/**
 * /stream: server-sent events on a raw socket, and the timers that pace them. They run only while somebody listens.
 *
 * A browser that lost the connection comes back by itself after `retry`; its Last-Event-ID is not needed, since a reader
 * always begins with the whole state.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Millis } from '../../../shared/time.ts';
import { ApiError, errorBodySchema } from '../api-error.ts';
import { type LiveHub, MAX_STREAM_CLIENTS } from '../live-hub.ts';
import type { LiveView } from '../live-sections.ts';
import { chooseInstrument, countParameter, instrumentParameters, querySchema } from '../parameters.ts';
import type { ApiPorts } from '../ports.ts';

export type StreamPace = {
  /** Changes are gathered this long: fast enough for the eye, slow enough for a browser. */
  readonly flushEveryMs: Millis;
  /** Status, ages and topics, which change without an event. */
  readonly healthEveryMs: Millis;
  readonly beatEveryMs: Millis;
};
export const streamPace: StreamPace = { flushEveryMs: 200, healthEveryMs: 1_000, beatEveryMs: 15_000 };

/** A browser waits this long before it connects again. */
const RETRY_MS = 2_000;

/** More than the pages of the most topics that a runner listens to. */
const MOST_PAGES = 1_000;
const streamParameters = {
  ...instrumentParameters,
  topics: z
    .string()
    .max(60, 'must be at most 60 characters')
    .default('')
    .describe('Show the topics with these words in their name or phase, for example "stale" or "spot btc"'),
  topics_page: countParameter(MOST_PAGES, 1, 'Which page of these topics'),
};

export function streamRoute(ports: ApiPorts, hub: LiveHub, pace: StreamPace): FastifyPluginCallbackZod {
  const timers = new StreamTimers(hub, pace);
  return (app, _options, done) => {
    app.addHook('onClose', (_app, closed) => {
      timers.stop();
      closed();
    });
    app.route({
      method: 'GET',
      url: '/stream',
      exposeHeadRoute: false,
      schema: {
        tags: ['live'],
        summary: 'Server-sent events: `snapshot` on connecting, then `update` with the sections that changed',
        querystring: querySchema(streamParameters),
        response: { 400: errorBodySchema, 503: errorBodySchema },
      },
      handler: (request, reply) => {
        const { topics: words, topics_page: page } = request.query;
        const instrument = chooseInstrument(ports.instruments(), request.query);
        if (hub.isFull)
          throw new ApiError(
            'too_many_streams',
            `at most ${MAX_STREAM_CLIENTS} readers of /stream; try again later`,
          );
        reply.hijack();
        reply.raw.writeHead(200, {
          ...(reply.getHeaders() as Record<string, string>),
          'content-type': 'text/event-stream; charset=utf-8',
          'x-accel-buffering': 'no',
        });
        serve(reply.raw, { instrument, topics: { words, page } }, hub, timers);
      },
    });
    done();
  };
}

function serve(raw: ServerResponse, view: LiveView, hub: LiveHub, timers: StreamTimers): void {
  raw.write(`retry: ${RETRY_MS}\n\n`);
  const client = hub.join(view, (text) => raw.write(text));
  timers.start();
  raw.on('drain', client.drained);
  // A socket that breaks while we write says so here and then closes.
  raw.on('error', () => raw.destroy());
  raw.on('close', () => {
    client.left();
    if (hub.counts.clients === 0) timers.stop();
  });
}

/** The three beats of the stream; nothing ticks while nobody listens. */
class StreamTimers {
  readonly #hub: LiveHub;
  readonly #pace: StreamPace;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(hub: LiveHub, pace: StreamPace) {
    this.#hub = hub;
    this.#pace = pace;
  }

  start(): void {
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => this.#hub.flush(false), this.#pace.flushEveryMs),
      setInterval(() => this.#hub.flush(true), this.#pace.healthEveryMs),
      setInterval(() => this.#hub.beat(), this.#pace.beatEveryMs),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }
}
