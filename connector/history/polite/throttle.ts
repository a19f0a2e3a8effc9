/**
 * How hard the exchange is asked: refusals halve the number of requests under way and stretch the pauses, answers bring both back.
 *
 * An immutable value, so that it can be shown and reasoned about. Halving and adding one is what keeps TCP's senders fair to each
 * other; here it leaves room for the live connector at the same address.
 */

export type Throttle = {
  /** 1: as fast as allowed. Up to `most`: pauses are so many times as long. */
  readonly factor: number;
  /** Requests that may be under way. */
  readonly concurrency: number;
};

export type ThrottlePolicy = {
  readonly most: number;
  readonly rise: number;
  readonly fall: number;
};

export function freshThrottle(concurrency: number): Throttle {
  return { factor: 1, concurrency };
}

/** The exchange said "too often". */
export function refused({ factor, concurrency }: Throttle, policy: ThrottlePolicy): Throttle {
  return {
    factor: Math.min(policy.most, factor * policy.rise),
    concurrency: Math.max(1, Math.floor(concurrency / 2)),
  };
}

/** The exchange answered. `allowed` is how many requests may be under way at best. */
export function answered(
  { factor, concurrency }: Throttle,
  policy: ThrottlePolicy,
  allowed: number,
): Throttle {
  return {
    factor: Math.max(1, factor * policy.fall),
    concurrency: Math.min(allowed, concurrency + 1),
  };
}
