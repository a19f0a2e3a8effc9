/** What an answer for a day means for asking again. Pure. */
import { type Span, without } from '../../shared/spans.ts';
import { type UnixMs, unixMs } from '../../shared/time.ts';
import type { KnownOfDay } from '../context/day/instrument-days.ts';
import { MINUTE_MS } from '../context/day/stand-in.ts';
import { type AskAgain, missingOf } from './day-asks.ts';
import type { ToldDay } from './history-run.ts';

/** What is asked of today: all that was before `until`, and candles of minutes after that. */
export type AskedToday = { readonly until: number; readonly candles: readonly Span[] };

/** The parts of today that are asked for. */
export function partsOf({ until, candles }: AskedToday): readonly Span[] {
  return [{ from: 0, to: until }, ...candles];
}

/** The same without the minute that was not over: its candle comes last. */
export function answeredParts(asked: AskedToday): readonly Span[] {
  const from = asked.until - (asked.until % MINUTE_MS);
  return without(partsOf(asked), from === asked.until ? [] : [{ from, to: from + MINUTE_MS }]);
}

/** Is all of these parts known? */
export function isWhole(known: KnownOfDay, parts: readonly Span[]): boolean {
  return missingOf(known, parts).length === 0;
}

/** When something better may come of a day that is told so. */
export function again(ranges: ToldDay['ranges'], exchange: UnixMs): AskAgain {
  const moments = ranges.flatMap(({ exactness, ask_again_at: at }) =>
    exactness === 'exact' || at === null ? [] : [at],
  );
  return moments.length === 0 ? 'never' : unixMs(Math.max(Math.min(...moments), exchange + MINUTE_MS));
}
