/** A disk that fills up in the middle of a line: what was there stays whole, nothing is claimed of what is lost, and it goes on with room. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { JournalFiles } from '../../../../runner/history/io/journal-files.ts';
import { RowWriter } from '../../../../runner/history/journal-rows.ts';
import type { JournalBatch, JournalWritten } from '../../../../runner/history/messages.ts';
import { bitcoin, T0, trade } from '../../intake/events.ts';

it('a full disk', (t) => {
  const disk = mkdtempSync(path.join(tmpdir(), 'towline-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    rmSync(disk, { recursive: true });
    t.skip('a small disk can only be mounted by root');
    return;
  }
  t.after(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  const ballast = path.join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(60_000));
  const files = new JournalFiles(path.join(disk, 'recording'), {
    ...{ boot: 'b', run: 'r', confirmEveryMs: 0, confirmWithinMs: 1_000 },
  });
  let number = 0;
  const write = (trades: number): JournalWritten => {
    number += 1;
    const rows = new RowWriter();
    for (let at = 0; at < trades; at += 1)
      rows.add(0, trade({ timestamp: T0 + number, id: `${number}-${at}` }));
    const claims = [{ place: 0, from: T0 + number, to: T0 + number + 1, isMissed: false }];
    const batch: JournalBatch = {
      ...{ number, known: number - 1, environment: 'simulated', instruments: [bitcoin], rows: rows.take() },
      ...{ claims, keep: null, isCut: false, isLast: false },
    };
    return files.write(batch);
  };
  const idsIn = (): readonly string[] => {
    const file = path.join(disk, 'recording/simulated/linear/BTCUSDT/2026-07-05.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    assert.equal(lines.pop(), '', 'the last line is whole');
    return lines.map((line) => (JSON.parse(line) as { id: string }).id);
  };
  assert.deepEqual([write(10).failed, idsIn().length], [[], 10]);
  const full = write(2_000);
  assert.deepEqual([full.failed, full.unclaimed], [[0], [0]]);
  assert.match(full.message ?? '', /ENOSPC/);
  assert.equal(idsIn().length, 10, 'nothing of it is left');
  rmSync(ballast);
  const again = write(5);
  assert.deepEqual([again.failed, again.unclaimed, again.message], [[], [], null]);
  assert.deepEqual(idsIn().slice(10), ['3-0', '3-1', '3-2', '3-3', '3-4']);
});
