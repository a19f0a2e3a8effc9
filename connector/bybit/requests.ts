/**
 * What we send on a public socket: subscribe, unsubscribe, ping; and how many topics one request may carry.
 *
 * Limits (bybit-v5.md 2.4): spot takes 10 args a request; linear and inverse state no number; all args of one connection
 * together may have 21,000 characters. We keep to 10 everywhere: a refused request then costs little to send again.
 */
import type { Category } from '../../shared/market.ts';

export type SubscriptionOp = 'subscribe' | 'unsubscribe';

/** Most topics in one request. */
export const ARGS_PER_REQUEST: Readonly<Record<Category, number>> = { spot: 10, linear: 10, inverse: 10 };

/** Most characters of all topics of one connection; below 21,000 since it is not documented whether quotes count. */
export const ARGS_LENGTH_PER_CONNECTION = 18_000;

export function subscriptionFrame(op: SubscriptionOp, requestId: string, args: readonly string[]): string {
  return JSON.stringify({ req_id: requestId, op, args });
}

/** A ping is a JSON text, not a protocol ping (bybit-v5.md 2.1). */
export function pingFrame(requestId: string): string {
  return JSON.stringify({ req_id: requestId, op: 'ping' });
}
