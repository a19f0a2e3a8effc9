/** What the runner's main thread and the thread of its store say to each other. */
import type { Failure } from '../../shared/errors.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { Death, DeathTally } from '../supervisor/deaths.ts';

/** Who holds a data folder; written to DATA_DIR/runner.json. */
export type RunnerIdentity = {
  readonly pid: number;
  readonly startedAt: UnixMs;
  readonly host: string;
  readonly port: number;
};

/** What the thread is started with. */
export type StoreInput = { readonly dataDir: string; readonly identity: RunnerIdentity };

export type StoreRequest =
  | { readonly kind: 'record_death'; readonly death: Death }
  | { readonly kind: 'death_tally'; readonly name: string }
  | { readonly kind: 'close' };

/** The first message of the thread. `warning`: the folder is ours, but nothing can be recorded at present. */
export type StoreOpened =
  | { readonly kind: 'opened'; readonly warning: string | null }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** One answer to each request, in the order of the requests. */
export type StoreAnswer =
  | { readonly kind: 'done'; readonly tally: DeathTally }
  | { readonly kind: 'failed'; readonly message: string };
