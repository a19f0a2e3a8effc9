/**
 * What a child told and nobody could read may have been a trade. The child believes that it was told, so nobody but a next one heals
 * it: a gap of each topic of trades that may be concerned begins at its last place, and ends with the next live trade.
 *
 * A child that prints garbage between its trades would open gaps without end. At the limit no more are opened for a while: `/health` names
 * such a child (check `lines`), and all that it told so is counted.
 */
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { GapEntries } from './gaps-entries.ts';
import { type Followed, type FollowedTopics, hasBegun } from './gaps-places.ts';

const MOST_TIMES = 20;
const WITHIN_MS: Millis = 60_000;

/** No child tells the end of this gap: the next live trade of any is one. */
const NO_CHILD = 0;

export class UnreadLines {
  #since: MonoMs | undefined;
  #times = 0;

  /** `line`: what could not be read, if it is there. Answers the gaps that begin. */
  miss(
    { entries, topics }: { readonly entries: GapEntries; readonly topics: FollowedTopics },
    line: string | undefined,
    nowMs: UnixMs,
    now: MonoMs,
  ): readonly GapEvent[] {
    const missed = [...topics.values()].filter((followed) => isMissed(followed, line));
    if (missed.length === 0 || !this.#mayOpen(now)) return [];
    return missed.map((followed) => entries.miss(followed, 'bad_frame', NO_CHILD, nowMs));
  }

  #mayOpen(now: MonoMs): boolean {
    if (this.#since === undefined || now - this.#since >= WITHIN_MS) {
      this.#since = now;
      this.#times = 0;
    }
    this.#times += 1;
    return this.#times <= MOST_TIMES;
  }
}

function isMissed(followed: Followed, line: string | undefined): boolean {
  const { topic, endless } = followed;
  if (topic.channel !== 'trades' || endless !== undefined || !hasBegun(followed)) return false;
  const symbol = said(line, 'symbol');
  const category = said(line, 'category');
  return (symbol ?? topic.symbol) === topic.symbol && (category ?? topic.category) === topic.category;
}

/** What the line says of this field, as far as it can be read. */
function said(line: string | undefined, field: 'symbol' | 'category'): string | undefined {
  return line?.match(new RegExp(`"${field}"\\s*:\\s*"([^"]*)"`))?.[1];
}
