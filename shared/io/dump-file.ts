/**
 * Writes a dump so that it is there whole or not at all: under another name first, forced to the disk, then renamed. Old ones make
 * room for it. What goes wrong is the answer, never an exception: a dump is a courtesy.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDumpFile, PARTIAL } from '../dump-files.ts';
import { fail, ok, type Result } from '../errors.ts';
import type { RetentionLimits } from '../policy.ts';
import type { UnixMs } from '../time.ts';
import { prune, pruneLeftovers } from './retention.ts';

/** Nobody takes so long to write one. */
const LEFT_OVER_AFTER_MS = 3_600_000;
/** A dump may hold what its owner alone should read: addresses, symbols, times. */
const MODE = 0o600;

export type WrittenDump = { readonly file: string; readonly bytes: number };
type Parts = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The failure says what to do. */
export async function writeDumpFile(
  folder: string,
  name: string,
  parts: Parts,
): Promise<Result<WrittenDump>> {
  const file = path.join(folder, name);
  const partial = `${file}${PARTIAL}`;
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(partial, 'wx', MODE);
    let bytes = 0;
    try {
      for await (const part of parts) {
        await handle.writeFile(part);
        bytes += part.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    return ok({ file, bytes });
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    return notWritten(file, error);
  }
}

/** The same at once, for a process that is about to end. */
export function writeDumpFileNow(folder: string, name: string, content: Uint8Array): Result<WrittenDump> {
  const file = path.join(folder, name);
  const partial = `${file}${PARTIAL}`;
  try {
    mkdirSync(folder, { recursive: true });
    const handle = openSync(partial, 'wx', MODE);
    try {
      let written = 0;
      while (written < content.length) written += writeSync(handle, content, written);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(partial, file);
    return ok({ file, bytes: content.length });
  } catch (error) {
    removeNow(partial);
    return notWritten(file, error);
  }
}

/** Makes room for the next one. Foreign files are never touched. */
export function pruneDumps(folder: string, limits: RetentionLimits, now: UnixMs): void {
  prune(folder, (name) => isDumpFile(name) && !name.endsWith(PARTIAL), limits, now);
  pruneLeftovers(folder, (name) => isDumpFile(name) && name.endsWith(PARTIAL), LEFT_OVER_AFTER_MS, now);
}

function removeNow(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The folder is none: there is nothing to remove.
  }
}

function notWritten(file: string, error: unknown): Result<never> {
  const why = error instanceof Error ? error.message : String(error);
  return fail(
    'dump_failed',
    `the dump ${file} cannot be written: ${why}. Make the folder writable, or make room on the disk`,
  );
}
