/** The look at the free disk: with made-up answers, and with the real one. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FreeDisk, type ReadStatfs } from '../../../shared/io/free-disk.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const MB = 1024 * 1024;

function world(minBytes = 500 * MB, folder = '/data/dumps') {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const changes: boolean[] = [];
  let answer: ReadStatfs = async () => ({ bsize: MB, bavail: 1_000 });
  const disk = new FreeDisk({
    folder,
    minBytes,
    everyMs: 10_000,
    monoMs: clock.monoMs,
    statfs: (of) => {
      asked.push(of);
      return answer(of);
    },
    onChange: (isLow) => changes.push(isLow),
  });
  return {
    clock,
    disk,
    asked,
    changes,
    answers: (next: ReadStatfs) => {
      answer = next;
    },
    has: (megabytes: number) => {
      answer = async () => ({ bsize: MB, bavail: megabytes });
    },
  };
}

test('below the limit there is no room; it comes back by itself, a little later than it went', async () => {
  const { disk, has, changes } = world();
  await disk.look();
  assert.deepEqual([disk.isLow, disk.fault(), disk.freeBytes], [false, null, 1_000 * MB]);
  has(499);
  await disk.look();
  assert.equal(disk.isLow, true);
  assert.match(
    disk.fault() ?? '',
    /499 MB are free on the disk of \/data\/dumps, less than MIN_FREE_DISK_MB=500: .*make room/,
  );
  has(510);
  await disk.look();
  assert.equal(disk.isLow, true, 'not before there is clearly more');
  has(530);
  await disk.look();
  assert.deepEqual([disk.isLow, disk.fault()], [false, null]);
  assert.deepEqual(changes, [true, false]);
});

test('it is looked at every ten seconds, whoever asks how often', async () => {
  const { disk, asked, clock } = world();
  for (let tick = 0; tick < 100; tick += 1) disk.tick();
  assert.equal(asked.length, 1);
  await disk.look();
  clock.advance(9_900);
  disk.tick();
  const before = asked.length;
  clock.advance(200);
  disk.tick();
  assert.equal(asked.length, before + 1);
});

test('a disk that hangs is asked once, and keeps nobody', async () => {
  const { disk, asked, answers, clock } = world();
  const hangs = Promise.withResolvers<{ bsize: number; bavail: number }>();
  answers(() => hangs.promise);
  for (let look = 0; look < 5; look += 1) {
    disk.tick();
    clock.advance(20_000);
  }
  assert.deepEqual([asked.length, disk.isLow], [1, false]);
  hangs.resolve({ bsize: MB, bavail: 1 });
  await disk.look();
  assert.equal(disk.isLow, true);
});

test('a folder that is not there yet is judged by the one above it; what cannot be known forbids nothing', async () => {
  const missing = world();
  missing.answers(async (of) => {
    if (of !== '/data') throw Object.assign(new Error('none'), { code: 'ENOENT' });
    return { bsize: MB, bavail: 3 };
  });
  await missing.disk.look();
  assert.deepEqual(missing.asked, ['/data/dumps', '/data']);
  assert.equal(missing.disk.isLow, true);
  const unknown = world();
  unknown.answers(async () => Promise.reject(new Error('EACCES')));
  await unknown.disk.look();
  assert.deepEqual([unknown.disk.isLow, unknown.disk.freeBytes], [false, null]);
});

test('the real disk has an answer, also for a folder that is not there; 0 asks for nothing', async () => {
  const folder = path.join(tmpdir(), 'towline-there-is-none', 'below');
  const { monoMs } = new VirtualClock();
  const tooMuch = new FreeDisk({ folder, minBytes: Number.MAX_SAFE_INTEGER, everyMs: 10_000, monoMs });
  await tooMuch.look();
  assert.equal(tooMuch.isLow, true);
  assert.ok((tooMuch.freeBytes ?? 0) > 0);
  const none = new FreeDisk({ folder, minBytes: 0, everyMs: 10_000, monoMs });
  none.tick();
  await none.look();
  assert.equal(none.isLow, false);
});
