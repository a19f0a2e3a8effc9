/**
 * A day's Parquet file and its manifest on the disk: may it be used, and how a new one takes the place of the old.
 *
 * Two files cannot be renamed at once. So the new manifest is made durable as `.json.next` first, then the Parquet file takes its
 * place, then the manifest does. Whenever the process is killed, one of the two manifests fits the Parquet file that is there.
 */
import { readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from '../../../shared/io/missing.ts';
import { type Manifest, manifestText } from '../store/manifest.ts';
import {
  type DayFiles,
  type DayKey,
  dayFiles,
  type FolderKey,
  isPartial,
  type Series,
  symbolFolder,
} from '../store/paths.ts';
import { judgeTrust, type Trust } from '../store/trust.ts';
import { factsOf, removeQuietly, syncFile, syncFolder, textOf, versionOf, writeSynced } from './durable.ts';

/** How often a file may be replaced while it is looked at. Its writers hold a lock and take seconds. */
const LOOKS_MAX = 5;

/** Days whose judgement is remembered. */
const KNOWN_MAX = 2_000;

/** Judges day files. What was judged once is not read again until a file or its manifest changes. */
export class DayJudge {
  readonly #root: string;
  readonly #known = new Map<string, { readonly versions: string; readonly trust: Trust }>();

  constructor(root: string) {
    this.#root = root;
  }

  async judge(key: DayKey, series: Series): Promise<Trust> {
    const files = dayFiles(this.#root, key, series);
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const versions = await versionsOf(files);
      const known = this.#known.get(files.parquet);
      if (known?.versions === versions) return known.trust;
      const facts = await factsOf(files.parquet);
      const trust = judgeTrust(key, facts, await textOf(files.manifest), await textOf(files.nextManifest));
      if ((await versionsOf(files)) !== versions) continue;
      this.#known.delete(files.parquet);
      this.#known.set(files.parquet, { versions, trust });
      const [oldest] = this.#known.keys();
      if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
      return trust;
    }
    return { kind: 'untrusted', reason: 'it was replaced again and again while it was read' };
  }
}

async function versionsOf({ parquet, manifest, nextManifest }: DayFiles): Promise<string> {
  const versions = await Promise.all([parquet, manifest, nextManifest].map(versionOf));
  return versions.join(', ');
}

/**
 * Puts a new file and its manifest in the place of the old. The caller holds the lock of the folder. Until the file has taken its
 * place a failure changes nothing; after that, the new day counts whether or not its manifest could be renamed.
 */
export async function publish(files: DayFiles, partial: string, manifest: Manifest): Promise<void> {
  const draft = manifestDraft(partial);
  await syncFile(partial);
  await writeSynced(draft, manifestText(manifest));
  await rename(draft, files.nextManifest);
  try {
    await syncFolder(files.folder);
    await rename(partial, files.parquet);
  } catch (error) {
    await removeQuietly(files.nextManifest);
    throw error;
  }
  await syncFolder(files.folder);
  await rename(files.nextManifest, files.manifest);
  await syncFolder(files.folder);
}

/** Removes what is left of a file that was not published, and its manifest. */
export async function discard(partial: string): Promise<void> {
  await removeQuietly(partial);
  await removeQuietly(manifestDraft(partial));
}

function manifestDraft(partial: string): string {
  return `${partial}.manifest.partial`;
}

/** Clears what a killed writer left. The caller holds the lock of the folder. */
export async function clearLeftovers(root: string, key: FolderKey): Promise<void> {
  const folder = symbolFolder(root, key);
  const names = await namesIn(folder);
  for (const name of names.filter(isPartial)) await removeQuietly(path.join(folder, name));
  for (const name of names) {
    const [, word, date] = /^(trades|klines_1m|backfill)_(\d{4}-\d\d-\d\d)\.json\.next$/.exec(name) ?? [];
    const series = ({ trades: 'trades', klines_1m: 'klines', backfill: 'legacy' } as const)[word ?? ''];
    if (series === undefined || date === undefined) continue;
    const day = { ...key, date };
    const files = dayFiles(root, day, series);
    const trust = await new DayJudge(root).judge(day, series);
    if (trust.kind === 'trusted' && trust.isNext) await rename(files.nextManifest, files.manifest);
    else await removeQuietly(files.nextManifest);
    await syncFolder(folder);
  }
}

/** The names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
