/** `--record`: what is written, what is left out and marked, and where it ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openRecorder } from '../../../connector/io/recorder.ts';
import { unixMicros } from '../../../shared/time.ts';
import { temporaryFolder } from '../../helpers/processes.ts';

function world(maxBytes = 1e6) {
  const file = path.join(temporaryFolder(), 'a.jsonl');
  const state = { isLow: false };
  const said: string[] = [];
  const recorder = openRecorder(file, {
    onError: (reason) => said.push(reason),
    maxBytes,
    isDiskLow: () => state.isLow,
  });
  return {
    state,
    said,
    recorder,
    record: (at: number): void =>
      recorder.record({
        t: 'recv',
        at: unixMicros(at),
        category: 'linear',
        socket: 0,
        frame: 'x'.repeat(50),
      }),
    entries: () =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { t, at, frames } = JSON.parse(line) as { t: string; at: number; frames?: number };
          return frames === undefined ? `${t} ${at}` : `${t} ${at} ${frames}`;
        }),
  };
}

test('while the disk has no room frames are left out, and marked where they are missing', async () => {
  const { state, recorder, record, entries, said } = world();
  record(1);
  state.isLow = true;
  record(2);
  record(3);
  state.isLow = false;
  record(4);
  await recorder.close();
  assert.deepEqual(entries(), ['recv 1', 'lost 4 2', 'recv 4']);
  assert.deepEqual(said, []);
});

test('what is left out up to the end is marked at the end', async () => {
  const { state, recorder, record, entries, said } = world();
  record(1);
  state.isLow = true;
  record(2);
  record(3);
  await recorder.close();
  assert.deepEqual(entries(), ['recv 1', 'lost 3 2']);
  assert.deepEqual(said, []);
});

test('at its limit it ends, whole, and says so once', async () => {
  const { recorder, record, entries, said } = world(250);
  for (let at = 1; at < 20; at += 1) record(at);
  await recorder.close();
  assert.deepEqual(entries(), ['recv 1', 'recv 2', 'recv 3']);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /has reached its limit of 250 bytes; start another one/);
});
