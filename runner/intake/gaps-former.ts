/**
 * What an earlier run of the runner left behind becomes part of the list of gaps. It may be known only after the first events of this
 * run, when the disk was slow or nobody knew the environment: then those are where it ends.
 */
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { UnixMs } from '../../shared/time.ts';
import { type GapEntries, isEndless, offer } from './gaps-entries.ts';
import {
  boundOf,
  type Followed,
  type FollowedTopics,
  type GapEntry,
  isAfter,
  isOwedOnceGranted,
  newerPlace,
  outcomeOf,
} from './gaps-places.ts';
import type { ToldGaps } from './gaps-told.ts';
import type { FormerRun } from './gaps-types.ts';

export type GapLists = {
  readonly entries: GapEntries;
  readonly topics: FollowedTopics;
  readonly told: ToldGaps;
};

/** Answers the gaps that changed by it. */
export function adoptFormer(lists: GapLists, { gaps, followed, aliveUntil }: FormerRun): readonly GapEvent[] {
  const { entries, topics } = lists;
  const changed: GapEvent[] = [];
  const goingOn = new Set<Followed>();
  for (const gap of gaps) {
    const entry = entries.takeUp(gap);
    const own = topics.find(gap);
    // The end of a gap was seen, also when the row that says how far was written before it.
    if (own !== undefined) own.earlier = newerPlace(own.earlier, gap.to);
    if (own === undefined && isEndless(gap)) changed.push(entries.replace(entry, { ...gap, state: 'lost' }));
    if (own === undefined) continue;
    offer(own, entry);
    if (!isEndless(gap)) continue;
    changed.push(...goOn(lists, own, entry));
    goingOn.add(own);
  }
  for (const { topic, since, place } of followed) {
    const own = topics.find(topic);
    if (own === undefined) continue;
    own.earlier = newerPlace(own.earlier, place);
    if (since !== undefined && isOwedOnceGranted(topic)) own.owedSince = since;
    // What that run was owed and did not see lies before all that this one knows.
    if (place === null) own.beginsAfter = undefined;
    if (!goingOn.has(own)) changed.push(...missBetween(entries, own, aliveUntil));
  }
  return changed;
}

/** A gap of an earlier run has no end yet. */
function goOn({ entries, told }: GapLists, own: Followed, entry: GapEntry): readonly GapEvent[] {
  const { first, endless } = own;
  const { gap } = entry;
  if (first !== undefined)
    return [entries.replace(entry, { ...gap, to: boundOf(first), ...outcomeOf(first, gap.from) })];
  const changed: GapEvent[] = [];
  if (endless !== undefined) {
    // What is missing meanwhile lies in the older one.
    told.absorb(endless, entry);
    changed.push(entries.replace(endless, { ...endless.gap, state: 'lost' }));
  }
  own.endless = entry;
  return changed;
}

/** What lies between the last place of an earlier run and the first event of this one, which may be still to come. */
function missBetween(entries: GapEntries, own: Followed, aliveUntil: UnixMs): readonly GapEvent[] {
  const { first, endless, earlier } = own;
  if (first === undefined && endless === undefined)
    return [entries.miss(own, 'runner_stopped', 0, aliveUntil)];
  if (first === undefined)
    return endless === undefined || endless.gap.from !== null || earlier === undefined
      ? []
      : [entries.replace(endless, { ...endless.gap, from: earlier })];
  const to = boundOf(first);
  // The child began with what was seen before.
  if (earlier !== undefined && !isAfter(to, earlier)) return [];
  const ends = { from: earlier ?? null, to, ...outcomeOf(first, earlier) };
  return [entries.miss(own, 'runner_stopped', 0, aliveUntil, ends)];
}
