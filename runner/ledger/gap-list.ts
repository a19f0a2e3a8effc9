/** The list of gaps as it is asked for: filtered, newest first, page by page, what is stored and what is not yet. */
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { GapFilter, GapPosition, GapQuery, StoredGap } from './changes.ts';
import { gapKey } from './gap-key.ts';
import type { LedgerStore } from './ledger-store.ts';

export type GapPage = {
  readonly rows: readonly GapEvent[];
  /** Where the next page goes on; null when this is the last one. */
  readonly next: GapPosition | null;
  /** The store cannot be read: what earlier runs left behind is not among them. */
  readonly isPart: boolean;
};

export type GapSources = {
  readonly store: Pick<LedgerStore, 'gapPage'>;
  /** Whose gaps they are; undefined until the ledger is read. */
  readonly environment: string | undefined;
  /** Nothing is stored, so that nothing can be lacking. */
  readonly isReplay: boolean;
  readonly unwritten: readonly StoredGap[];
  /** What this run knows. */
  readonly inMemory: () => readonly StoredGap[];
};

/** Gaps of all runs. When the store cannot be read: those of this run. */
export async function readPage(
  { store, environment, isReplay, unwritten, inMemory }: GapSources,
  query: Omit<GapQuery, 'environment'>,
): Promise<GapPage> {
  // Some of what is stored may be told as what is not written yet.
  const limit = query.limit + unwritten.length + 1;
  const stored =
    environment === undefined ? undefined : await store.gapPage({ ...query, environment, limit });
  if (stored?.ok !== true) return pageOf(inMemory(), query, !isReplay);
  return pageOf(withUnwritten(stored.value, unwritten), query);
}

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
function withUnwritten(stored: readonly StoredGap[], unwritten: readonly StoredGap[]): readonly StoredGap[] {
  const newer = new Set(unwritten.map(gapKey));
  return [...stored.filter((row) => !newer.has(gapKey(row))), ...unwritten];
}

/** One page of these gaps. */
export function pageOf(
  gaps: readonly StoredGap[],
  { limit, after, ...filter }: Omit<GapQuery, 'environment'>,
  isPart = false,
): GapPage {
  const wanted = gaps
    .filter((stored) => matches(stored, filter) && (after === null || compare(positionOf(stored), after) > 0))
    .toSorted((a, b) => compare(positionOf(a), positionOf(b)));
  const shown = wanted.slice(0, limit);
  const last = shown.at(-1);
  const next = wanted.length > limit && last !== undefined ? positionOf(last) : null;
  return { rows: shown.map(({ gap }) => gap), next, isPart };
}

function positionOf({ gap }: StoredGap): GapPosition {
  return { openedAt: gap.at, id: gap.gap_id };
}

/** Newest first. */
function compare(a: GapPosition, b: GapPosition): number {
  if (a.openedAt !== b.openedAt) return b.openedAt - a.openedAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
