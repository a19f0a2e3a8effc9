/** What an answer for a day means for asking again. Pure. */
import { type Span, without } from '../../shared/spans.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';
import type { KnownOfDay } from '../context/day/instrument-days.ts';
import { type AskAgain, uncovered } from './day-asks.ts';
import type { ToldDay } from './history-run.ts';

const MINUTE_MS = 60_000;

/** The minute that is not over: its candle comes last. */
export function stillIn(until: number | undefined): Span | undefined {
  if (until === undefined || until % MINUTE_MS === 0) return undefined;
  const from = until - (until % MINUTE_MS);
  return { from, to: from + MINUTE_MS };
}

/** Is every part of the day that has happened known, but for one that is on its way? */
export function isWhole(known: KnownOfDay, still: Span | undefined): boolean {
  const missing = uncovered(known);
  return (still === undefined ? missing : without(missing, [still])).length === 0;
}

/** When something better may come of a day that is told so. */
export function again(ranges: ToldDay['ranges'], exchange: UnixMs): AskAgain {
  const moments = ranges.flatMap(({ exactness, ask_again_at: at }) =>
    exactness === 'exact' || at === null ? [] : [at],
  );
  return moments.length === 0 ? 'never' : unixMs(Math.max(Math.min(...moments), exchange + MINUTE_MS));
}
