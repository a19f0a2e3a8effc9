/** The files of recorded trades: claimed as soon as they are written, whole after a kill at any byte, kept within limits. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { JournalFiles } from '../../../../runner/history/io/journal-files.ts';
import { keepWithin, positionsOf } from '../../../../runner/history/io/journal-folder.ts';
import { spansOfLines } from '../../../../shared/recording-files.ts';
import { unixMs } from '../../../../shared/time.ts';
import { batchOf, claim, date, fileOf, idsIn, midnight } from './journal-batches.ts';

const base = mkdtempSync(path.join(tmpdir(), 'towline-journal-'));
after(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
function newRoot(): string {
  folders += 1;
  return path.join(base, String(folders));
}

const usual = { boot: 'b1', run: 'r1', confirmEveryMs: 1e9, confirmWithinMs: 1e9 };

describe('a batch', () => {
  it('goes to a file a symbol and UTC day, in its order', () => {
    const root = newRoot();
    const written = new JournalFiles(root, usual).write(
      batchOf(1, [
        { trade: { timestamp: midnight + 1 } },
        { place: 1, trade: { timestamp: midnight + 2 } },
        { trade: { timestamp: midnight - 1 } },
        { trade: { timestamp: midnight + 0 } },
      ]),
    );
    assert.deepEqual([written.failed, written.message], [[], null]);
    assert.deepEqual(idsIn(fileOf(root, `${date}.jsonl`)), [`${midnight + 1}`, `${midnight}`]);
    assert.deepEqual(idsIn(fileOf(root, '2026-07-31.jsonl')), [`${midnight - 1}`]);
    assert.deepEqual(readdirSync(path.join(root, 'simulated', 'spot')), ['ETHUSDT']);
  });

  it('claims in the file of each day what is of it', () => {
    const root = newRoot();
    new JournalFiles(root, usual).write(
      batchOf(1, [], { claims: [claim(-5, 5), claim(3, 4, { isMissed: true })] }),
    );
    assert.equal(
      readFileSync(fileOf(root, '2026-07-31.spans.jsonl'), 'utf8'),
      `{"from":${midnight - 5},"to":${midnight},"boot":"b1.r1"}\n`,
    );
    assert.deepEqual(spansOfLines(readFileSync(fileOf(root, `${date}.spans.jsonl`), 'utf8'), 'b1'), [
      { from: midnight, to: midnight + 3 },
      { from: midnight + 4, to: midnight + 5 },
    ]);
  });

  it('that cannot be written claims nothing, leaves the file as it was, and harms no other instrument', () => {
    const root = newRoot();
    const files = new JournalFiles(root, usual);
    files.write(batchOf(1, [{ trade: { timestamp: midnight + 1 } }]));
    // A folder where the day's file should be.
    mkdirSync(fileOf(root, '2026-08-02.jsonl'));
    const written = files.write(
      batchOf(
        2,
        [{ trade: { timestamp: midnight + 86_400_000 } }, { place: 1, trade: { timestamp: midnight } }],
        {
          claims: [claim(0, 1), claim(0, 1, { place: 1 })],
        },
      ),
    );
    assert.deepEqual([written.failed, written.unclaimed], [[0], [0]]);
    assert.match(written.message ?? '', /EISDIR/);
    assert.ok(!existsSync(fileOf(root, `${date}.spans.jsonl`)));
    assert.ok(existsSync(path.join(root, 'simulated', 'spot', 'ETHUSDT', `${date}.spans.jsonl`)));
    // What was claimed before the recorder knew of the failure may rest on it.
    const next = files.write(
      batchOf(3, [], { known: 1, claims: [claim(0, 9), claim(4, 5, { isMissed: true })] }),
    );
    assert.deepEqual(next.unclaimed, [0]);
    assert.deepEqual(files.write(batchOf(4, [], { known: 3, claims: [claim(0, 3)] })).unclaimed, []);
    assert.deepEqual(spansOfLines(readFileSync(fileOf(root, `${date}.spans.jsonl`), 'utf8'), 'b1'), [
      { from: midnight, to: midnight + 3 },
    ]);
  });

  it('whose claims cannot be written says so; its trades are there', () => {
    const root = newRoot();
    mkdirSync(fileOf(root, `${date}.spans.jsonl`), { recursive: true });
    const written = new JournalFiles(root, usual).write(
      batchOf(1, [{ trade: { timestamp: midnight + 1 } }], { claims: [claim(0, 1)] }),
    );
    assert.deepEqual([written.failed, written.unclaimed], [[], [0]]);
    assert.equal(idsIn(fileOf(root, `${date}.jsonl`)).length, 1);
  });

  it('leaves out late trades that a former run has recorded', () => {
    const root = newRoot();
    const before = Array.from({ length: 9_000 }, (_, at) => ({ trade: { timestamp: midnight + at } }));
    new JournalFiles(root, usual).write(batchOf(1, before));
    const late = { origin: 'healed' } as const;
    const written = new JournalFiles(root, usual).write(
      batchOf(1, [
        { trade: { timestamp: midnight + 8_000, ...late } },
        { trade: { timestamp: midnight + 8_999, ...late } },
        { trade: { timestamp: midnight + 9_000, ...late } },
        { trade: { timestamp: midnight + 9_001 } },
      ]),
    );
    assert.equal(written.doubles, 2);
    const ids = idsIn(fileOf(root, `${date}.jsonl`));
    assert.equal(ids.length, 9_002);
    assert.deepEqual(ids.slice(-2), [`${midnight + 9_000}`, `${midnight + 9_001}`]);
  });
});

describe('a file that a killed run has left', () => {
  it('is whole again after the next batch, whatever byte it was killed at', () => {
    const root = newRoot();
    const file = fileOf(root, `${date}.jsonl`);
    fc.assert(
      fc.property(fc.nat(700), fc.boolean(), (cut, isWhole) => {
        rmSync(root, { recursive: true, force: true });
        const first = [1, 2, 3, 4, 5].map((at) => ({ trade: { timestamp: midnight + at } }));
        new JournalFiles(root, usual).write(batchOf(1, first));
        const whole = readFileSync(file);
        const size = isWhole ? whole.length : Math.min(cut, whole.length);
        truncateSync(file, size);
        const lines = whole.subarray(0, size).toString().split('\n').length - 1;
        const written = new JournalFiles(root, usual).write(
          batchOf(1, [{ trade: { timestamp: midnight + 9 } }]),
        );
        const expected = [1, 2, 3, 4, 5].slice(0, lines).map((at) => `${midnight + at}`);
        assert.deepEqual(idsIn(file), [...expected, `${midnight + 9}`]);
        const isTorn = size > 0 && whole[size - 1] !== 0x0a;
        assert.equal(written.torn, isTorn ? 1 : 0);
      }),
      { numRuns: 60 },
    );
  });

  it('may end with zeros, after a power failure', () => {
    const root = newRoot();
    const files = new JournalFiles(root, usual);
    files.write(batchOf(1, [{ trade: { timestamp: midnight + 1 } }]));
    appendFileSync(fileOf(root, `${date}.jsonl`), Buffer.alloc(10_000));
    assert.equal(files.write(batchOf(2, [{ trade: { timestamp: midnight + 2 } }])).torn, 1);
    assert.deepEqual(idsIn(fileOf(root, `${date}.jsonl`)), [`${midnight + 1}`, `${midnight + 2}`]);
  });

  it('may be removed while the runner lives: it begins anew', () => {
    const root = newRoot();
    const files = new JournalFiles(root, usual);
    files.write(batchOf(1, [{ trade: { timestamp: midnight + 1 } }]));
    rmSync(root, { recursive: true });
    files.write(batchOf(2, [{ trade: { timestamp: midnight + 2 } }]));
    assert.deepEqual(idsIn(fileOf(root, `${date}.jsonl`)), [`${midnight + 2}`]);
  });
});

describe('what is kept', () => {
  const days = ['2026-07-28', '2026-07-29', '2026-07-30', '2026-07-31', date];
  function filled(bytes: number): string {
    const root = newRoot();
    for (const day of days)
      for (const symbol of ['linear/BTCUSDT', 'spot/ETHUSDT']) {
        const folder = path.join(root, 'simulated', symbol);
        mkdirSync(folder, { recursive: true });
        writeFileSync(path.join(folder, `${day}.jsonl`), 'x'.repeat(bytes - 10));
        writeFileSync(path.join(folder, `${day}.spans.jsonl`), 'x'.repeat(10));
      }
    writeFileSync(path.join(root, 'simulated', 'spot', 'ETHUSDT', 'mine.txt'), 'x'.repeat(100_000));
    return root;
  }
  const left = (root: string): readonly string[] => [
    ...new Set(positionsOf(root, 'simulated').map((one) => one.date)),
  ];
  const now = unixMs(midnight + 3_600_000);
  const day = 86_400_000;

  it('is bounded by age, both files of a day together, and no file of anybody else is touched', () => {
    const root = filled(100);
    assert.deepEqual(keepWithin(root, { bytes: 1e9, ageMs: 2 * day, now }), {
      bytes: 600,
      removed: 4,
      isOver: false,
    });
    assert.deepEqual(left(root), ['2026-07-30', '2026-07-31', date]);
    assert.ok(existsSync(path.join(root, 'simulated', 'spot', 'ETHUSDT', 'mine.txt')));
  });

  it('is bounded by bytes: the oldest days leave first', () => {
    const root = filled(100);
    assert.deepEqual(keepWithin(root, { bytes: 650, ageMs: 99 * day, now }), {
      bytes: 600,
      removed: 4,
      isOver: false,
    });
    assert.deepEqual(left(root), ['2026-07-30', '2026-07-31', date]);
  });

  it('always has today; when that alone is too much it is told', () => {
    const root = filled(100);
    assert.deepEqual(keepWithin(root, { bytes: 150, ageMs: 99 * day, now }), {
      bytes: 200,
      removed: 8,
      isOver: true,
    });
    assert.deepEqual(left(root), [date]);
  });

  it('is nothing where nothing was recorded', () => {
    assert.deepEqual(keepWithin(newRoot(), { bytes: 1, ageMs: day, now }), {
      bytes: 0,
      removed: 0,
      isOver: false,
    });
  });
});
