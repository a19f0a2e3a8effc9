/**
 * What an answer of Bybit's REST interface means for the question and for the next one (bybit-v5.md 6.2 to 6.4).
 *
 * Errors of the exchange come with HTTP 200 and a retCode; only what stands in front of it (gateway, content network, a proxy)
 * answers with another status, and then often with a page instead of JSON.
 */
import type { ErrorCode } from '../../shared/errors.ts';
import { pageText, refusalKind } from '../../shared/http-refusal.ts';
import { type Millis, type UnixMs, unixMs } from '../../shared/time.ts';
import type { Blame, HttpAnswer, Verdict } from '../rest/request.ts';
import { isRecord, isTime } from './values.ts';

/** Of the exchange's own words, in a message. */
const MAX_WORDS = 200;

export function readAnswer(answer: HttpAnswer): Verdict {
  if (answer.status !== 200) return httpRefusal(answer);
  const envelope = parseJson(answer.body);
  if (!isRecord(envelope) || typeof envelope['retCode'] !== 'number') return unreadable(answer.body);
  const { retCode, retMsg, result, time } = envelope;
  if (retCode !== 0) return refusedByCode(retCode, words(retMsg), resetAfterMs(answer, time));
  if (!isTime(time)) return unreadable(answer.body);
  const { sentAt, receivedAt, tookMs } = answer;
  return {
    kind: 'answered',
    answer: { result, exchangeAt: unixMs(time), sentAt, receivedAt, tookMs },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** HTTP 200, and yet not the exchange: a page of the network in between, or half an answer. */
function unreadable(body: string): Verdict {
  const said = pageText(body, 100);
  return failed(
    'answer_bad',
    `the answer is not the exchange's: ${said === '' ? 'it is empty' : said}`,
    outage,
  );
}

const outage: Blame = { kind: 'outage' };
const address: Blame = { kind: 'address' };
const request: Blame = { kind: 'request' };

function failed(code: ErrorCode, message: string, blame: Blame): Verdict & { readonly kind: 'failed' } {
  return { kind: 'failed', failure: { code, message }, blame };
}

/** What was asked for, where its address is set. */
export type AskedOf = 'BYBIT_REST_BASE_URL' | 'BYBIT_ARCHIVE_BASE_URL';

/**
 * An answer of HTTP that holds nothing of what was asked for, also one that stands for a file.
 *
 * Every 403 shuts this address out, whatever its words: one that is a ban in other words would be made longer by each request,
 * and where a country or a firewall is the cause asking more often helps nobody.
 */
export function httpRefusal(
  answer: HttpAnswer,
  askedOf: AskedOf = 'BYBIT_REST_BASE_URL',
): Verdict & { readonly kind: 'failed' } {
  const { status, body, headers } = answer;
  const said = pageText(body, MAX_WORDS);
  const told = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  switch (refusalKind(status, body, headers['server'] ?? '')) {
    case 'too_frequent':
      return failed('ip_banned', `HTTP 403, "access too frequent": this address is shut out`, address);
    case 'country':
    case 'content_network':
      return failed('region_blocked', told, address);
    case 'forbidden':
      return failed('request_failed', told, address);
    case 'proxy_login':
      return failed(
        'request_failed',
        'HTTP 407: the proxy wants a user name and a password; put them into HTTPS_PROXY',
        outage,
      );
    case 'rate_limited':
      return failed('rate_limited', told, { kind: 'endpoint', waitMs: resetAfterMs(answer, undefined) });
    case 'not_found':
      return failed('request_refused', `${told}; check ${askedOf}`, request);
    case 'server_error':
      return failed('request_failed', told, outage);
    case 'redirect':
      return failed('request_failed', `${told}; the address leads elsewhere: check ${askedOf}`, request);
    case 'other':
      // Without good headers of a key, where one is needed (bybit-v5.md 6.2).
      return failed(status === 401 ? 'auth_rejected' : 'request_refused', told, request);
  }
}

/** The table of bybit-v5.md 6.4, as far as public questions can meet it, and what refuses a key. */
function refusedByCode(code: number, said: string, resetMs: Millis | undefined): Verdict {
  const message = `retCode ${code}${said === '' ? '' : `: ${said}`}`;
  switch (code) {
    case 429:
    case 10006:
    case 10429:
      return failed('rate_limited', message, { kind: 'endpoint', waitMs: resetMs });
    case 10018:
    case 10403:
      return failed('ip_banned', message, address);
    case 10009:
    case 10024:
      return failed('region_blocked', message, address);
    case 10000:
    case 10002:
    case 10016:
    case 10019:
      return failed('request_failed', message, outage);
    case -2015:
    case 10003:
    case 10004:
    case 10005:
    case 10007:
    case 10008:
    case 10010:
    case 33004:
      return failed('auth_rejected', message, request);
    default:
      return failed('request_refused', message, request);
  }
}

/**
 * How long until X-Bapi-Limit-Reset-Timestamp (ms of the exchange's clock), reckoned from the time in the same answer, so that
 * our own clock does not matter; undefined when it is not there or has passed, as it is on public endpoints.
 */
function resetAfterMs({ headers, receivedAt }: HttpAnswer, time: unknown): Millis | undefined {
  const reset = Number(headers['x-bapi-limit-reset-timestamp'] ?? '');
  const now: UnixMs = unixMs(isTime(time) ? time : receivedAt / 1_000);
  return isTime(reset) && reset > now ? reset - now : undefined;
}

function words(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, MAX_WORDS) : '';
}
