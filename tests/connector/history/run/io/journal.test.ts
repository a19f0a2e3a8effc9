/** What a history child takes from the recording of a runner: what counts at present, up to a cut. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readJournal } from '../../../../../connector/history/run/io/journal.ts';
import {
  durableLine,
  freshLine,
  missedLine,
  RECORDING_FOLDER,
  recordingFolder,
  spansFileOf,
  tradesFileOf,
} from '../../../../../shared/recording-files.ts';

const date = '2026-08-01';
const key = { environment: 'simulated', category: 'linear', symbol: 'BTCUSDT', date } as const;

test('what was recorded counts while the machine runs on, and for good once it is confirmed', async (t) => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'towline-journal-read-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const folder = recordingFolder(path.join(dataDir, RECORDING_FOLDER), key);
  const copy = path.join(dataDir, 'copy', 'part.jsonl');
  const read = (boot: string | undefined, cut?: { tradesBytes: number; spansBytes: number }) =>
    readJournal({ dataDir, key, cut, copy, boot });
  assert.equal(await read('b1'), undefined);
  mkdirSync(folder, { recursive: true });
  const trades = path.join(folder, tradesFileOf(date));
  const head = freshLine({ from: 10, to: 20 }, 'b1') + durableLine('b1');
  const spans = head + freshLine({ from: 20, to: 30 }, 'b1') + missedLine({ from: 12, to: 14 });
  writeFileSync(path.join(folder, spansFileOf(date)), spans);
  writeFileSync(trades, 'first\nsecond\n');
  const missed = [{ from: 12, to: 14 }];
  const confirmed = [
    { from: 10, to: 12 },
    { from: 14, to: 20 },
  ];
  const all = [
    { from: 10, to: 12 },
    { from: 14, to: 30 },
  ];
  assert.deepEqual(await read('b1'), { files: [trades], spans: all, gaps: [], missed });
  for (const boot of ['b2', undefined])
    assert.deepEqual(await read(boot), { files: [trades], spans: confirmed, gaps: [], missed });
  const part = await read('b2', { tradesBytes: 6, spansBytes: head.length });
  assert.deepEqual(part, { files: [copy], spans: [{ from: 10, to: 20 }], gaps: [], missed: [] });
  assert.equal(readFileSync(copy, 'utf8'), 'first\n');
});
