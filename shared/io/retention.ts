/** What of the files that we write is kept: by number, size and age. The oldest leave first. */
import { readdirSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import type { RetentionLimits } from '../policy.ts';
import type { Millis, UnixMs } from '../time.ts';

export type KeptFile = { readonly name: string; readonly bytes: number; readonly modifiedAt: number };

/** The files that are too many, too large in sum, or too old. The newest one stays whatever it is, unless it is too old. */
export function surplus(
  files: readonly KeptFile[],
  limits: RetentionLimits,
  now: UnixMs,
): readonly KeptFile[] {
  const newestFirst = files.toSorted((a, b) => b.modifiedAt - a.modifiedAt || (a.name < b.name ? 1 : -1));
  let bytes = 0;
  return newestFirst.filter((file, index) => {
    bytes += file.bytes;
    return (
      index >= limits.files || (index > 0 && bytes > limits.bytes) || now - file.modifiedAt > limits.ageMs
    );
  });
}

/** The files of a folder whose names are ours; none when there is no such folder. */
export function filesOf(folder: string, isOurs: (name: string) => boolean): readonly KeptFile[] {
  return namesOf(folder)
    .filter(isOurs)
    .flatMap((name) => {
      const found = statSync(path.join(folder, name), { throwIfNoEntry: false });
      return found?.isFile() === true ? [{ name, bytes: found.size, modifiedAt: found.mtimeMs }] : [];
    });
}

/** Removes what is too much. Answers how many files that were; one that cannot be removed stays until the next time. */
export function prune(
  folder: string,
  isOurs: (name: string) => boolean,
  limits: RetentionLimits,
  now: UnixMs,
): number {
  return surplus(filesOf(folder, isOurs), limits, now).filter(({ name }) => removed(path.join(folder, name)))
    .length;
}

/** Removes what a process that died left half written. */
export function pruneLeftovers(
  folder: string,
  isLeftover: (name: string) => boolean,
  olderThanMs: Millis,
  now: UnixMs,
): void {
  for (const { name, modifiedAt } of filesOf(folder, isLeftover))
    if (now - modifiedAt > olderThanMs) removed(path.join(folder, name));
}

function removed(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
