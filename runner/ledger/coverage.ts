/**
 * How much of a stretch of time was seen, topic by topic: pure arithmetic over intervals.
 *
 * Live is what was followed and lies in no gap. Covered is live and what was healed afterwards; a snapshot makes a book right
 * again but does not bring back what happened meanwhile, so what it healed is not covered.
 */
import { type Topic, topicKey } from '../../shared/market.ts';
import type { CoverageFacts, UnseenSpan } from './changes.ts';

type Interval = { readonly start: number; readonly end: number };

export type Share = {
  readonly followedMs: number;
  /** Percent of what was followed, 0 to 100; null when nothing was followed. */
  readonly livePercent: number | null;
  readonly percent: number | null;
};
export type TopicCoverage = Share & { readonly topic: Topic };
export type Coverage = {
  /** False: the ledger cannot be read, so that nothing is known. */
  readonly known: boolean;
  readonly topics: readonly TopicCoverage[];
  readonly total: Share;
};

export const unknownCoverage: Coverage = {
  known: false,
  topics: [],
  total: { followedMs: 0, livePercent: null, percent: null },
};

/** Of `start` up to `end` (not included), as far as it is past at `now`. Topics come in the order of their names. */
export function coverageOf(facts: CoverageFacts, start: number, end: number, now: number): Coverage {
  const window = { start, end: Math.min(end, now) };
  const topics = new Map<string, { topic: Topic; spans: Interval[]; gaps: UnseenSpan[] }>();
  for (const { topic, since, until } of facts.spans) {
    const entry = topics.get(topicKey(topic)) ?? { topic, spans: [], gaps: [] };
    entry.spans.push({ start: since, end: until ?? Number.POSITIVE_INFINITY });
    topics.set(topicKey(topic), entry);
  }
  for (const gap of facts.gaps) topics.get(gap.topic)?.gaps.push(gap);
  const sums = [...topics.values()].flatMap(({ topic, spans, gaps }) => {
    const followed = within(spans, [window]);
    if (length(followed) === 0) return [];
    const unseen = within(gaps.flatMap(intervalsOf), followed);
    const missing = within(gaps.filter(({ isMissing }) => isMissing).flatMap(intervalsOf), followed);
    return [{ topic, followed: length(followed), unseen: length(unseen), missing: length(missing) }];
  });
  const add = (of: 'followed' | 'unseen' | 'missing'): number =>
    sums.reduce((sum, each) => sum + each[of], 0);
  return {
    known: true,
    topics: sums
      .map(({ topic, followed, unseen, missing }) => ({ topic, ...share(followed, unseen, missing) }))
      .toSorted((a, b) => (topicKey(a.topic) < topicKey(b.topic) ? -1 : 1)),
    total: share(add('followed'), add('unseen'), add('missing')),
  };
}

function intervalsOf({ start, end, earlier = [] }: UnseenSpan): readonly Interval[] {
  const before = earlier.map(({ from, until }) => ({ start: from, end: until }));
  return [...before, { start, end: end ?? Number.POSITIVE_INFINITY }];
}

function share(followedMs: number, unseen: number, missing: number): Share {
  if (followedMs === 0) return { followedMs, livePercent: null, percent: null };
  const percentWithout = (lost: number): number => (100 * (followedMs - lost)) / followedMs;
  return { followedMs, livePercent: percentWithout(unseen), percent: percentWithout(missing) };
}

/** The parts of `intervals` that lie in one of `others` (which do not overlap), each moment once. */
function within(intervals: readonly Interval[], others: readonly Interval[]): readonly Interval[] {
  return union(intervals).flatMap((one) =>
    others
      .map((other) => ({ start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) }))
      .filter(({ start, end }) => start < end),
  );
}

/** The same moments in intervals that do not overlap, in order. */
function union(intervals: readonly Interval[]): readonly Interval[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of intervals.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

function length(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + (end - start), 0);
}
