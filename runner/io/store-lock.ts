/**
 * Lets only one runner use a data folder, by a lock of the kernel.
 *
 * The lock is an exclusive transaction on an SQLite file, that is an fcntl lock: it goes with the process, also on SIGKILL,
 * so that nobody ever has to delete a stale file. Who holds it stands beside it in runner.json, for the other's message.
 */
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { RunnerIdentity } from './store-messages.ts';

const holderSchema = z.object({
  pid: z.number(),
  started_at: z.string(),
  host: z.string(),
  port: z.number(),
});

/** Takes the folder (and makes it when it is missing). The value releases it. */
export function lockFolder(dataDir: string, identity: RunnerIdentity): Result<() => void> {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    return fail(
      'config_invalid',
      `DATA_DIR ${dataDir} is not a folder that can be written to: ${words(error)}`,
    );
  }
  const lockFile = path.join(dataDir, 'towline.lock');
  let lock: Database.Database | undefined;
  try {
    lock = new Database(lockFile, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    return isBusy(error)
      ? fail('resource_taken', takenMessage(dataDir))
      : fail(
          'config_invalid',
          `the lock file ${lockFile} cannot be used: ${words(error)}; delete it when no runner runs`,
        );
  }
  const held = lock;
  writeHolder(dataDir, identity);
  return ok(() => {
    rmSync(holderFile(dataDir), { force: true });
    held.close();
  });
}

/** The text of an error, without its class. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** The name of the holder is a courtesy: a full disk must not keep the runner from starting. */
function writeHolder(dataDir: string, { pid, startedAt, host, port }: RunnerIdentity): void {
  const text = JSON.stringify({ pid, started_at: new Date(startedAt).toISOString(), host, port });
  const file = holderFile(dataDir);
  try {
    writeFileSync(`${file}.new`, `${text}\n`);
    renameSync(`${file}.new`, file);
  } catch {
    rmSync(file, { force: true });
  }
}

function takenMessage(dataDir: string): string {
  const advice = 'stop it or set another DATA_DIR';
  try {
    const holder = holderSchema.parse(JSON.parse(readFileSync(holderFile(dataDir), 'utf8')));
    const { pid, started_at, host, port } = holder;
    return `${dataDir} is in use by the runner with pid ${pid}, started ${started_at}, on ${host}:${port}; ${advice}`;
  } catch {
    return `${dataDir} is in use by another runner; ${advice}`;
  }
}

function holderFile(dataDir: string): string {
  return path.join(dataDir, 'runner.json');
}
