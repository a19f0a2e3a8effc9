/**
 * Is a stream of book updates whole? Watches update ids; holds no levels.
 *
 * A snapshot always resets (the exchange sends one when something went wrong on its side, and u = 1 after a restart). Deltas
 * must count up by one: not promised by the documentation for 50, 200 and 1000 levels, but without a single exception in
 * long captures (bybit-v5.md 3.2). A jump means that an update is missing: the book is broken until the next snapshot.
 */
import type { Matrix } from '../../../shared/state-table.ts';

export type BookSyncState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'live'; readonly lastUpdateId: number }
  | { readonly kind: 'broken' };

export const bookSyncTable: Matrix<BookSyncState['kind'], 'snapshot' | 'delta' | 'disconnected'> = {
  empty: { snapshot: ['live'], delta: 'ignore', disconnected: 'ignore' },
  live: { snapshot: ['live'], delta: ['live', 'broken'], disconnected: ['empty'] },
  broken: { snapshot: ['live'], delta: 'ignore', disconnected: ['empty'] },
};

/** What to do with an update. */
export type BookVerdict = 'pass' | 'drop_duplicate' | 'drop_waiting' | 'break';

export type BookSyncStep = { readonly next: BookSyncState; readonly verdict: BookVerdict };

export const emptyBook: BookSyncState = { kind: 'empty' };

/** Judges one book frame by its action and update id. `isLater`: the matching engine did it after the last one that passed. */
export function stepBookSync(
  state: BookSyncState,
  action: 'snapshot' | 'delta',
  updateId: number,
  isLater = false,
): BookSyncStep {
  if (action === 'snapshot') return { next: { kind: 'live', lastUpdateId: updateId }, verdict: 'pass' };
  if (state.kind !== 'live') return { next: state, verdict: 'drop_waiting' };
  if (updateId === state.lastUpdateId + 1)
    return { next: { kind: 'live', lastUpdateId: updateId }, verdict: 'pass' };
  // A restart whose snapshot we did not get begins to count anew. An update that is old has an old time, too.
  const isRestart = updateId === 1 || isLater;
  if (updateId <= state.lastUpdateId && !isRestart) return { next: state, verdict: 'drop_duplicate' };
  return { next: { kind: 'broken' }, verdict: 'break' };
}
