/**
 * Signed requests: is this our key, is it now, and does the signature fit the very characters that were sent?
 *
 * Only GET /v5/user/query-api is answered, so that a client can learn what its key may do. Rules: bybit-v5.md 6.1; the texts
 * of the refusals are recalled from public issue threads, and which fault is named first when there are several is assumed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../exchange.ts';
import type { Moment } from '../moment.ts';
import type { Outcome } from './market-endpoints.ts';
import type { HttpRequest } from './rest.ts';

/** What a key may do, as query-api tells it. `readOnly` is 1 when it may only read. */
export interface KeyInfo {
  readonly readOnly: 0 | 1;
  readonly permissions: Readonly<Record<string, readonly string[]>>;
  readonly ips: readonly string[];
}

/** A key that may read and nothing else, from everywhere. */
export const READ_ONLY_KEY: KeyInfo = {
  readOnly: 1,
  permissions: {
    ContractTrade: [],
    Spot: [],
    Wallet: [],
    Options: [],
    Derivatives: [],
    CopyTrading: [],
    Exchange: [],
    Earn: [],
  },
  ips: ['*'],
};

const RECV_WINDOW = '5000';
/** A request may be so far ahead of the server's clock, ms; this is the first that is too far. */
const AHEAD_MS = 1000;
const DAY_MS = 86_400_000;
const KEY_DAYS = 90;

/** The paths that need a signature. */
export function needsSignature(path: string): boolean {
  return path === '/v5/user/query-api';
}

/** Whose request it is when it is in order, otherwise its refusal; 'no key' when the headers of a key are missing. */
export function judgeSigned(
  request: HttpRequest,
  known: ApiKey | undefined,
  now: Moment,
): ApiKey | Outcome | 'no key' {
  const header = (name: string): string | undefined => {
    const value = request.headers?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const key = header('x-bapi-api-key');
  const time = header('x-bapi-timestamp');
  const signature = header('x-bapi-sign');
  const window = header('x-bapi-recv-window') ?? RECV_WINDOW;
  if (key === undefined || time === undefined || signature === undefined) return 'no key';
  if (known === undefined || key !== known.key) return refused(10_003, 'API key is invalid.');
  const at = Number(time);
  const isNow = now.unix - Number(window) <= at && at < now.unix + AHEAD_MS;
  if (!/^\d{13}$/.test(time) || !isNow) {
    const times = `req_timestamp[${time}],server_timestamp[${now.unix}],recv_window[${window}]`;
    return refused(
      10_002,
      `invalid request, please check your server timestamp or recv_window param. ${times}`,
    );
  }
  const signed = `${time}${key}${window}${request.rawQuery ?? ''}`;
  const wanted = createHmac('sha256', known.secret).update(signed).digest('hex');
  const isRight =
    signature.length === wanted.length && timingSafeEqual(Buffer.from(signature), Buffer.from(wanted));
  return isRight ? known : refused(10_004, `error sign! origin_string[${signed}]`);
}

/** What GET /v5/user/query-api says (bybit-v5.md 6.7). A key without a bound address expires. */
export function keyOutcome({ key }: ApiKey, { readOnly, permissions, ips }: KeyInfo, now: Moment): Outcome {
  const day = now.unix - (now.unix % DAY_MS);
  const isBound = !ips.includes('*');
  const text = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
  const result = {
    id: '13770661',
    note: 'simulated',
    apiKey: key,
    readOnly,
    secret: '',
    permissions,
    ips,
    type: 1,
    deadlineDay: isBound ? -2 : KEY_DAYS,
    expiredAt: isBound ? '1970-01-01T00:00:00Z' : text(day + KEY_DAYS * DAY_MS),
    createdAt: text(day),
    unified: 0,
    uta: 1,
    userID: 24_617_703,
    inviterID: 0,
    vipLevel: 'No VIP',
    mktMakerLevel: '0',
    affiliateID: 0,
    rsaPublicKey: '',
    isMaster: true,
    parentUid: '0',
    kycLevel: 'LEVEL_DEFAULT',
    kycRegion: '',
  };
  return { code: 0, message: '', result: JSON.stringify(result) };
}

function refused(code: number, message: string): Outcome {
  return { code, message, result: '{}' };
}
