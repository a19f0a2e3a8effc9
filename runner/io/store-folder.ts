/**
 * The folder of the store and who holds it: made when it is missing, checked, and marked with the holder's name.
 *
 * The mark (runner.json) is only for the other runner's message; the lock itself is the kernel's (store-worker.ts).
 */
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { RunnerIdentity } from './store-messages.ts';

/** Makes the folder when it is missing; fails when it cannot be written to. */
export function prepareFolder(dataDir: string): Result<undefined> {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    return ok(undefined);
  } catch (error) {
    return fail(
      'config_invalid',
      `DATA_DIR ${dataDir} is not a folder that can be written to: ${words(error)}`,
    );
  }
}

/** Says whose the folder is. A courtesy: a full disk must not keep the runner from starting. */
export function writeHolder(dataDir: string, { pid, startedAt, host, port }: RunnerIdentity): void {
  const text = JSON.stringify({ pid, started_at: new Date(startedAt).toISOString(), host, port });
  const file = holderFile(dataDir);
  try {
    writeFileSync(`${file}.new`, `${text}\n`);
    renameSync(`${file}.new`, file);
  } catch {
    rmSync(file, { force: true });
  }
}

export function removeHolder(dataDir: string): void {
  rmSync(holderFile(dataDir), { force: true });
}

/** What the second runner is told. */
export function takenMessage(dataDir: string): string {
  const advice = 'stop it or set another DATA_DIR';
  try {
    const holder = JSON.parse(readFileSync(holderFile(dataDir), 'utf8')) as Partial<Record<string, unknown>>;
    const { pid, started_at, host, port } = holder;
    // By hand: a schema would cost the store's thread 18 MB, and this is all that it reads.
    if (typeof pid === 'number' && typeof host === 'string')
      return `${dataDir} is in use by the runner with pid ${pid}, started ${String(started_at)}, on ${host}:${String(port)}; ${advice}`;
  } catch {
    // The message below.
  }
  return `${dataDir} is in use by another runner; ${advice}`;
}

/** The text of an error, without its class. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function holderFile(dataDir: string): string {
  return path.join(dataDir, 'runner.json');
}
