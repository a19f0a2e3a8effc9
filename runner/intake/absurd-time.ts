/** Times that no market event can have: units mixed up, or a clock that is far off. */
import type { UnixMs } from '../../shared/time.ts';

/** More than this in our future cannot be the difference of two clocks that are kept. */
const FUTURE_MS = 10_000;
/** Bybit's first trades are of November 2018: nothing older can be a market event. */
const FIRST_DAY = Date.UTC(2018, 0, 1);

/** Is this time impossible as seen from our clock? */
export function isAbsurd(timestamp: number, nowMs: UnixMs): boolean {
  return timestamp > nowMs + FUTURE_MS || timestamp < FIRST_DAY;
}
