/**
 * Where files of the archive wait for their conversion: `.fetch/` in the symbol's folder, with a lock of its own, since two programs that
 * write into one file would make neither's file of it. A killed download is gone on with by the next run; one that is whole and was
 * not converted yet is not fetched again.
 */
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../../../../shared/io/missing.ts';
import { removeQuietly } from '../../io/durable.ts';
import { lockFolder } from '../../io/lock.ts';
import { failureOf } from '../../store/failures.ts';
import { type DayKey, type FolderKey, symbolFolder } from '../../store/paths.ts';
import type { Held } from '../run-days.ts';

export const FETCH_FOLDER = '.fetch';

/** What nobody came back for in a week. */
const KEPT_MS = 7 * 86_400_000;

export function fetchFolder(root: string, key: FolderKey): string {
  return path.join(symbolFolder(root, key), FETCH_FOLDER);
}

export type FetchFiles = {
  /** On its way. */
  readonly part: string;
  /** Whole. */
  readonly whole: string;
};

export function fetchFiles(root: string, key: DayKey): FetchFiles {
  const stem = path.join(fetchFolder(root, key), `${key.symbol}_${key.date}`);
  return { part: `${stem}.part.csv.gz`, whole: `${stem}.csv.gz` };
}

/** The length of the whole file; undefined when it is not there. */
export async function wholeBytes({ whole }: FetchFiles): Promise<number | undefined> {
  const found = await stat(whole).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

export async function nowWhole({ part, whole }: FetchFiles): Promise<void> {
  await rename(part, whole);
}

export async function dropFetched({ part, whole }: FetchFiles): Promise<void> {
  for (const file of [whole, part, `${part}.resume`]) await removeQuietly(file);
}

/** One program fetches a symbol's files at a time. */
export async function holdSymbol(root: string, key: FolderKey, waitMs: number, now: number): Promise<Held> {
  const folder = fetchFolder(root, key);
  try {
    const lock = await lockAgain(folder, waitMs);
    await clearOld(folder, now);
    return {
      kind: 'held',
      release: async () => {
        await clearLines(folder);
        await lock.release();
        // Only when nothing is left in it.
        await rmdir(folder).catch(() => undefined);
      },
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'InvariantError') throw error;
    const failure = failureOf(error, 'write_failed', `write into ${folder}`);
    return { kind: 'busy', failure: { source: 'archive', ...failure } };
  }
}

/** Whoever had it may have removed the folder just as it was to be locked. */
async function lockAgain(folder: string, waitMs: number): Promise<Awaited<ReturnType<typeof lockFolder>>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await lockFolder(folder, waitMs);
    } catch (error) {
      if (!isMissing(error) || tries >= LOCK_TRIES) throw error;
    }
  }
}

const LOCK_TRIES = 5;

async function clearOld(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/_\d{4}-\d\d-\d\d(\.part)?\.csv\.gz(\.resume)?$/.test(name)) continue;
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs > KEPT_MS) await rm(file, { force: true });
  }
}

/** Lines that were to be appended are made anew by each run; a killed one leaves its own. */
async function clearLines(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (/^(recent|recording)_\d{4}-\d\d-\d\d\.jsonl$/.test(name))
      await removeQuietly(path.join(folder, name));
}

export async function makeFetchFolder(root: string, key: FolderKey): Promise<void> {
  await mkdir(fetchFolder(root, key), { recursive: true });
}
