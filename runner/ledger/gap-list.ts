/** The list of gaps as it is asked for: filtered, newest first, page by page, what is stored and what is not yet. */
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { GapFilter, GapPosition, GapQuery, StoredGap } from './changes.ts';
import { gapKey } from './gap-key.ts';

export type GapPage = {
  readonly rows: readonly GapEvent[];
  /** Where the next page goes on; null when this is the last one. */
  readonly next: GapPosition | null;
};

/** When a gap began and ended, as far as is known: one that has no end goes on while it is open. */
export function extentOf({ gap, changedAt }: StoredGap): { readonly start: number; readonly end: number } {
  const start = gap.from?.timestamp ?? gap.at;
  const end = gap.to?.timestamp ?? (gap.state === 'open' ? Number.POSITIVE_INFINITY : changedAt);
  return { start, end };
}

export function matches(stored: StoredGap, filter: GapFilter): boolean {
  const { gap } = stored;
  const { start, end } = extentOf(stored);
  return (
    (filter.state === undefined || gap.state === filter.state) &&
    (filter.channel === undefined || gap.channel === filter.channel) &&
    (filter.category === undefined || gap.category === filter.category) &&
    (filter.symbol === undefined || gap.symbol === filter.symbol) &&
    (filter.from === undefined || end >= filter.from) &&
    (filter.to === undefined || start <= filter.to)
  );
}

/** `stored` with the newer states of `unwritten` in the place of the old. */
export function withUnwritten(
  stored: readonly StoredGap[],
  unwritten: readonly StoredGap[],
): readonly StoredGap[] {
  const newer = new Set(unwritten.map(gapKey));
  return [...stored.filter((row) => !newer.has(gapKey(row))), ...unwritten];
}

/** One page of these gaps. */
export function pageOf(
  gaps: readonly StoredGap[],
  { limit, after, ...filter }: Omit<GapQuery, 'environment'>,
): GapPage {
  const wanted = gaps
    .filter((stored) => matches(stored, filter) && (after === null || compare(positionOf(stored), after) > 0))
    .toSorted((a, b) => compare(positionOf(a), positionOf(b)));
  const shown = wanted.slice(0, limit);
  const last = shown.at(-1);
  const next = wanted.length > limit && last !== undefined ? positionOf(last) : null;
  return { rows: shown.map(({ gap }) => gap), next };
}

function positionOf({ gap }: StoredGap): GapPosition {
  return { openedAt: gap.at, id: gap.gap_id };
}

/** Newest first. */
function compare(a: GapPosition, b: GapPosition): number {
  if (a.openedAt !== b.openedAt) return b.openedAt - a.openedAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
