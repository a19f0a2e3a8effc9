/** What a gap is called in the ledger. */
import type { StoredGap } from './changes.ts';

/** Names a gap among those of all runs. */
export function gapKey({ run, gap }: Pick<StoredGap, 'run' | 'gap'>): string {
  return `${run} ${gap.gap_id}`;
}
