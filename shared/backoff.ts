/**
 * Full-jitter exponential backoff as an immutable value: no hidden counter, so it can be kept in a state and resumed.
 *
 * The wait before try k is drawn evenly from [0, min(cap, base * 2^k)], which spreads a herd of reconnecting clients best
 * (Marc Brooker, "Exponential Backoff And Jitter", 2015). A floor keeps a crash loop from spinning.
 */
import type { Millis, Random } from './time.ts';

export type BackoffPolicy = {
  /** Upper bound of the first wait. */
  readonly baseMs: Millis;
  /** No wait is longer. */
  readonly capMs: Millis;
  /** No wait is shorter. */
  readonly floorMs: Millis;
};

/** How long to wait before the next try, when `failures` tries in a row have failed (0 = the first retry). */
export function backoffDelay(failures: number, policy: BackoffPolicy, random: Random): Millis {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(failures, 30));
  return Math.max(policy.floorMs, Math.round(random() * ceiling));
}
