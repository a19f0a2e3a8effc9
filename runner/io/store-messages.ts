/** What the runner's main thread and the thread of its store say to each other. */
import type { Failure, Result } from '../../shared/errors.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { CoverageQuery, GapQuery, LedgerRemains, StoredGap, WriteBatch } from '../ledger/changes.ts';
import type { Coverage } from '../ledger/coverage.ts';
import type { DeathTally } from '../supervisor/deaths.ts';

/** Who holds a data folder; written to DATA_DIR/runner.json. */
export type RunnerIdentity = {
  readonly pid: number;
  readonly startedAt: UnixMs;
  readonly host: string;
  readonly port: number;
};

/** What the thread is started with. */
export type StoreInput = { readonly dataDir: string; readonly identity: RunnerIdentity };

/** What the store can be asked for: what goes in, and what comes out when it did not fail. */
type StoreCalls = {
  readonly write: { readonly in: WriteBatch; readonly out: undefined };
  /** In: the environment. */
  readonly read_ledger: { readonly in: string; readonly out: LedgerRemains };
  readonly gap_page: { readonly in: GapQuery; readonly out: readonly StoredGap[] };
  readonly coverage: { readonly in: CoverageQuery; readonly out: Coverage };
  /** In: the name of the child. */
  readonly death_tally: { readonly in: string; readonly out: DeathTally };
};

export type StoreKind = keyof StoreCalls;
export type StoreIn<K extends StoreKind> = StoreCalls[K]['in'];
export type StoreOut<K extends StoreKind> = StoreCalls[K]['out'];

/** One request. Its number comes back with the answer. */
export type StoreRequest<K extends StoreKind = StoreKind> = {
  readonly [P in K]: { readonly kind: P; readonly id: number; readonly input: StoreIn<P> };
}[K];

/** What the thread is told. */
export type StoreMessage = StoreRequest | { readonly kind: 'close' };

/** What came of a request of this kind, or in words why it failed. */
export type StoreResult<K extends StoreKind = StoreKind> = Result<StoreOut<K>, string>;

/** One answer to each request; `id` is the number of the request. */
export type StoreAnswer = { readonly id: number; readonly result: StoreResult };

/** How the database is written: `synchronous` is 2 (FULL) where each commit waits for the disk. */
export type StorePragmas = { readonly journalMode: string; readonly synchronous: number };

/** The first message of the thread. `warning`: the folder is ours, but nothing can be recorded at present. */
export type StoreOpened =
  | { readonly kind: 'opened'; readonly warning: string | null; readonly pragmas?: StorePragmas }
  | { readonly kind: 'refused'; readonly failure: Failure };
