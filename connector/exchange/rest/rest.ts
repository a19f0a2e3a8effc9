/**
 * Bybit's public REST: the envelope, the limits and the refusals around the market endpoints (market-endpoints.ts).
 *
 * Business errors come with HTTP 200 and a retCode; only the gateway answers otherwise (403 for a banned address or a
 * GET with a body, 404 for an unknown path), and it does not speak JSON. Numbers travel as strings, `time` and `seq` of
 * a trade too. Sources: bybit-v5.md 6.2, 6.3, 6.5; the texts of the 10001 errors that the sheet does not quote are
 * recalled from public issue threads or made up in their manner.
 */

import type { Exchange } from '../exchange.ts';
import { RESET_MS } from '../faults/fault-board.ts';
import type { Moment } from '../moment.ts';
import { drain } from '../past/market-past.ts';
import { kline } from './kline.ts';
import type { Outcome } from './market-endpoints.ts';
import { ENDPOINTS } from './market-endpoints.ts';
import { RequestLimit } from './request-limit.ts';
import { judgeSigned, keyOutcome, needsSignature } from './signed.ts';

/** An HTTP request as far as it matters here. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly address: string;
  readonly body: string;
  /** What stands behind the "?" in the very characters that were sent. */
  readonly rawQuery?: string;
  /** In lower case, as Node gives them. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
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
  /** The cut is a reset instead of an end. */
  readonly isReset?: boolean;
  /** How fast the body comes; as fast as it can when undefined. */
  readonly bytesPerSecond?: number;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const TEXT_HEADERS = { 'content-type': 'text/plain; charset=utf-8' };
/** Texts of the codes that the fault sheet names (bybit-v5.md 6.4). */
const RET_MESSAGES: Readonly<Record<number, string>> = {
  10000: 'Server Timeout',
  10001: 'params error',
  10005: 'Permission denied, please check your API key permissions.',
  10010: "Unmatched IP, please check your API key's bound IP addresses.",
  10016: 'Internal error',
  10018: 'Exceeded the IP Rate Limit.',
  10429: 'System level frequency protection',
  33004: 'Your api key has expired.',
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
    return drain(this.answerSlowly(request, clock));
  }

  /** The same a little at a time, for a server that has other things to do; the answer is of the moment of asking. */
  *answerSlowly(request: HttpRequest, clock: Moment): Generator<void, HttpAnswer> {
    this.counts.requests += 1;
    const now = this.exchange.ownTime(clock);
    const decided = yield* this.decide(request, now);
    const answer = this.spoil(request.path, decided, now);
    const { faults } = this.exchange;
    if (faults.isEmpty) return answer;
    const delayMs = faults.restDelay(request.path);
    const bytesPerSecond = faults.restSpeed(request.path);
    return {
      ...answer,
      ...(delayMs === 0 ? {} : { delayMs }),
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    };
  }

  /** The faults that spoil answers; what was refused anyway stays as it is. */
  private spoil(path: string, answer: HttpAnswer, now: Moment): HttpAnswer {
    const { faults } = this.exchange;
    if (faults.isEmpty || answer.status !== 200) return answer;
    const error = faults.takeRest('rest_error', path);
    if (error !== undefined) {
      this.counts.refused += 1;
      if (error.http_status !== undefined) return gatewayError(error.http_status);
      return retCode(error.ret_code ?? 10_000, now.unix, error.reset_ms ?? RESET_MS);
    }
    const half = Math.floor(answer.body.length / 2);
    if (faults.takeRest('rest_reset', path) !== undefined)
      return { ...answer, cutAfter: half, isReset: true };
    const truncated = faults.takeRest('rest_truncated', path);
    if (truncated === undefined) return answer;
    return truncated.cut ? { ...answer, cutAfter: half } : { ...answer, body: answer.body.slice(0, half) };
  }

  private *decide(request: HttpRequest, now: Moment): Generator<void, HttpAnswer> {
    const { faults } = this.exchange;
    const isAdmitted = this.limit.admit(request.address, now.mono);
    if (!isAdmitted || faults.isBanned || (request.method === 'GET' && request.body !== '')) {
      this.counts.refused += 1;
      if (faults.bansEverything) return gatewayError(403);
      return { status: 403, headers: TEXT_HEADERS, body: '403, access too frequent' };
    }
    const isKline = request.method === 'GET' && request.path === '/v5/market/kline';
    const endpoint = request.method === 'GET' ? ENDPOINTS[request.path] : undefined;
    const isSigned = request.method === 'GET' && needsSignature(request.path);
    if (endpoint === undefined && !isKline && !isSigned)
      return { status: 404, headers: TEXT_HEADERS, body: '404 page not found' };
    const resetMs = faults.takeRateLimit();
    if (resetMs !== undefined) {
      this.counts.refused += 1;
      return limited(10_006, now.unix, resetMs);
    }
    if (isSigned) return this.signed(request, now);
    const outcome =
      endpoint === undefined
        ? yield* kline(this.exchange, request.query, now)
        : endpoint(this.exchange, request.query, now);
    return { status: 200, headers: JSON_HEADERS, body: envelope(outcome, now.unix) };
  }

  /** Without the headers of a key the gateway refuses; with a wrong one the answer says what is wrong. */
  private signed(request: HttpRequest, now: Moment): HttpAnswer {
    const judged = judgeSigned(request, this.exchange.options.apiKey, now);
    if (judged === 'no key') {
      this.counts.refused += 1;
      return { status: 401, headers: TEXT_HEADERS, body: '401, the headers of a key are missing' };
    }
    const outcome = 'code' in judged ? judged : keyOutcome(judged, this.exchange.keyInfo, now);
    const headers = {
      ...JSON_HEADERS,
      'X-Bapi-Limit': KEY_QUOTA,
      'X-Bapi-Limit-Status': String(Number(KEY_QUOTA) - 1),
      'X-Bapi-Limit-Reset-Timestamp': String(now.unix),
    };
    return { status: 200, headers, body: envelope(outcome, now.unix) };
  }
}

const KEY_QUOTA = '10';

function envelope({ code, message, result }: Outcome, unixMs: number): string {
  return `{"retCode":${code},"retMsg":${JSON.stringify(message)},"result":${result},"retExtInfo":{},"time":${unixMs}}`;
}

/** Gateways answer with a page, not with JSON (bybit-v5.md 6.2). */
export function gatewayError(status: number): HttpAnswer {
  const page = `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`;
  return { status, headers: { 'content-type': 'text/html' }, body: page };
}

function retCode(code: number, unixMs: number, resetMs: number): HttpAnswer {
  if (code === 10_006 || code === 10_429) return limited(code, unixMs, resetMs);
  const message = RET_MESSAGES[code] ?? 'Server error';
  return { status: 200, headers: JSON_HEADERS, body: envelope({ code, message, result: '{}' }, unixMs) };
}

/** More is allowed in `resetMs`, and the header says when that is. */
function limited(code: number, unixMs: number, resetMs: number): HttpAnswer {
  const headers = {
    ...JSON_HEADERS,
    'X-Bapi-Limit': '50',
    'X-Bapi-Limit-Status': '0',
    'X-Bapi-Limit-Reset-Timestamp': String(unixMs + resetMs),
  };
  const message = code === 10_006 ? 'Too many visits!' : (RET_MESSAGES[code] ?? '');
  return { status: 200, headers, body: envelope({ code, message, result: '{}' }, unixMs) };
}
