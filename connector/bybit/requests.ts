/**
 * What we send on a public socket: subscribe, unsubscribe, ping; and the limits of one socket.
 *
 * Limits (bybit-v5.md 2.4): spot takes 10 args a request and refuses more; linear and inverse state no number, and 50 were
 * seen to be taken; all args of one connection together may have 21,000 characters. A refused request on linear takes all of
 * its topics along, which is why it is not larger still.
 */
import type { Category } from '../../shared/market.ts';

export type SubscriptionOp = 'subscribe' | 'unsubscribe';

export type SocketLimits = {
  /** Most topics in one request. */
  readonly argsPerRequest: number;
  /** Most characters of all topics of one connection; below 21,000 since it is not documented whether quotes count. */
  readonly argsLength: number;
};

/** Of one public socket of each market. */
export const socketLimits: Readonly<Record<Category, SocketLimits>> = {
  spot: { argsPerRequest: 10, argsLength: 18_000 },
  linear: { argsPerRequest: 50, argsLength: 18_000 },
  inverse: { argsPerRequest: 50, argsLength: 18_000 },
};

export function subscriptionFrame(op: SubscriptionOp, requestId: string, args: readonly string[]): string {
  return JSON.stringify({ req_id: requestId, op, args });
}

/** A ping is a JSON text, not a protocol ping (bybit-v5.md 2.1). */
export function pingFrame(requestId: string): string {
  return JSON.stringify({ req_id: requestId, op: 'ping' });
}
