/** The task `clear`: says what of the cache would be removed, asks, and removes it. */
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { exitCodes } from '../../../../shared/errors.ts';
import { categories, type Instrument, instrumentKey, symbolPattern } from '../../../../shared/market.ts';
import { namesIn } from '../../io/day-file.ts';
import { type FolderKey, isCacheFile, symbolFolder } from '../../store/paths.ts';
import type { HistoryTask } from '../options.ts';
import { bytesText } from '../progress.ts';
import { FETCH_FOLDER, fetchFolder, holdSymbol } from './fetch-folder.ts';
import { isVerificationFile } from './kept-verification.ts';
import { MISSING_FILE } from './missing-days.ts';
import type { HistoryWorld } from './run-history.ts';

type ClearTask = Extract<HistoryTask, { kind: 'clear' }>;
type Found = { readonly key: FolderKey; readonly files: readonly string[]; readonly bytes: number };

export async function clearCache(world: HistoryWorld, task: ClearTask): Promise<number> {
  const { root, options, log } = world;
  const { environment } = options.settings;
  const keys =
    task.instruments.length > 0 ? task.instruments : await instrumentsIn(path.join(root, environment));
  const found: Found[] = [];
  for (const { category, symbol } of keys) found.push(await look(root, { environment, category, symbol }));
  const there = found.filter(({ files }) => files.length > 0);
  const bytes = there.reduce((sum, one) => sum + one.bytes, 0);
  const files = there.reduce((sum, one) => sum + one.files.length, 0);
  const list = there
    .map((one) => `  ${instrumentKey(one.key)}: ${one.files.length} files, ${bytesText(one.bytes)}\n`)
    .join('');
  process.stderr.write(`${list}${files} files, ${bytesText(bytes)} in ${path.join(root, environment)}\n`);
  if (files === 0) return exitCodes.done;
  if (!task.isSure && !process.stdin.isTTY) {
    process.stderr.write('Nothing was removed: add --yes to remove them.\n');
    return exitCodes.usage;
  }
  if (!task.isSure && !(await isMeant(world.signal))) {
    process.stderr.write('Nothing was removed.\n');
    return exitCodes.done;
  }
  let code: number = exitCodes.done;
  for (const { key } of there) {
    const failure = await removeOne(world, key);
    if (failure === undefined) continue;
    log.error({ event: 'history_clear_failed' }, failure);
    code = exitCodes.tryAgain;
  }
  if (code === exitCodes.done) process.stderr.write(`${files} files were removed.\n`);
  return code;
}

async function isMeant(signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question('Remove them? [y/N] ', { signal })).trim());
  } catch {
    return false;
  } finally {
    lines.close();
  }
}

async function instrumentsIn(folder: string): Promise<readonly Instrument[]> {
  const found: Instrument[] = [];
  for (const category of categories)
    for (const symbol of (await namesIn(path.join(folder, category))).toSorted())
      if (symbolPattern.test(symbol)) found.push({ category, symbol });
  return found;
}

async function look(root: string, key: FolderKey): Promise<Found> {
  const folder = symbolFolder(root, key);
  const own = (await namesIn(folder)).filter(isOurs).map((name) => path.join(folder, name));
  const fetched = (await namesIn(fetchFolder(root, key)))
    .filter((name) => !name.startsWith('.lock'))
    .map((name) => path.join(folder, FETCH_FOLDER, name));
  const files = [...own, ...fetched];
  let bytes = 0;
  for (const file of files) bytes += (await stat(file).catch(() => undefined))?.size ?? 0;
  return { key, files, bytes };
}

function isOurs(name: string): boolean {
  return (
    isCacheFile(name) || isVerificationFile(name) || name === MISSING_FILE || name === `${MISSING_FILE}.next`
  );
}

/** What went wrong, in words. */
async function removeOne(
  { root, store, clock, options }: HistoryWorld,
  key: FolderKey,
): Promise<string | undefined> {
  const held = await holdSymbol(root, key, options.settings.policy.store.lockWaitMs, clock.unixMs());
  if (held.kind === 'busy') return held.failure.message;
  try {
    const cleared = await store.trades.clear(key);
    if (!cleared.ok) return cleared.failure.message;
    for (const file of (await look(root, key)).files) await rm(file, { force: true });
  } finally {
    await held.release();
  }
  const folder = symbolFolder(root, key);
  // Only when nothing of anybody else is in it.
  if ((await readdir(folder).catch(() => ['?'])).length === 0)
    await rm(folder, { recursive: true, force: true });
  return undefined;
}
