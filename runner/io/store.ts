/**
 * What the runner remembers across its own lives, in DATA_DIR: the ledger of gaps and the deaths of its children.
 *
 * All work is done by a thread of its own (store-worker.ts), which also holds the lock of the folder. A failure is an answer
 * here, never thrown; it is counted and logged. Who writes keeps what failed and tries again (ledger/write-queue.ts).
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { CoverageQuery, GapQuery, WriteBatch } from '../ledger/changes.ts';
import type { LedgerStore } from '../ledger/gap-ledger.ts';
import type { DeathTally } from '../supervisor/deaths.ts';
import type {
  RunnerIdentity,
  StoreAnswer,
  StoreIn,
  StoreInput,
  StoreKind,
  StoreMessage,
  StoreOpened,
  StoreResult,
} from './store-messages.ts';
import { StoreRequests } from './store-requests.ts';

/** Requests that may wait for a slow disk; more are refused and counted. */
const MAX_WAITING = 1_000;
/** How long closing may take until the thread is ended by force. */
const CLOSE_WITHIN_MS = 5_000;

export type Store = LedgerStore & {
  /** Deaths by cause of the child of this name, over all lives of the runner; empty when they cannot be read. */
  readonly deathTally: (name: string) => Promise<DeathTally>;
  /** Requests that failed. */
  readonly failures: () => number;
  /** Waits for what was recorded, then gives the folder free. */
  readonly close: () => Promise<void>;
};

/** Takes the folder for us alone. Fails when another runner has it, when it cannot be written, or its database is damaged. */
export async function openStore(
  dataDir: string,
  identity: RunnerIdentity,
  log: Logger,
): Promise<Result<Store>> {
  const input: StoreInput = { dataDir, identity };
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { workerData: input });
  let opened: StoreOpened;
  try {
    [opened] = (await once(worker, 'message')) as [StoreOpened];
  } catch (error) {
    return fail('bug', `the thread of the store could not start: ${String(error)}`);
  }
  if (opened.kind === 'refused') return { ok: false, failure: opened.failure };
  if (opened.warning !== null) log.error({ event: 'store_degraded' }, opened.warning);
  else log.debug({ event: 'store_opened', ...opened.pragmas }, 'the ledger is open');
  return ok(new StoreClient(worker, log));
}

class StoreClient implements Store {
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #requests = new StoreRequests();
  readonly #ended: Promise<void>;
  #failures = 0;
  #logged: string | undefined;
  #closing = false;
  #lost = false;

  constructor(worker: Worker, log: Logger) {
    this.#worker = worker;
    this.#log = log;
    worker.on('message', (answer: StoreAnswer) => {
      this.#requests.answer(answer);
      if (this.#requests.size === 0 && !this.#closing) worker.unref();
    });
    worker.on('error', (error) => this.#lose(String(error)));
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        if (!this.#closing) this.#lose('its thread ended');
        resolve();
      });
    });
    // The store alone is no reason to go on living; an answer that somebody waits for is.
    worker.unref();
  }

  readonly write = (batch: WriteBatch) => this.#ask('write', batch);
  readonly readLedger = (environment: string) => this.#ask('read_ledger', environment);
  readonly gapPage = (query: GapQuery) => this.#ask('gap_page', query);
  readonly coverage = (query: CoverageQuery) => this.#ask('coverage', query);

  readonly deathTally = async (name: string): Promise<DeathTally> => {
    const tally = await this.#ask('death_tally', name);
    return tally.ok ? tally.value : {};
  };

  readonly failures = (): number => this.#failures;

  readonly close = async (): Promise<void> => {
    if (this.#lost) return;
    this.#worker.ref();
    if (!this.#closing) this.#worker.postMessage({ kind: 'close' } satisfies StoreMessage);
    this.#closing = true;
    const force = setTimeout(() => void this.#worker.terminate(), CLOSE_WITHIN_MS);
    await this.#ended;
    clearTimeout(force);
  };

  async #ask<K extends StoreKind>(kind: K, input: StoreIn<K>): Promise<StoreResult<K>> {
    if (this.#lost || this.#closing) return this.#failed(kind, 'the store is closed');
    if (this.#requests.size >= MAX_WAITING) return this.#failed(kind, 'too many requests wait for the disk');
    this.#worker.ref();
    const { request, result } = this.#requests.open(kind, input);
    this.#worker.postMessage(request);
    const answered = await result;
    if (!answered.ok) return this.#failed(kind, answered.failure);
    this.#logged = undefined;
    return answered;
  }

  #failed(kind: StoreKind, message: string): Result<never, string> {
    this.#failures += 1;
    // What failed is tried again each second: the log needs each cause once.
    if (message !== this.#logged) this.#logFailure(kind, message);
    this.#logged = message;
    return { ok: false, failure: message };
  }

  #logFailure(kind: StoreKind, message: string): void {
    this.#log.error({ event: 'store_failed', request: kind, failures: this.#failures }, message);
  }

  #lose(message: string): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#log.error(
      { event: 'store_lost' },
      `nothing is recorded any more, and DATA_DIR is not locked: ${message}`,
    );
    this.#requests.failAll(message);
  }
}
