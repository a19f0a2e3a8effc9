/** What is kept of our files, and that nothing of others is touched. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pruneDumps, writeDumpFile, writeDumpFileNow } from '../../../shared/io/dump-file.ts';
import { surplus } from '../../../shared/io/retention.ts';
import { unixMs } from '../../../shared/time.ts';
import { temporaryFolder } from '../../helpers/processes.ts';

const NOW = unixMs(Date.parse('2026-11-21T12:00:00Z'));
const HOUR = 3_600_000;
const limits = { files: 3, bytes: 100, ageMs: 24 * HOUR };
const file = (name: string, hoursAgo: number, bytes = 10) => ({
  name,
  bytes,
  modifiedAt: NOW - hoursAgo * HOUR,
});
const names = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name).toSorted();

test('the oldest leave: by number, by size, by age', () => {
  assert.deepEqual(names(surplus([file('a', 4), file('b', 3), file('c', 2), file('d', 1)], limits, NOW)), [
    'a',
  ]);
  assert.deepEqual(names(surplus([file('a', 3, 60), file('b', 2, 60), file('c', 1, 30)], limits, NOW)), [
    'a',
  ]);
  assert.deepEqual(names(surplus([file('a', 25), file('b', 1)], limits, NOW)), ['a']);
  assert.deepEqual(surplus([file('a', 1, 5_000)], limits, NOW), [], 'the newest stays, however large');
});

test('dumps are pruned, what is half written too when it is old, and nothing else', () => {
  const folder = temporaryFolder();
  const dump = (hour: number): string =>
    `20261121T${String(hour).padStart(2, '0')}0000000Z_runner_1-1_asked.jsonl`;
  const put = (name: string, hoursAgo: number): void => {
    writeFileSync(path.join(folder, name), 'x');
    const seconds = (NOW - hoursAgo * HOUR) / 1_000;
    utimesSync(path.join(folder, name), seconds, seconds);
  };
  for (const hour of [1, 2, 3, 4, 5]) put(dump(hour), 12 - hour);
  put(`${dump(6)}.partial`, 2);
  put(`${dump(7)}.partial`, 0.5);
  put('mine.jsonl', 500);
  mkdirSync(path.join(folder, dump(0)));
  pruneDumps(folder, limits, NOW);
  assert.deepEqual(readdirSync(folder).toSorted(), [
    dump(0),
    dump(3),
    dump(4),
    dump(5),
    `${dump(7)}.partial`,
    'mine.jsonl',
  ]);
  pruneDumps(path.join(folder, 'nowhere'), limits, NOW);
});

test('a dump is there whole, readable by its owner only, or not at all and told', async () => {
  const folder = path.join(temporaryFolder(), 'dumps');
  const parts = [Buffer.from('one'), Buffer.from('two')];
  assert.deepEqual(await writeDumpFile(folder, 'a', parts), {
    ok: true,
    value: { file: path.join(folder, 'a'), bytes: 6 },
  });
  assert.equal(writeDumpFileNow(folder, 'b', Buffer.from('three')).ok, true);
  async function* broken() {
    yield Buffer.from('one');
    await Promise.reject(new Error('the disk is on fire'));
  }
  const failed = await writeDumpFile(folder, 'c', broken());
  assert.match(failed.ok ? '' : failed.failure.message, /c cannot be written: the disk is on fire/);
  assert.deepEqual(readdirSync(folder).toSorted(), ['a', 'b']);
  const notAFolder = path.join(folder, 'a');
  assert.equal((await writeDumpFile(notAFolder, 'd', parts)).ok, false);
  assert.equal(writeDumpFileNow(notAFolder, 'd', Buffer.from('x')).ok, false);
});
