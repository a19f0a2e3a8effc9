/** Files that are there whole or not at all: forced to the disk before they take their names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { isMissing } from '../../../shared/io/missing.ts';
import type { FileFacts } from '../store/trust.ts';
import { together } from './together.ts';

/** Forces the content of a file to the disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Forces the names in a folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a new file and forces it to the disk. */
export async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Length and digest of a file; undefined when there is none. */
export async function factsOf(file: string): Promise<FileFacts | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const part of createReadStream(file, { highWaterMark: 1 << 20 })) {
      if (!(part instanceof Uint8Array)) continue;
      hash.update(part);
      bytes += part.length;
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The same of a file that was just written, and forces it to the disk meanwhile. */
export async function factsOfSynced(file: string): Promise<FileFacts | undefined> {
  const synced = syncFile(file).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  const [facts] = await together(factsOf(file), synced);
  return facts;
}

/** Undefined when there is no such file. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What tells one version of a file from the next without reading it; undefined when there is none. */
export async function versionOf(file: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes a file that may not be there. What cannot be removed is removed by the next writer. */
export async function removeQuietly(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined);
}
