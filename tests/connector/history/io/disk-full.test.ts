/** A disk that is full, and a file that cannot grow: the cache stays as it was, nothing is left behind, and the words say why. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { HistoryStore } from '../../../../connector/history/io/history-store.ts';
import {
  asStored,
  cacheWorld,
  contractsCsv,
  inventoryOf,
  linearKey,
  made,
  madeAt,
  rowsIn,
} from './cache-world.ts';

const few = [made(1), made(2)];
/** Some 300 KB of Parquet: ids that do not compress. */
const many = Array.from({ length: 10_000 }, (_, index) =>
  made(index, {
    id: `${(index * 0x9e3779b1) >>> 0}-${(index * 0x85ebca6b) >>> 0}-${(index * 0xc2b2ae35) >>> 0}`,
  }),
);

describe('a cache that cannot be written', () => {
  it('on a disk that is full says so, and is as it was', async (t) => {
    const disk = mkdtempSync(path.join(tmpdir(), 'towline-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      rmSync(disk, { recursive: true });
      t.skip('a small disk can only be mounted by root');
      return;
    }
    const world = cacheWorld(t);
    const store = new HistoryStore({ root: disk, unixMs: () => madeAt });
    try {
      const good = await store.importArchive(world.archive(linearKey, world.packed(contractsCsv(few))));
      assert.ok(good.ok, JSON.stringify(good));
      const before = inventoryOf(disk);
      for (const attempt of ['the first', 'the next']) {
        const report = await store.importArchive(world.archive(linearKey, world.packed(contractsCsv(many))));
        assert.ok(!report.ok && report.failure.code === 'disk_full', `${attempt}: ${JSON.stringify(report)}`);
        assert.match(report.failure.message, /the disk is full .*Make room/);
        assert.deepEqual(inventoryOf(disk), before);
      }
      assert.deepEqual(await rowsIn(store, linearKey), few.map(asStored));
    } finally {
      await store.close();
      execFileSync('umount', ['-l', disk]);
      rmSync(disk, { recursive: true });
    }
  });

  it('since its files may not grow, fails with the reason, and is as it was', (t) => {
    const world = cacheWorld(t);
    const file = world.packed(contractsCsv(many));
    const child = path.join(import.meta.dirname, 'import-child.ts');
    const run = spawnSync(
      'sh',
      ['-c', `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`, process.execPath, child, world.root, file],
      { encoding: 'utf8' },
    );
    assert.match(run.stdout, /"code":"write_failed".*File too large/, run.stdout + run.stderr);
    assert.deepEqual(world.inventory(), {});
  });
});
