import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { pino } from 'pino';
import { openStore, type Store } from '../../../runner/io/store.ts';
import { unixMs } from '../../../shared/time.ts';
import { batchOf, deathOf } from '../../helpers/deaths.ts';
import { until } from '../../helpers/until.ts';

const holder = path.join(import.meta.dirname, 'store-holder.ts');
const identity = { pid: process.pid, startedAt: unixMs(1_717_440_000_000), host: '127.0.0.1', port: 8_000 };
const log = pino({ level: 'silent' });
const root = mkdtempSync(path.join(tmpdir(), 'towline-store-'));
after(() => rmSync(root, { recursive: true }));

let folders = 0;
function newFolder(): string {
  folders += 1;
  return path.join(root, `data-${folders}`);
}

function newFile(): string {
  const file = newFolder();
  writeFileSync(file, '');
  return file;
}

async function open(dataDir: string): Promise<Store> {
  const opened = await openStore(dataDir, identity, log);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

async function failure(dataDir: string): Promise<{ code: string; message: string }> {
  const opened = await openStore(dataDir, identity, log);
  if (!opened.ok) return opened.failure;
  await opened.value.close();
  throw new Error('the store could be opened');
}

/** Another process that holds the folder. The first line that it prints is the value. */
async function holding(dataDir: string, deaths = 0, limit = 'true') {
  const command = `${limit}; exec "$0" "$@"`;
  const child = execa('/bin/sh', ['-c', command, process.execPath, holder, dataDir, String(deaths)], {
    reject: false,
    buffer: false,
  });
  let text = '';
  let complaint = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    complaint += String(chunk);
  });
  await until('the holder speaks', () => {
    if (child.nodeChildProcess.exitCode !== null) throw new Error(`the holder ended: ${complaint}`);
    return text.includes('\n');
  });
  return { child, said: JSON.parse(text) as Record<string, unknown> };
}

describe('The tally of deaths', () => {
  test('survives the runner and counts by cause and by child', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    void first.write(batchOf(deathOf('exit_1', 1)));
    void first.write(batchOf(deathOf('exit_1', 2)));
    void first.write(batchOf(deathOf('silent', 3)));
    void first.write(batchOf(deathOf('exit_1', 4, 'other')));
    assert.deepEqual(await first.deathTally('bybit'), { exit_1: 2, silent: 1 });
    await first.close();
    const second = await open(dataDir);
    assert.deepEqual(await second.deathTally('bybit'), { exit_1: 2, silent: 1 });
    assert.deepEqual(await second.deathTally('other'), { exit_1: 1 });
    assert.equal(second.failures(), 0);
    await second.close();
  });

  test('what was recorded just before closing is kept', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    for (let index = 0; index < 50; index += 1) void first.write(batchOf(deathOf('exit_70', index)));
    await first.close();
    const second = await open(dataDir);
    assert.deepEqual(await second.deathTally('bybit'), { exit_70: 50 });
    await second.close();
  });

  test('survives a SIGKILL of the runner', async () => {
    const dataDir = newFolder();
    const { child, said } = await holding(dataDir, 20);
    assert.deepEqual(said, { tally: { exit_1: 20 }, failures: 0 });
    child.kill('SIGKILL');
    await child;
    const store = await open(dataDir);
    assert.deepEqual(await store.deathTally('bybit'), { exit_1: 20 });
    await store.close();
  });

  test('is in WAL mode, also when the file is opened by somebody else', async () => {
    const dataDir = newFolder();
    await (await open(dataDir)).close();
    const db = new Database(path.join(dataDir, 'towline.db'), { readonly: true });
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    db.close();
  });

  test('waits for the disk at each commit: that belongs to the connection, so its thread tells it', async () => {
    const lines: Record<string, unknown>[] = [];
    const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
    const opened = await openStore(newFolder(), identity, pino({ level: 'debug' }, { write }));
    assert.ok(opened.ok);
    await opened.value.close();
    const said = lines.find(({ event }) => event === 'store_opened');
    const FULL = 2;
    assert.deepEqual([said?.['journalMode'], said?.['synchronous']], ['wal', FULL]);
  });

  test('keeps the newest 10,000', async () => {
    const dataDir = newFolder();
    await (await open(dataDir)).close();
    const db = new Database(path.join(dataDir, 'towline.db'));
    const insert = db.prepare(
      `insert into deaths (id, name, at, generation, uptime_ms, cause, permanent, message) values (?, 'bybit', ?, 1, 1, ?, 0, '')`,
    );
    db.transaction(() => {
      for (let at = 1; at <= 10_000; at += 1) insert.run(`id${at}`, at, at <= 5 ? 'old' : 'new');
    })();
    db.close();
    const store = await open(dataDir);
    void store.write(batchOf(deathOf('silent', 1)));
    void store.write(batchOf(deathOf('silent', 2)));
    assert.deepEqual(await store.deathTally('bybit'), { old: 3, new: 9_995, silent: 2 });
    await store.close();
  });
});

describe('One runner for a data folder', () => {
  test('a second one is told who has it, and may have it when the first is gone', async () => {
    const dataDir = newFolder();
    const { child } = await holding(dataDir);
    const { code, message } = await failure(dataDir);
    assert.equal(code, 'resource_taken');
    assert.equal(
      message,
      `${dataDir} is in use by the runner with pid ${child.pid}, started 2024-06-03T18:40:00.000Z, ` +
        'on 127.0.0.1:8123; stop it or set another DATA_DIR',
    );
    child.kill('SIGKILL');
    await child;
    const store = await open(dataDir);
    const said = JSON.parse(readFileSync(path.join(dataDir, 'runner.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(said['pid'], process.pid);
    await store.close();
    assert.equal(existsSync(path.join(dataDir, 'runner.json')), false);
  });

  test('also within one process', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    assert.equal((await failure(dataDir)).code, 'resource_taken');
    await first.close();
    await (await open(dataDir)).close();
  });

  test('without the name of the holder the message still says what is wrong', async () => {
    const dataDir = newFolder();
    const first = await open(dataDir);
    writeFileSync(path.join(dataDir, 'runner.json'), 'nonsense');
    assert.match((await failure(dataDir)).message, /is in use by another runner/);
    await first.close();
  });
});

describe('A data folder that cannot be used', () => {
  test('because it is a file is a wrong setting', async () => {
    const { code, message } = await failure(newFile());
    assert.equal(code, 'config_invalid');
    assert.match(message, /is not a folder that can be written to/);
  });

  test('because it cannot be made is a wrong setting', async () => {
    assert.match(
      (await failure(path.join(newFile(), 'data'))).message,
      /is not a folder that can be written to/,
    );
  });

  test('because the database is not one says which file, and leaves the folder free', async () => {
    const dataDir = newFolder();
    await (await open(dataDir)).close();
    const file = path.join(dataDir, 'towline.db');
    writeFileSync(file, 'this is not a database. '.repeat(1_000));
    const { code, message } = await failure(dataDir);
    assert.equal(code, 'config_invalid');
    assert.match(message, /towline\.db is damaged or not a database/);
    rmSync(file);
    await (await open(dataDir)).close();
  });

  test('because the database is of a newer towline says so', async () => {
    const dataDir = newFolder();
    await (await open(dataDir)).close();
    const db = new Database(path.join(dataDir, 'towline.db'));
    db.exec(`insert into kysely_migration (name, timestamp) values ('999_future', '2030-01-01')`);
    db.close();
    assert.match((await failure(dataDir)).message, /was it written by a newer towline\?/);
  });
});

describe('A disk that is full', () => {
  test('does not stop the runner: what could not be recorded is counted, what was recorded can be read', async () => {
    const dataDir = newFolder();
    // 800 blocks of 512 bytes: room for the tables and some deaths.
    const { child, said } = await holding(dataDir, 200, 'ulimit -f 800');
    const tally = said['tally'] as Record<string, number>;
    const failures = said['failures'] as number;
    assert.ok(failures > 0, JSON.stringify(said));
    assert.ok((tally['exit_1'] ?? 0) > 0, JSON.stringify(said));
    assert.equal(failures + (tally['exit_1'] ?? 0), 200);
    child.kill('SIGKILL');
    await child;
  });

  test('from the start does not either', async () => {
    const dataDir = newFolder();
    const { child, said } = await holding(dataDir, 3, 'ulimit -f 1');
    assert.deepEqual(said, { tally: {}, failures: 4 });
    child.kill('SIGKILL');
    await child;
  });
});
