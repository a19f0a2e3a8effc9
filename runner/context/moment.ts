/**
 * What time it is at the exchange, for sums of days, from which nothing is taken back when it was wrong.
 *
 * A child may tell any time and any offset of its clock. Here it lies within dates that can be written. Under a replay a time that
 * is far ahead of our own clock is not believed, since nobody records what has not happened: nothing is proven then, and what our
 * clock says bounds what is taken. (Recordings of a simulated exchange may be some days ahead.)
 */
import { DAY_MS } from '../../shared/day-totals.ts';
import { type Millis, type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import type { ExchangeClock } from './exchange-clock.ts';

/** As far as we know it, and as far as it is proven: -Infinity while it is not at all. Whole ms. */
export type Moment = { readonly exchange: UnixMs; readonly proven: UnixMs };

const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(9999, 0, 1);
const RECORDED_AHEAD_MS: Millis = 31 * DAY_MS;

export function momentOf(clock: ExchangeClock, now: MonoMs, nowMs: UnixMs): Moment {
  const proven = clock.proven(now, nowMs);
  const isNone = !Number.isFinite(proven) || isMadeUp(clock, proven, nowMs);
  return {
    exchange: possibleNow(clock, nowMs),
    proven: isNone ? unixMs(Number.NEGATIVE_INFINITY) : writable(proven),
  };
}

/** The exchange's time as far as we know it. */
export function possibleNow(clock: ExchangeClock, nowMs: UnixMs): UnixMs {
  const told = clock.now(nowMs);
  return writable(isMadeUp(clock, told, nowMs) ? nowMs : told);
}

function isMadeUp({ kind }: ExchangeClock, time: number, nowMs: UnixMs): boolean {
  return kind === 'replay' && time > nowMs + RECORDED_AHEAD_MS;
}

/** The offset that a child measures is finer than a ms. */
function writable(time: number): UnixMs {
  return unixMs(Math.floor(Math.max(EARLIEST, Math.min(time, LATEST))));
}
