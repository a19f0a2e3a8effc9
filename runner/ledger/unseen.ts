/**
 * The time in which a topic was not seen, because of one gap.
 *
 * The ends of a gap are events, and between two trades hours may pass in which nothing was missing. So what counts is the time in which
 * the line could not see, where it is known (sight.ts). Of candles it is the candles that are missing.
 */
import type { Topic } from '../../shared/market.ts';
import { topicKey } from '../../shared/market.ts';
import type { StoredGap, UnseenSpan } from './changes.ts';
import { gapKey } from './gap-key.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** When the candle that starts then is over. */
export function candleEnd(start: number, interval: NonNullable<Topic['interval']>): number {
  switch (interval) {
    case 'D':
      return start + DAY_MS;
    case 'W':
      return start + 7 * DAY_MS;
    case 'M': {
      const first = new Date(start);
      return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, first.getUTCDate());
    }
    default:
      return start + Number(interval) * MINUTE_MS;
  }
}

/** What the gap takes from the coverage of its topic. A gap whose end nobody knows goes on (null). */
export function unseenOf(stored: StoredGap): UnseenSpan {
  const { gap, changedAt, unseen } = stored;
  const isEndless = gap.state === 'open' && gap.to === null;
  const isMissing = gap.state !== 'healed' || gap.healed_by === 'snapshot';
  const what = { key: gapKey(stored), topic: topicKey(gap), isMissing };
  if (unseen !== undefined) {
    const end = unseen.until ?? (isEndless ? null : changedAt);
    return { ...what, start: unseen.from, end };
  }
  const from = gap.from?.timestamp ?? gap.at;
  const isCandle = gap.channel === 'kline' && gap.from !== null;
  const start = isCandle ? candleEnd(from, gap.interval ?? '1') : from;
  return { ...what, start, end: gap.to?.timestamp ?? (isEndless ? null : changedAt) };
}
