/** What a run tells of its ranges, as events of the line protocol (shared/events/history-events.ts). */
import type { HistoryRangeEvent } from '../../../shared/events/history-events.ts';
import type { DayOutcome, RangeOutcome } from './outcome.ts';

/** @param state - `planned`: nothing was done */
export function rangeEvents(
  days: readonly DayOutcome[],
  state: 'planned' | 'done',
): readonly HistoryRangeEvent[] {
  return days.flatMap((day) => day.ranges.map((range) => rangeEvent(day, range, state)));
}

export function rangeEvent(
  day: DayOutcome,
  { from, to, source, exactness, reason, isArchive, askAgainAt, failure }: RangeOutcome,
  state: 'planned' | 'done',
): HistoryRangeEvent {
  const { category, symbol, date } = day;
  return {
    type: 'history_range',
    ...{ category, symbol, date, from, to, source, exactness, reason },
    state: failure === undefined ? state : 'failed',
    is_archive: isArchive,
    rows: day.rows ?? null,
    ask_again_at: askAgainAt ?? null,
    ...(failure === undefined ? {} : { code: failure.code, error: failure.message.slice(0, 4_000) }),
  };
}
