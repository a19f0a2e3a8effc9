/**
 * Bybit's public REST: the envelope, the limits and the refusals around the market endpoints (market-endpoints.ts).
 *
 * Business errors come with HTTP 200 and a retCode; only the gateway answers otherwise (403 for a banned address or a
 * GET with a body, 404 for an unknown path), and it does not speak JSON. Numbers travel as strings, `time` and `seq` of
 * a trade too. Sources: bybit-v5.md 6.2, 6.3, 6.5; the texts of the 10001 errors that the sheet does not quote are
 * recalled from public issue threads or made up in their manner.
 */

import type { Exchange } from '../exchange.ts';
import type { Moment } from '../moment.ts';
import type { Outcome } from './market-endpoints.ts';
import { ENDPOINTS } from './market-endpoints.ts';
import { RequestLimit } from './request-limit.ts';

/** An HTTP request as far as it matters here. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly address: string;
  readonly body: string;
}

/** What is to be answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the answer takes, ms; at once when undefined. */
  readonly delayMs?: number;
  /** The connection ends after these bytes, though more were announced. */
  readonly cutAfter?: number;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const TEXT_HEADERS = { 'content-type': 'text/plain; charset=utf-8' };
const RATE_LIMIT_WAIT_MS = 1000;
/** Texts of the codes that the fault sheet names (bybit-v5.md 6.4). */
const RET_MESSAGES: Readonly<Record<number, string>> = {
  10000: 'Server Timeout',
  10001: 'params error',
  10016: 'Internal error',
};

/** The REST side of an exchange; it remembers who asked how often. */
export class Rest {
  readonly counts = { requests: 0, refused: 0 };
  private readonly exchange: Exchange;
  private readonly limit: RequestLimit;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.limit = new RequestLimit(exchange.options.timeScale);
  }

  answer(request: HttpRequest, clock: Moment): HttpAnswer {
    this.counts.requests += 1;
    const now = this.exchange.ownTime(clock);
    const answer = this.spoil(request.path, this.decide(request, now), now);
    const delayMs = this.exchange.faults.restDelay(request.path);
    return delayMs === 0 ? answer : { ...answer, delayMs };
  }

  /** The faults `rest_error` and `rest_truncated`; what was refused anyway stays as it is. */
  private spoil(path: string, answer: HttpAnswer, now: Moment): HttpAnswer {
    const { faults } = this.exchange;
    if (faults.isEmpty || answer.status !== 200) return answer;
    const error = faults.takeRest('rest_error', path);
    if (error?.kind === 'rest_error') {
      this.counts.refused += 1;
      if (error.http_status !== undefined) return gatewayError(error.http_status);
      return retCode(error.ret_code ?? 10_000, now.unix);
    }
    const truncated = faults.takeRest('rest_truncated', path);
    if (truncated?.kind !== 'rest_truncated') return answer;
    const half = Math.floor(answer.body.length / 2);
    return truncated.cut ? { ...answer, cutAfter: half } : { ...answer, body: answer.body.slice(0, half) };
  }

  private decide(request: HttpRequest, now: Moment): HttpAnswer {
    const { faults } = this.exchange;
    const isAdmitted = this.limit.admit(request.address, now.mono);
    if (!isAdmitted || faults.isBanned || (request.method === 'GET' && request.body !== '')) {
      this.counts.refused += 1;
      return { status: 403, headers: TEXT_HEADERS, body: '403, access too frequent' };
    }
    const endpoint = request.method === 'GET' ? ENDPOINTS[request.path] : undefined;
    if (endpoint === undefined) return { status: 404, headers: TEXT_HEADERS, body: '404 page not found' };
    if (faults.takeRateLimit()) {
      this.counts.refused += 1;
      return rateLimited(now.unix);
    }
    const outcome = endpoint(this.exchange, request.query, now);
    return { status: 200, headers: JSON_HEADERS, body: envelope(outcome, now.unix) };
  }
}

function envelope({ code, message, result }: Outcome, unixMs: number): string {
  return `{"retCode":${code},"retMsg":${JSON.stringify(message)},"result":${result},"retExtInfo":{},"time":${unixMs}}`;
}

/** Gateways answer with a page, not with JSON (bybit-v5.md 6.2). */
function gatewayError(status: number): HttpAnswer {
  const page = `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`;
  return { status, headers: { 'content-type': 'text/html' }, body: page };
}

function retCode(code: number, unixMs: number): HttpAnswer {
  if (code === 10_006) return rateLimited(unixMs);
  const message = RET_MESSAGES[code] ?? 'Server error';
  return { status: 200, headers: JSON_HEADERS, body: envelope({ code, message, result: '{}' }, unixMs) };
}

function rateLimited(unixMs: number): HttpAnswer {
  const headers = {
    ...JSON_HEADERS,
    'X-Bapi-Limit': '50',
    'X-Bapi-Limit-Status': '0',
    'X-Bapi-Limit-Reset-Timestamp': String(unixMs + RATE_LIMIT_WAIT_MS),
  };
  return {
    status: 200,
    headers,
    body: envelope({ code: 10006, message: 'Too many visits!', result: '{}' }, unixMs),
  };
}
