/**
 * One writer for a symbol's folder: a file `.lock` that is made exclusively and names its process. A dead process's lock is
 * taken over, so nothing has to be cleared by hand after a kill -9.
 *
 * Of several that find the same dead lock one may take it: the one that makes `.lock.<token>` exclusively, and then still finds the
 * dead lock in place. It renames its own over it, so there is no moment without a lock.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { isMissing } from '../../../shared/io/missing.ts';
import { StoreError } from '../store/failures.ts';

const LOOK_AGAIN_MS = 50;

const holderSchema = z.object({
  pid: z.int().positive(),
  /** When the process began, as the kernel counts; null where that cannot be known. Process numbers are used again. */
  started: z.string().nullable(),
  host: z.string(),
  token: z.uuid(),
});
export type Holder = z.infer<typeof holderSchema>;

export type Lock = { readonly release: () => Promise<void> };

/** Waits up to `waitMs` for another writer. Throws store_busy. */
export async function lockFolder(folder: string, waitMs: number): Promise<Lock> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, '.lock');
  const own: Holder = {
    pid: process.pid,
    started: await startOf(process.pid),
    host: hostname(),
    token: randomUUID(),
  };
  const deadline = performance.now() + waitMs;
  for (;;) {
    if (await make(file, own)) return held(file, own);
    const holder = await holderOf(file);
    if (holder !== undefined && !(await isAlive(holder)) && (await takeOver(file, holder, own)))
      return held(file, own);
    if (performance.now() >= deadline)
      throw new StoreError(
        'store_busy',
        `${folder} is being written by process ${holder?.pid ?? '?'} on ${holder?.host ?? '?'}: wait until it is done` +
          (holder?.host === own.host ? '' : `, or remove ${file} if that machine writes no more`),
      );
    await wait(LOOK_AGAIN_MS);
  }
}

async function held(file: string, own: Holder): Promise<Lock> {
  await removeDrafts(file);
  return { release: () => release(file, own) };
}

/** Nobody takes so long to write a line. */
const DRAFT_MS = 60_000;

/** What killed processes left on their way to the lock. One that cannot be read may be in the making. */
async function removeDrafts(file: string): Promise<void> {
  const folder = path.dirname(file);
  for (const name of (await readdir(folder)).filter((found) => found.startsWith('.lock.'))) {
    const draft = path.join(folder, name);
    const holder = await holderOf(draft);
    const isLeft = holder === undefined ? (await ageOf(draft)) > DRAFT_MS : !(await isAlive(holder));
    if (isLeft) await rm(draft, { force: true });
  }
}

async function ageOf(file: string): Promise<number> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** False when there is one already. It is linked into place, so it is never there without its content. */
async function make(file: string, own: Holder): Promise<boolean> {
  const draft = `${file}.${own.token}.draft`;
  await writeFile(draft, JSON.stringify(own));
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * True when it is ours now: when `dead`, found some time ago, still holds it. A taker who died on the way is taken over in the same
 * manner.
 */
export async function takeOver(file: string, dead: Holder, own: Holder): Promise<boolean> {
  const marker = `${file}.${dead.token}`;
  const next = `${file}.${own.token}`;
  if (!(await make(marker, own))) {
    const taker = await holderOf(marker);
    if (taker === undefined || (await isAlive(taker)) || !(await takeOver(marker, taker, own))) return false;
  }
  try {
    if ((await holderOf(file))?.token !== dead.token) return false;
    await writeFile(next, JSON.stringify(own), { flag: 'wx' });
    await rename(next, file);
    return true;
  } finally {
    await rm(marker, { force: true });
  }
}

async function release(file: string, own: Holder): Promise<void> {
  if ((await holderOf(file))?.token === own.token) await rm(file, { force: true });
}

/** Who holds it; undefined when nobody does, or when it cannot be read. */
async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  // Of another machine nothing can be known.
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    const isForeign = error instanceof Error && 'code' in error && error.code === 'EPERM';
    if (!isForeign) return false;
  }
  const started = await startOf(holder.pid);
  return holder.started === null || started === null || started === holder.started;
}

/** The 22nd field of /proc/<pid>/stat; the second may hold blanks and ends with the last ")". */
async function startOf(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie holds nothing.
    return state === 'Z' ? 'ended' : (fields[18] ?? null);
  } catch {
    return null;
  }
}
