/**
 * Where days are made: one writer a symbol's folder, one database at a time, and everything that was half made is cleared.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { failureOf, type StoreErrorCode, type StoreResult } from '../store/failures.ts';
import { type FolderKey, partialName, symbolFolder } from '../store/paths.ts';
import { Database } from './database.ts';
import { clearLeftovers, DayJudge } from './day-file.ts';
import { lockFolder } from './lock.ts';

export type StoreOptions = {
  /** BACKFILL_CACHE_DIR. Made when it is not there. */
  readonly root: string;
  readonly unixMs: () => number;
  /** For reading. */
  readonly threads?: number;
  /** For making day files; the child is nice, so it takes what others leave. */
  readonly writingThreads?: number;
  /** Buffers of one database, of which there are two at most: one that writes and one that reads. */
  readonly memoryMb?: number;
  /** How long a writer waits for another process that writes the same symbol. */
  readonly lockWaitMs?: number;
};

/** The processor and memory that history may take (docs/semantics.md); the history child is nice besides. */
const defaults = { threads: 1, writingThreads: 2, memoryMb: 256, lockWaitMs: 10_000 } as const;

export class Workshop {
  readonly root: string;
  readonly unixMs: () => number;
  readonly judge: DayJudge;
  readonly #options: Required<StoreOptions>;
  readonly #queues = new Map<string, Promise<unknown>>();
  #made = 0;
  #reading: Promise<Database> | undefined;

  constructor(options: StoreOptions) {
    this.#options = { ...defaults, ...options };
    this.root = options.root;
    this.unixMs = options.unixMs;
    this.judge = new DayJudge(options.root);
  }

  /** With the folder of a symbol to ourselves, and nothing half made in it. */
  write<T>(key: FolderKey, work: () => Promise<T>): Promise<T> {
    const folder = symbolFolder(this.root, key);
    return this.#inTurn(folder, async () => {
      const lock = await lockFolder(folder, this.#options.lockWaitMs);
      try {
        await clearLeftovers(this.root, key);
        return await work();
      } finally {
        await lock.release();
      }
    });
  }

  /** With a database for heavy work. One at a time, so that memory stays bounded however many symbols are made. */
  make<T>(work: (db: Database) => Promise<T>): Promise<T> {
    return this.#inTurn('', async () => {
      const db = await this.#open(this.#options.writingThreads);
      try {
        return await work(db.database);
      } finally {
        db.database.close();
        await rm(db.tempFolder, { recursive: true, force: true });
      }
    });
  }

  /** The database for reading; it stays open. */
  reader(): Promise<Database> {
    this.#reading ??= this.#open(this.#options.threads).then(({ database }) => database);
    return this.#reading;
  }

  /** A name for a file on its way to its place. */
  partial(file: string): string {
    this.#made += 1;
    return partialName(file, `${process.pid}-${this.#made}`);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#queues.values());
    const reading = await this.#reading?.catch(() => undefined);
    reading?.close();
    this.#reading = undefined;
    await this.#clearTemp();
  }

  async #open(threads: number): Promise<{ readonly database: Database; readonly tempFolder: string }> {
    this.#made += 1;
    const tempFolder = path.join(this.root, `${TEMP}${process.pid}-${this.#made}`);
    await mkdir(this.root, { recursive: true });
    await this.#clearTemp();
    const database = await Database.open({ threads, memoryMb: this.#options.memoryMb, tempFolder });
    return { database, tempFolder };
  }

  /** Removes what databases of dead processes swapped out. */
  async #clearTemp(): Promise<void> {
    const names = await readdir(this.root).catch(() => []);
    for (const name of names) {
      const pid = new RegExp(`^\\${TEMP}(\\d+)-`).exec(name)?.[1];
      if (pid !== undefined && !isRunning(Number(pid)))
        await rm(path.join(this.root, name), { recursive: true, force: true });
    }
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#queues.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(name) === turn) this.#queues.delete(name);
    }
  }
}

const TEMP = '.duckdb-';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Work that may fail for reasons outside our code, as a value. A broken invariant still throws. */
export async function attempt<T>(
  otherwise: StoreErrorCode,
  doing: string,
  work: () => Promise<T>,
): Promise<StoreResult<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof Error && error.name === 'InvariantError') throw error;
    return { ok: false, failure: failureOf(error, otherwise, doing) };
  }
}
