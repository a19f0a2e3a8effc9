/**
 * A ticker as it may be shown: the last whole one together with whether it is true now.
 *
 * It is valid when it came over the present connection of the present child, and its topic flows.
 */
import type { TickerEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';

export type TickerView = Instrument & {
  readonly valid: boolean;
  /** Why it is not valid. */
  readonly reason: string | null;
  /** The last one that was told; null before the first. */
  readonly ticker: TickerEvent | null;
};

/** `distrust` says why the topic or its connection is not to be believed; `isCurrent`: something came since the connection was made. */
export function tickerView(
  { category, symbol }: Instrument,
  ticker: TickerEvent | undefined,
  isCurrent: boolean,
  distrust: string | undefined,
): TickerView {
  const missing = isCurrent ? null : 'no ticker yet over the present connection';
  const reason = distrust ?? missing;
  return { category, symbol, valid: reason === null && ticker !== undefined, reason, ticker: ticker ?? null };
}
