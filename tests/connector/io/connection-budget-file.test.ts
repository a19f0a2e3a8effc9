/** The file in which processes tell each other what they opened. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { CONNECTION_LOG_FILE, openConnectionLog } from '../../../connector/io/connection-budget-file.ts';
import { unixMs } from '../../../shared/time.ts';

const host = 'stream.bybit.com';
const now = 1_750_000_000_000;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'budget-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string, warnings: string[] = []) {
  return openConnectionLog(folder, {
    keepMs: 300_000,
    now: () => unixMs(now),
    warn: (reason) => warnings.push(reason),
  });
}

test('what was opened is known to the next process and to others that run', (t) => {
  const folder = path.join(folderOf(t), 'made', 'when missing');
  const first = open(folder);
  const second = open(folder);
  first.add({ at: unixMs(now - 1), host });
  second.add({ at: unixMs(now - 2), host });
  assert.equal(first.read().length, 2);
  assert.equal(second.read().length, 2);
  assert.deepEqual(open(folder).read(), [
    { at: now - 1, host },
    { at: now - 2, host },
  ]);
});

test('old lines are left out at the start, broken ones are skipped', (t) => {
  const folder = folderOf(t);
  const file = path.join(folder, CONNECTION_LOG_FILE);
  writeFileSync(file, `${now - 300_001} ${host}\n${now - 5} ${host}\nnonsense\n17500`);
  assert.equal(open(folder).read().length, 1);
  assert.equal(readFileSync(file, 'utf8'), `${now - 5} ${host}\n`);
});

test('a folder that cannot be used is one warning, and connections are counted in memory', (t) => {
  const folder = folderOf(t);
  const blocked = path.join(folder, 'file');
  writeFileSync(blocked, '');
  chmodSync(blocked, 0o600);
  const warnings: string[] = [];
  const log = open(path.join(blocked, 'below a file'), warnings);
  log.add({ at: unixMs(now), host });
  log.add({ at: unixMs(now), host });
  assert.equal(log.read().length, 2);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /counted in memory only/);
});
