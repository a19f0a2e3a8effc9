/**
 * The headers of a signed GET (bybit-v5.md 6.1): exactly the query that is sent is what is signed.
 *
 * Pure: the moment is an argument. The exchange refuses one that is a second ahead of its clock, but takes one that is as old as the
 * window says, so whoever calls reckons with its clock and stays a little behind.
 */
import { createHmac } from 'node:crypto';
import type { Millis, UnixMs } from '../../shared/time.ts';

export type ApiKey = { readonly key: string; readonly secret: string };

/** How old a signed request may be on its arrival; sent along, and part of what is signed. */
const RECEIVE_WINDOW: Millis = 5_000;

/** `query` is what stands behind the `?`, as it goes out. */
export function signedHeaders(
  { key, secret }: ApiKey,
  query: string,
  at: UnixMs,
): Readonly<Record<string, string>> {
  const stamp = String(Math.floor(at));
  const window = String(RECEIVE_WINDOW);
  return {
    'X-BAPI-API-KEY': key,
    'X-BAPI-TIMESTAMP': stamp,
    'X-BAPI-RECV-WINDOW': window,
    'X-BAPI-SIGN': createHmac('sha256', secret).update(`${stamp}${key}${window}${query}`).digest('hex'),
  };
}
