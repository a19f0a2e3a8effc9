/** After a failure: is the question put again, and when? Pure: what has passed and randomness are arguments. */
import { type BackoffPolicy, backoffDelay } from '../../shared/backoff.ts';
import type { Millis, Random } from '../../shared/time.ts';
import type { Blame } from './request.ts';

export type RetryPolicy = {
  readonly tries: number;
  readonly backoff: BackoffPolicy;
  readonly giveUpAfterMs: Millis;
};

/** How far one question has come. */
export type Attempted = {
  readonly request: { readonly once?: boolean | undefined };
  /** Requests that were really sent. */
  readonly sent: number;
  /** Since the question was put. */
  readonly elapsedMs: Millis;
  readonly blame: Blame;
  /** So long the gate stays shut for it. */
  readonly shutForMs: Millis;
};

/**
 * How long to wait before the next try; undefined: give up. Only what passes by itself is tried again: not a wrong question, not
 * a shut-out of the address, nothing that was to be asked once. A shut endpoint is waited for, with a jitter behind it, so that
 * everybody who waits does not come in the same millisecond.
 */
export function nextTry(attempted: Attempted, policy: RetryPolicy, random: Random): Millis | undefined {
  const { request, sent, elapsedMs, blame, shutForMs } = attempted;
  if (request.once === true || blame.kind === 'request' || blame.kind === 'address') return undefined;
  if (sent >= policy.tries) return undefined;
  const wait = shutForMs + backoffDelay(Math.max(0, sent - 1), policy.backoff, random);
  return elapsedMs + wait > policy.giveUpAfterMs ? undefined : wait;
}
