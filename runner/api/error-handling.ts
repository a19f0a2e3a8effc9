/**
 * Every refusal in one shape: `{error: {code, message}}`, for validation, unknown paths, wrong methods, bad URLs and bugs.
 *
 * Also the hooks that run before each request: access, empty or repeated parameters, security headers.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type AccessPolicy, judgeAccess } from './access.ts';
import { ApiError, apiErrorCodes, errorBody } from './api-error.ts';

/** Nothing from elsewhere, no inline scripts, no frames; the page's own files are served from here. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

/** What was thrown, and the path and query of the request that met it. */
export type BugListener = (error: unknown, url: string) => void;

/** Installs hooks and handlers on the root instance; they hold for all routes and for unknown paths. */
export function installGuards(app: FastifyInstance, policy: AccessPolicy, onBug: BugListener): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders);
    const refusal = judgeAccess(accessRequest(request), policy);
    if (refusal !== null) return done(new ApiError(refusal.code, refusal.message));
    // Said before a body is read: whatever it holds, there is nobody to take it.
    done(request.is404 ? unknownPath(app, request) : undefined);
  });
  app.addHook('preValidation', (request, _reply, done) => done(emptyOrRepeated(request.query)));
  app.setErrorHandler((error, request, reply) => handleError(error, request, reply, onBug));
  app.setNotFoundHandler((request) => {
    throw unknownPath(app, request);
  });
}

function unknownPath(app: FastifyInstance, request: FastifyRequest): ApiError {
  const path = pathOf(request);
  const allowed = methodsOf(app, path);
  return allowed.length > 0
    ? new ApiError('method_not_allowed', `${path} answers ${allowed.join(', ')}, not ${request.method}`)
    : new ApiError('not_found', `there is no ${JSON.stringify(path.slice(0, 200))}; see /docs`);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? '/';
}

function methodsOf(app: FastifyInstance, path: string): readonly string[] {
  const methods = (['GET', 'POST', 'DELETE'] as const).filter((method) =>
    app.hasRoute({ method, url: path }),
  );
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

/** For faults before routing, for example a URL that cannot be decoded. */
export function handleFrameworkError(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply
    .headers(securityHeaders)
    .code(error.statusCode ?? 400)
    .send(errorBody('bad_request', error.message));
}

function handleError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  onBug: BugListener,
): FastifyReply {
  if (error instanceof ApiError) {
    if (error.code === 'token_required') reply.header('www-authenticate', 'Bearer');
    if (error.code === 'method_not_allowed')
      reply.header('allow', methodsOf(request.server, pathOf(request)).join(', '));
    return reply.code(error.statusCode).send(errorBody(error.code, error.message));
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const message = error.validation
      .slice(0, 5)
      .map(({ instancePath, message }) => describeIssue(instancePath.slice(1), message ?? '', request.query))
      .join('; ');
    return reply.code(400).send(errorBody('invalid_parameter', message));
  }
  const status = statusOf(error);
  if (status !== null && status < 500) {
    const said = error instanceof Error ? error.message : '';
    return reply.code(status).send(errorBody('bad_request', bodyFaults[status] ?? said));
  }
  onBug(error, request.url);
  return reply.code(apiErrorCodes.bug).send(errorBody('bug', 'an error of ours; the log has the details'));
}

/** What is wrong with a body before it is looked at, where the framework's own words do not say what to do. */
const bodyFaults: Readonly<Record<number, string>> = {
  413: 'the body is too long: 64 KiB are allowed',
  415: 'the body must be JSON, sent with content-type: application/json',
};

function describeIssue(field: string, message: string, query: unknown): string {
  if (field === '') return message;
  const given =
    typeof query === 'object' && query !== null
      ? Object.entries(query).find(([key]) => key === field)?.[1]
      : undefined;
  return given === undefined
    ? `${field}: ${message}`
    : `${field}: ${message}, not ${JSON.stringify(given).slice(0, 100)}`;
}

/** An empty or doubled parameter says nothing that we could act on without guessing. */
function emptyOrRepeated(query: unknown): ApiError | undefined {
  if (typeof query !== 'object' || query === null) return undefined;
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) return new ApiError('invalid_parameter', `${name}: must be given once`);
    if (typeof value === 'string' && value.trim() === '')
      return new ApiError('invalid_parameter', `${name}: must not be empty`);
  }
  return undefined;
}

function accessRequest(request: FastifyRequest): Parameters<typeof judgeAccess>[0] {
  const { headers } = request;
  return {
    method: request.method,
    host: headers.host,
    origin: headers.origin,
    authorization: headers.authorization,
    remoteAddress: request.socket.remoteAddress,
    isForwarded: headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined,
  };
}

function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return null;
  return typeof error.statusCode === 'number' && error.statusCode >= 400 ? error.statusCode : null;
}
