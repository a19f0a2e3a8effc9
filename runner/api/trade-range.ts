/** One page of a time range out of a tape in memory. Pure; the tape is read lazily, newest first. */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { TapePage, TapePosition, TapeRange } from '../context/tape.ts';

/**
 * The rows of `newestFirst` with start <= timestamp <= end that are older than `after`, at most `limit`.
 *
 * When the row of `after` has left the tape meanwhile, all that is left of its millisecond is newer, and is not repeated.
 */
export function pageOfTape(newestFirst: Iterable<TradeEvent>, query: TapeRange): TapePage {
  const rows: TradeEvent[] = [];
  let passed = query.after === null;
  for (const trade of newestFirst) {
    if (trade.timestamp < query.start) break;
    if (trade.timestamp > query.end) continue;
    if (!passed && query.after !== null) {
      if (trade.id === query.after.id) passed = true;
      if (trade.timestamp >= query.after.timestamp) continue;
      passed = true;
    }
    if (rows.length === query.limit) return { rows, next: positionOf(rows.at(-1)) };
    rows.push(trade);
  }
  return { rows, next: null };
}

function positionOf(trade: TradeEvent | undefined): TapePosition | null {
  return trade === undefined ? null : { timestamp: trade.timestamp, seq: trade.seq ?? null, id: trade.id };
}
