/**
 * The time in which a topic was not seen, because of one gap.
 *
 * The ends of a gap are events, and between two trades hours may pass in which nothing was missing. So what counts is the time in which
 * the line could not see, where it is known (sight.ts). Of candles it is the candles that are missing.
 */
import type { Topic } from '../../shared/market.ts';
import { topicKey } from '../../shared/market.ts';
import { unixMs } from '../../shared/time.ts';
import type { StoredGap, Unseen, UnseenSpan, UnseenTime } from './changes.ts';
import { gapKey } from './gap-key.ts';

/** Of one gap, beside the last one. A socket that comes and goes may lose a thin topic again and again before its next event. */
const MAX_EARLIER = 20;
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
    const { earlier } = unseen;
    return { ...what, start: unseen.from, end, ...(earlier === undefined ? {} : { earlier }) };
  }
  const from = gap.from?.timestamp ?? gap.at;
  const isCandle = gap.channel === 'kline' && gap.from !== null;
  const start = isCandle ? candleEnd(from, gap.interval ?? '1') : from;
  return { ...what, start, end: gap.to?.timestamp ?? (isEndless ? null : changedAt) };
}

/**
 * The line saw again and is lost once more: `since` is its last sign of life. What lay between was seen, so another time begins; where
 * nothing lay between it is still the same one.
 */
export function unseenAgain({ until, ...unseen }: Unseen, since: number): Unseen {
  if (until === null || since <= until) return { ...unseen, until: null };
  const earlier = bounded([...(unseen.earlier ?? []), { from: unseen.from, until }]);
  return { from: unixMs(since), until: null, earlier };
}

/** Past the limit the two that lie nearest to each other are one: the time is too long then, not too short. */
function bounded(times: readonly UnseenTime[]): readonly UnseenTime[] {
  if (times.length <= MAX_EARLIER) return times;
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  times.forEach(({ from }, index) => {
    const before = times[index - 1];
    if (before === undefined || from - before.until >= least) return;
    least = from - before.until;
    nearest = index;
  });
  return times.flatMap((time, index) => {
    const next = times[index + 1];
    if (index === nearest) return [];
    return index + 1 === nearest && next !== undefined ? [{ from: time.from, until: next.until }] : [time];
  });
}
