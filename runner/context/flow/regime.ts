/**
 * Does the market move away from where it traded, or around it: TREND or RANGE, from the levels and sums of the day.
 *
 * The weights are those of the system that the users of this number know. Each part lies between 0 and 1:
 *   near           1 where VWAP and POC are equal, 0 from 1 % between them
 *   delta          |buying - selling| / volume
 *   concentration  the share of the three largest price bins in the volume
 *   session        0.6 in london, 0.4 in overlap, else 0
 * A part that is not known is not guessed: without delta (a day that was filled up with candles has none) or without trades there is
 * no regime, and the answer names what is missing.
 */

import type { Session } from '../day/sessions.ts';

/** Of the score for a trend: trading goes one way, VWAP has left the POC, volume is spread. They add up to 1. */
export const TREND_DELTA_WEIGHT = 0.5;
export const TREND_DISTANCE_WEIGHT = 0.3;
export const TREND_SPREAD_WEIGHT = 0.2;
/** Of the score for a range: VWAP near the POC, volume in few bins, a session. With the largest session weight at most 0.92. */
export const RANGE_NEAR_WEIGHT = 0.4;
export const RANGE_CONCENTRATION_WEIGHT = 0.4;
export const RANGE_SESSION_WEIGHT = 0.2;
/** What a session counts. */
export const SESSION_WEIGHTS: Readonly<Record<Session, number>> = { london: 0.6, overlap: 0.4, off: 0 };
/** `near` is 1 less this times |VWAP - POC| / POC. */
export const DISTANCE_FACTOR = 100;
/** Bins that count as the concentration. */
export const CONCENTRATION_BINS = 3;
/** A trend must beat the range by this much. The facts name a threshold without a number: 0.1 keeps near-ties a range. */
export const TREND_THRESHOLD = 0.1;

/** Null is what is not known. */
export type RegimeInputs = {
  readonly vwap: number | null;
  readonly poc: number | null;
  /** Buying less selling of the day. */
  readonly delta: number | null;
  readonly volume: number | null;
  /** Volume of the largest bins of the day, the largest first; at least three, or all there are. */
  readonly largestBins: readonly number[] | null;
  readonly session: Session;
};

export type RegimeParts = {
  readonly near: number;
  readonly delta: number;
  readonly concentration: number;
  readonly session: number;
};

export type RegimeView =
  | {
      readonly regime: 'TREND' | 'RANGE';
      readonly trend_score: number;
      readonly range_score: number;
      readonly threshold: number;
      readonly parts: RegimeParts;
      readonly session: Session;
      readonly missing: readonly [];
    }
  | {
      readonly regime: null;
      readonly trend_score: null;
      readonly range_score: null;
      readonly threshold: number;
      readonly parts: null;
      readonly session: Session;
      /** Names of what is not known, at least one. */
      readonly missing: readonly string[];
    };

export function regimeOf(inputs: RegimeInputs, threshold = TREND_THRESHOLD): RegimeView {
  const { vwap, poc, delta, volume, largestBins, session } = inputs;
  if (vwap === null || poc === null || delta === null || !isSome(volume) || !isSome(largestBins?.[0]))
    return {
      regime: null,
      trend_score: null,
      range_score: null,
      threshold,
      parts: null,
      session,
      missing: missingOf(inputs),
    };
  const concentrated = (largestBins ?? []).slice(0, CONCENTRATION_BINS).reduce((sum, bin) => sum + bin, 0);
  const parts: RegimeParts = {
    near: Math.max(0, 1 - (DISTANCE_FACTOR * Math.abs(vwap - poc)) / poc),
    delta: Math.abs(delta) / volume,
    concentration: Math.min(1, concentrated / volume),
    session: SESSION_WEIGHTS[session],
  };
  const trend = trendScore(parts);
  const range = rangeScore(parts);
  return {
    regime: trend > range + threshold ? 'TREND' : 'RANGE',
    trend_score: trend,
    range_score: range,
    threshold,
    parts,
    session,
    missing: [],
  };
}

export function trendScore({ near, delta, concentration }: RegimeParts): number {
  return (
    TREND_DELTA_WEIGHT * delta +
    TREND_DISTANCE_WEIGHT * (1 - near) +
    TREND_SPREAD_WEIGHT * (1 - concentration)
  );
}

export function rangeScore({ near, concentration, session }: RegimeParts): number {
  return (
    RANGE_NEAR_WEIGHT * near + RANGE_CONCENTRATION_WEIGHT * concentration + RANGE_SESSION_WEIGHT * session
  );
}

/** Sums of a day are known from its first trade on. */
function isSome(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && value > 0;
}

function missingOf({ vwap, poc, delta, volume, largestBins }: RegimeInputs): readonly string[] {
  const known = {
    vwap: vwap !== null,
    poc: poc !== null,
    delta: delta !== null,
    volume: isSome(volume),
    profile: isSome(largestBins?.[0]),
  };
  return Object.entries(known).flatMap(([name, isKnown]) => (isKnown ? [] : [name]));
}
