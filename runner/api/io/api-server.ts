/**
 * Puts the API together: guards, routes, live stream, documentation, page. It does not listen (runner/io/http-server.ts does),
 * so that tests can ask it without a socket.
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AccessPolicy } from '../access.ts';
import { errorBody } from '../api-error.ts';
import { type BugListener, handleFrameworkError, installGuards } from '../error-handling.ts';
import { LiveHub } from '../live-hub.ts';
import type { ApiPorts } from '../ports.ts';
import { analysisRoutes } from '../routes/analysis-routes.ts';
import { auditRoutes } from '../routes/audit-routes.ts';
import { channelRoutes } from '../routes/channel-routes.ts';
import { clusterRoutes } from '../routes/cluster-routes.ts';
import { contextRoutes } from '../routes/context-routes.ts';
import { debugRoutes } from '../routes/debug-routes.ts';
import { figureRoutes } from '../routes/figure-routes.ts';
import { flowRoutes } from '../routes/flow-routes.ts';
import { gapRoutes } from '../routes/gap-routes.ts';
import { healthRoutes } from '../routes/health-routes.ts';
import { marketRoutes } from '../routes/market-routes.ts';
import { metricsRoutes } from '../routes/metrics-routes.ts';
import { pageRoutes } from '../routes/page-routes.ts';
import { strategyRoutes } from '../routes/strategy-routes.ts';
import { symbolRoutes } from '../routes/symbol-routes.ts';
import { tradeRoutes } from '../routes/trade-routes.ts';
import { readPageFiles } from './page-files.ts';
import { type StreamPace, streamPace, streamRoute } from './stream-route.ts';

export type ApiOptions = {
  readonly ports: ApiPorts;
  readonly access: AccessPolicy;
  /** Shown in /docs. */
  readonly version: string;
  /** Hears of each error that is our own fault: the caller is told nothing of its inside. */
  readonly onBug: BugListener;
  /** Hears of each request that changed something, with the status of its answer. Nothing of headers and bodies. */
  readonly onChanged?: (method: string, path: string, status: number) => void;
  readonly pace?: StreamPace | undefined;
};

/** Nothing that is sent here is larger; reads need no body at all. */
const MAX_BODY_BYTES = 64 * 1024;
/** A request that is not complete by then is dropped (slow senders). */
const REQUEST_TIMEOUT_MS = 30_000;

/** Builds the server with everything registered and ready. Close it with `close()`, which also ends open streams. */
export async function buildApi(options: ApiOptions): Promise<FastifyInstance> {
  const { ports, access, version, onBug, pace = streamPace } = options;
  const app = Fastify({
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    frameworkErrors: handleFrameworkError,
    clientErrorHandler: answerBrokenRequest,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (payload) => JSON.stringify(payload));
  installGuards(app, access, onBug);
  app.addHook('onResponse', ({ method, url }, { statusCode }, done) => {
    if (method !== 'GET' && method !== 'HEAD')
      options.onChanged?.(method, url.split('?')[0] ?? '', statusCode);
    done();
  });
  await addDocumentation(app, version);
  const hub = new LiveHub(ports);
  const typed = app.withTypeProvider<ZodTypeProvider>();
  await typed.register(tradeRoutes(ports));
  await typed.register(marketRoutes(ports));
  await typed.register(channelRoutes(ports));
  await typed.register(contextRoutes(ports));
  await typed.register(flowRoutes(ports));
  await typed.register(clusterRoutes(ports));
  await typed.register(figureRoutes(ports));
  await typed.register(gapRoutes(ports));
  await typed.register(auditRoutes(ports));
  await typed.register(healthRoutes(ports));
  await typed.register(debugRoutes(ports));
  await typed.register(metricsRoutes(ports, () => hub.counts));
  await typed.register(symbolRoutes(ports));
  await typed.register(strategyRoutes(ports));
  await typed.register(analysisRoutes(ports));
  await typed.register(streamRoute(ports, hub, pace));
  await app.register(pageRoutes(readPageFiles()));
  await app.ready();
  return app;
}

async function addDocumentation(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'towline',
        version,
        description:
          'What the runner knows. Errors are `{error: {code, message}}`; times are ISO 8601 in UTC; lists are bare arrays.',
      },
    },
    transform: jsonSchemaTransform,
  });
  // The badge of a validator on the internet would be the only thing that is fetched from elsewhere.
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { validatorUrl: null },
    theme: { title: 'towline API' },
  });
}

/** Bytes that are no HTTP get an answer in the same shape, once, and are hung up on. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason] = brokenRequests[error.code ?? ''] ?? [
    '400 Bad Request',
    'not a valid HTTP request',
  ];
  const body = JSON.stringify(errorBody('bad_request', reason));
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const brokenRequests: Readonly<Record<string, readonly [status: string, reason: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request did not come to its end in time'],
};
