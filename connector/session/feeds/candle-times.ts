/** When candles begin: the next one, the one before, and those in between. All times are UTC, in ms. */
import type { Interval } from '../../../shared/market.ts';
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';

const MINUTE: Millis = 60_000;
const DAY: Millis = 1_440 * MINUTE;

/** The length of a candle; undefined for months, which differ. */
function lengthOf(interval: Interval): Millis | undefined {
  switch (interval) {
    case 'D':
      return DAY;
    case 'W':
      return 7 * DAY;
    case 'M':
      return undefined;
    default:
      return Number(interval) * MINUTE;
  }
}

/** The start of the candle that follows (`steps` 1) or precedes (-1) the one that starts at `start`. */
export function neighbourStart(interval: Interval, start: number, steps: 1 | -1): UnixMs {
  const length = lengthOf(interval);
  if (length !== undefined) return unixMs(start + steps * length);
  const month = new Date(start);
  return unixMs(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + steps, 1));
}

/** Monday, 5 January 1970: weeks begin on Mondays. */
const FIRST_WEEK: Millis = 4 * DAY;

/** The start of the candle that holds this moment. */
export function candleStart(interval: Interval, at: number): UnixMs {
  const length = lengthOf(interval);
  if (length === undefined) {
    const month = new Date(at);
    return unixMs(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 1));
  }
  const origin = interval === 'W' ? FIRST_WEEK : 0;
  return unixMs(at - ((at - origin) % length));
}

/**
 * The starts of the candles strictly between the one that starts at `from` and the one that starts at `to`, oldest first;
 * undefined when there are more than `most`.
 */
export function missingKlines(
  interval: Interval,
  from: number,
  to: number,
  most: number,
): readonly UnixMs[] | undefined {
  const starts: UnixMs[] = [];
  for (
    let start = neighbourStart(interval, from, 1);
    start < to;
    start = neighbourStart(interval, start, 1)
  ) {
    if (starts.length === most) return undefined;
    starts.push(start);
  }
  return starts;
}
