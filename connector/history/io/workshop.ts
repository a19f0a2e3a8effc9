/**
 * Where days are made: one writer a symbol's folder, one database at a time, and everything that was half made is cleared.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type HistoryPolicy, historyPolicy } from '../../../shared/history-policy.ts';
import { failureOf, type StoreErrorCode, type StoreResult } from '../store/failures.ts';
import { type FolderKey, partialName, symbolFolder } from '../store/paths.ts';
import { Database } from './database.ts';
import { clearLeftovers, DayJudge } from './day-file.ts';
import { lockFolder } from './lock.ts';

export type StoreOptions = {
  /** BACKFILL_CACHE_DIR. Made when it is not there. */
  readonly root: string;
  readonly unixMs: () => number;
  /** What it may take; all that is left out is as in shared/history-policy.ts. */
  readonly limits?: Partial<HistoryPolicy['store']>;
};

/** Numbers what this process makes, also when it has several stores. */
let made = 0;

export class Workshop {
  readonly root: string;
  readonly unixMs: () => number;
  readonly judge: DayJudge;
  readonly #limits: HistoryPolicy['store'];
  readonly #queues = new Map<string, Promise<unknown>>();
  #reading: Promise<Opened> | undefined;

  constructor(options: StoreOptions) {
    this.#limits = { ...historyPolicy().store, ...options.limits };
    this.root = options.root;
    this.unixMs = options.unixMs;
    this.judge = new DayJudge(options.root);
  }

  /** With the folder of a symbol to ourselves, and nothing half made in it. */
  write<T>(key: FolderKey, work: () => Promise<T>): Promise<T> {
    const folder = symbolFolder(this.root, key);
    return this.#inTurn(folder, async () => {
      const lock = await lockFolder(folder, this.#limits.lockWaitMs);
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
      const db = await this.#open(this.#limits.writingThreads);
      try {
        return await work(db.database);
      } finally {
        await shut(db);
      }
    });
  }

  /** The database for reading; it stays open. */
  async reader(): Promise<Database> {
    this.#reading ??= this.#open(this.#limits.threads).catch((error: unknown) => {
      this.#reading = undefined;
      throw error;
    });
    return (await this.#reading).database;
  }

  /** A name for a file on its way to its place. */
  partial(file: string): string {
    made += 1;
    return partialName(file, `${process.pid}-${made}`);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#queues.values());
    const reading = await this.#reading?.catch(() => undefined);
    this.#reading = undefined;
    if (reading !== undefined) await shut(reading);
    await this.#clearTemp();
  }

  async #open(threads: number): Promise<Opened> {
    made += 1;
    const tempFolder = path.join(this.root, `${TEMP}${process.pid}-${made}`);
    await mkdir(this.root, { recursive: true });
    await this.#clearTemp();
    const database = await Database.open({ threads, memoryMb: this.#limits.memoryMb, tempFolder });
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

type Opened = { readonly database: Database; readonly tempFolder: string };

async function shut({ database, tempFolder }: Opened): Promise<void> {
  database.close();
  await rm(tempFolder, { recursive: true, force: true });
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
