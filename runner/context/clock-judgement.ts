/**
 * Is this machine's clock near enough to the exchange's? One judgement, with the same limits and words, for /health and the doctor.
 *
 * Bybit refuses a signed request whose time is 1,000 ms or more ahead of its own clock, and one that looks older than recv_window
 * (5,000 ms as a rule); bybit-v5.md 6.1. So the alarm comes well before either. Only what is certain is an alarm: a distance that
 * was measured by a round trip is known to half of it. Where that is so much that a clock could pass for near and be refused all the
 * same, nothing can be said, and that is said.
 */
import type { Policy } from '../../shared/policy.ts';
import type { Millis } from '../../shared/time.ts';

export type ClockDistance = {
  /** Our clock minus the exchange's; positive: ours is ahead. */
  readonly offsetMs: Millis;
  /** The true one lies within this, either way; null: it was not measured by round trips, and is only the most that it can be. */
  readonly errorMs: Millis | null;
};

export type ClockLimits = Pick<Policy['clock'], 'aheadLimitMs' | 'behindLimitMs' | 'refusedAheadMs'>;

export type ClockJudgement = {
  /** `unsure`: the distance is not known well enough to tell. */
  readonly kind: 'near' | 'ahead' | 'behind' | 'unsure';
  readonly words: string;
};

export function judgeClock(distance: ClockDistance, limits: ClockLimits): ClockJudgement {
  const { offsetMs, errorMs } = distance;
  if (errorMs === null) return judgeBound(offsetMs, limits);
  const { aheadLimitMs, behindLimitMs, refusedAheadMs } = limits;
  const side = offsetMs >= 0 ? 'ahead of' : 'behind';
  const words = `this machine's clock is ${whole(offsetMs)} ms ${side} the exchange's (known to ${Math.ceil(errorMs)} ms)`;
  if (offsetMs - errorMs > aheadLimitMs) return { kind: 'ahead', words };
  if (offsetMs + errorMs < -behindLimitMs) return { kind: 'behind', words };
  // No alarm means at most the limit plus the error, and the truth lies within the error of that.
  if (aheadLimitMs + 2 * errorMs > refusedAheadMs)
    return {
      kind: 'unsure',
      words: `${words}: the exchange's answers take too long to tell whether that is too much`,
    };
  return { kind: 'near', words };
}

/** What the times of frames say: ours is ahead by this at most, since the way of the fastest frame is in it. */
function judgeBound(mostMs: Millis, { behindLimitMs, refusedAheadMs }: ClockLimits): ClockJudgement {
  const by = `${whole(mostMs)} ms`;
  if (mostMs < 0)
    return {
      kind: mostMs < -behindLimitMs ? 'behind' : 'near',
      words: `this machine's clock is at least ${by} behind the exchange's`,
    };
  return {
    kind: mostMs > refusedAheadMs ? 'ahead' : 'near',
    words: `this machine's clock is up to ${by} ahead of the exchange's, or every frame takes that long to come`,
  };
}

function whole(ms: Millis): number {
  return Math.round(Math.abs(ms));
}
