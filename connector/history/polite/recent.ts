/** The newest trades that the exchange still lists, and of which time that list is complete. */
import { ok, type Result } from '../../../shared/errors.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { Instrument } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import type { MarketRest } from '../../rest/market-rest.ts';
import type { Span } from '../store/spans.ts';

export type RecentTail = {
  /** In match order, the oldest first. */
  readonly rows: readonly TradeEvent[];
  /**
   * Every trade of this time is among the rows: not of the millisecond of the oldest, from which the list may have cut some off, nor of
   * that of the newest, in which more may follow. Undefined: of no time.
   */
  readonly span: Span | undefined;
  /** Rows that could not be read; with any of them the list proves nothing. */
  readonly bad: number;
};

export async function readRecentTail(
  rest: Pick<MarketRest, 'recentTrades'>,
  instrument: Instrument,
): Promise<Result<RecentTail>> {
  const answer = await rest.recentTrades(instrument);
  if (!answer.ok) return answer;
  const { rows, bad } = answer.value;
  const oldest = rows.at(0)?.timestamp ?? 0;
  const newest = rows.at(-1)?.timestamp ?? 0;
  const isComplete = bad === 0 && oldest + 1 < newest;
  return ok({ rows, bad, span: isComplete ? { from: unixMs(oldest + 1), to: unixMs(newest) } : undefined });
}
