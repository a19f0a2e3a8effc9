/** Where the ledger is kept. */
import type { Result } from '../../shared/errors.ts';
import type { CoverageQuery, GapQuery, LedgerRemains, StoredGap } from './changes.ts';
import type { Coverage } from './coverage.ts';
import type { Write } from './write-queue.ts';

/** Nothing here may throw. */
export type LedgerStore = {
  readonly write: Write;
  readonly readLedger: (
    environment: string,
  ) => Result<LedgerRemains, string> | Promise<Result<LedgerRemains, string>>;
  readonly gapPage: (query: GapQuery) => Promise<Result<readonly StoredGap[], string>>;
  readonly coverage: (query: CoverageQuery) => Promise<Result<Coverage, string>>;
};

/** Keeps nothing: for a runner whose gaps need not outlive it. */
export const noLedgerStore: LedgerStore = {
  write: () => Promise.resolve({ ok: true, value: undefined }),
  readLedger: () => ({ ok: true, value: { gaps: [], followed: [], aliveUntil: null } }),
  gapPage: () => Promise.resolve({ ok: false, failure: 'there is no store' }),
  coverage: () => Promise.resolve({ ok: false, failure: 'there is no store' }),
};
