/** Sums of the minutes in which a span of stored trades begins or ends: a candle stands in for the rest of such a minute. */
import type { HistoryStore } from '../../io/history-store.ts';
import type { StoreResult } from '../../store/failures.ts';
import type { DayKey } from '../../store/paths.ts';
import { overlap, type Span } from '../../store/spans.ts';
import { type EdgeMinute, edgeMinutes, MINUTE_MS } from '../totals-events.ts';

export async function edgesOf(
  store: Pick<HistoryStore, 'dayTotals'>,
  key: DayKey,
  binSize: string,
  span: Span,
): Promise<StoreResult<readonly EdgeMinute[]>> {
  const edges: EdgeMinute[] = [];
  for (const start of edgeMinutes(span)) {
    const part = overlap(span, { from: start, to: start + MINUTE_MS });
    if (part === undefined) continue;
    const sums = await store.dayTotals(key, binSize, part);
    if (!sums.ok) return sums;
    edges.push({ start, volume: sums.value.volume, notional: sums.value.notional });
  }
  return { ok: true, value: edges };
}
