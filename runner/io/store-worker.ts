/**
 * The thread of the store: holds the lock of the data folder and does all work on its database.
 *
 * SQLite works synchronously, and a commit that waits for the disk took up to 122 ms beside a large writer (DESIGN 6), so it
 * must never run on the main thread. This file has the lock, the queue and the dispatch; the queries of each table have a file
 * of their own (store-deaths.ts, store-ledger.ts). When the disk is full the folder stays ours and reading goes on; each failed write is told,
 * and the next one tries again.
 */
import path from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { assert, type Failure, fail, ok, type Result } from '../../shared/errors.ts';
import { deathTally } from './store-deaths.ts';
import { prepareFolder, removeHolder, takenMessage, words, writeHolder } from './store-folder.ts';
import { coverage, gapPage, readLedger, writeBatch } from './store-ledger.ts';
import type {
  RunnerIdentity,
  StoreAnswer,
  StoreIn,
  StoreInput,
  StoreKind,
  StoreMessage,
  StoreOpened,
  StoreOut,
  StorePragmas,
  StoreRequest,
} from './store-messages.ts';
import { type StoreTables, storeMigrations } from './store-schema.ts';

type Queries = {
  readonly [K in StoreKind]: (db: Kysely<StoreTables>, input: StoreIn<K>) => Promise<StoreOut<K>>;
};

const queries: Queries = {
  write: writeBatch,
  death_tally: deathTally,
  read_ledger: readLedger,
  gap_page: gapPage,
  coverage,
};

assert(parentPort !== null, 'the store runs in a thread of its own');
await serve(parentPort, workerData as StoreInput);

async function serve(port: MessagePort, { dataDir, identity }: StoreInput): Promise<void> {
  const lock = lockFolder(dataDir, identity);
  if (!lock.ok) return refuse(port, lock.failure);
  const opened = await openDatabase(path.join(dataDir, 'towline.db'));
  if (opened.kind === 'damaged') {
    lock.value();
    return refuse(port, opened.failure);
  }
  const db = opened.kind === 'open' ? opened.db : null;
  const told =
    opened.kind === 'open' ? { warning: null, pragmas: opened.pragmas } : { warning: opened.message };
  port.postMessage({ kind: 'opened', ...told } satisfies StoreOpened);
  let previous: Promise<void> = Promise.resolve();
  port.on('message', (message: StoreMessage) => {
    previous = previous.then(async () => {
      if (message.kind === 'close') {
        await db?.destroy();
        lock.value();
        port.close();
      } else {
        port.postMessage(await answer(db, message));
      }
    });
  });
}

/**
 * Takes the folder for this process alone; the value gives it free. The lock is an exclusive transaction on a file of its
 * own, that is an fcntl lock: it goes with the process, also on SIGKILL, so that nobody ever has to delete a stale file.
 */
function lockFolder(dataDir: string, identity: RunnerIdentity): Result<() => void> {
  const prepared = prepareFolder(dataDir);
  if (!prepared.ok) return prepared;
  const file = path.join(dataDir, 'towline.lock');
  let lock: Database.Database | undefined;
  try {
    lock = new Database(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    const isTaken = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    if (isTaken) return fail('resource_taken', takenMessage(dataDir));
    return fail('config_invalid', `the lock file ${file} cannot be used: ${words(error)}; move it away`);
  }
  const held = lock;
  writeHolder(dataDir, identity);
  return ok(() => {
    removeHolder(dataDir);
    held.close();
  });
}

function refuse(port: MessagePort, failure: Failure): void {
  port.postMessage({ kind: 'refused', failure } satisfies StoreOpened);
  port.close();
}

type Opened =
  | { readonly kind: 'open'; readonly db: Kysely<StoreTables>; readonly pragmas: StorePragmas }
  /** The disk is full or failing: nothing can be recorded, but the runner can run. */
  | { readonly kind: 'degraded'; readonly message: string }
  | { readonly kind: 'damaged'; readonly failure: Failure };

async function openDatabase(file: string): Promise<Opened> {
  let database: Database.Database | undefined;
  try {
    database = new Database(file);
    // Who reads does not wait for who writes; and each commit waits for the disk, so that it outlives a loss of power. This
    // build of SQLite would take NORMAL in WAL mode, which does not.
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const check = database.pragma('quick_check', { simple: true });
    if (check !== 'ok') throw new Error(String(check));
  } catch (error) {
    database?.close();
    return notOpened(
      error,
      `the database ${file} is damaged or not a database: ${words(error)}; move it away`,
    );
  }
  const db = new Kysely<StoreTables>({
    dialect: new SqliteDialect({ database: withStatementCache(database) }),
  });
  const { error } = await new Migrator({ db, provider: storeMigrations }).migrateToLatest();
  if (error === undefined) return { kind: 'open', db, pragmas: pragmasOf(database) };
  await db.destroy();
  const question = 'was it written by a newer towline?';
  return notOpened(error, `the database ${file} cannot be brought up to date: ${words(error)}; ${question}`);
}

/** As SQLite has them: it may decline a wish without an error. */
function pragmasOf(database: Database.Database): StorePragmas {
  return {
    journalMode: String(database.pragma('journal_mode', { simple: true })),
    synchronous: Number(database.pragma('synchronous', { simple: true })),
  };
}

function notOpened(error: unknown, message: string): Opened {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR'))
    return { kind: 'degraded', message: `nothing can be recorded: ${words(error)}` };
  return { kind: 'damaged', failure: { code: 'config_invalid', message } };
}

async function answer(db: Kysely<StoreTables> | null, request: StoreRequest): Promise<StoreAnswer> {
  const { id } = request;
  if (db === null) return { id, result: { ok: false, failure: 'the database could not be opened' } };
  try {
    return { id, result: ok(await query(db, request)) };
  } catch (error) {
    return { id, result: { ok: false, failure: words(error) } };
  }
}

function query<K extends StoreKind>(
  db: Kysely<StoreTables>,
  { kind, input }: StoreRequest<K>,
): Promise<StoreOut<K>> {
  return queries[kind](db, input);
}

/** Preparing a statement anew costs three times as much as running it (measured). */
function withStatementCache(database: Database.Database) {
  const statements = new Map<string, Database.Statement>();
  return {
    prepare: (text: string): Database.Statement => {
      const known = statements.get(text) ?? database.prepare(text);
      statements.set(text, known);
      return known;
    },
    close: () => {
      database.close();
    },
  };
}
