/** What is taken back of a stored day, while another process writes into its folder. */
import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { lockFolder } from '../../../../../connector/history/io/lock.ts';
import { type OpenedStore, openStore } from '../../../../../connector/history/run/io/day-store.ts';
import { dayFiles } from '../../../../../connector/history/store/paths.ts';
import { spanOfDay } from '../../../../../connector/history/store/spans.ts';
import {
  type CacheWorld,
  cacheWorld,
  contractsCsv,
  linearKey,
  made,
  madeAt,
  midnight,
} from '../../io/cache-world.ts';
import { linesOf, recorded } from '../../io/lines.ts';

const missed = [{ from: midnight + 10, to: midnight + 20 }];
const covered = [[0, 100]] as const;

/** A cache with a recorded day in it, and the store that takes back. */
async function opened(
  t: TestContext,
  lockWaitMs: number,
): Promise<{ readonly world: CacheWorld; readonly opened: OpenedStore }> {
  const world = cacheWorld(t);
  assert.ok((await world.store.appendLines(linesOf(world, [[recorded(5)]], { covered }))).ok);
  const store = openStore({ root: world.root, unixMs: () => madeAt, limits: { lockWaitMs } });
  t.after(() => store.close());
  return { world, opened: store };
}

describe('taking back', () => {
  it('makes the day one that is not trusted, when it claims any of it and is not from the archive', async (t) => {
    const { world, opened: store } = await opened(t, 10_000);
    const before = world.inventory();
    assert.deepEqual(await store.days.retract(linearKey, [{ from: midnight + 100, to: midnight + 200 }]), {
      ok: true,
      value: null,
    });
    assert.deepEqual(world.inventory(), before);
    assert.ok((await store.days.retract(linearKey, missed)).ok);
    assert.equal((await store.trades.judge(linearKey)).kind, 'untrusted');
    assert.deepEqual((await store.days.look(linearKey)).trades, []);
    assert.ok((await store.days.retract(linearKey, missed)).ok, 'a second time there is nothing to do');
    assert.ok((await world.store.importArchive(archiveOf(world))).ok);
    assert.ok((await store.days.retract(linearKey, missed)).ok);
    assert.equal((await store.days.look(linearKey)).isArchive, true);
  });

  it('is not done while another process writes there: it is told who', async (t) => {
    const { world, opened: store } = await opened(t, 100);
    const { folder } = dayFiles(world.root, linearKey, 'trades');
    const before = world.inventory();
    const lock = await lockFolder(folder, 0);
    const answer = await store.days.retract(linearKey, missed);
    await lock.release();
    assert.ok(!answer.ok && answer.failure.code === 'store_busy', JSON.stringify(answer));
    assert.deepEqual(world.inventory(), before);
  });

  it('leaves what that process has put there meanwhile: the day is judged when its turn has come', async (t) => {
    const { world, opened: store } = await opened(t, 10_000);
    const other = cacheWorld(t);
    assert.ok((await other.store.importArchive(archiveOf(other))).ok);
    const { folder, manifest } = dayFiles(world.root, linearKey, 'trades');
    const lock = await lockFolder(folder, 0);
    const stop = new AbortController();
    const waits = (async () => {
      for await (const { filename } of watch(folder, { signal: stop.signal }))
        if (filename?.endsWith('.draft') === true) return;
    })();
    const answer = store.days.retract(linearKey, missed);
    await Promise.race([waits, answer]);
    stop.abort();
    cpSync(dayFiles(other.root, linearKey, 'trades').folder, folder, { recursive: true });
    await lock.release();
    assert.ok((await answer).ok);
    assert.ok(existsSync(manifest));
    const { isArchive, trades } = await store.days.look(linearKey);
    assert.deepEqual([isArchive, trades], [true, [{ ...spanOfDay(linearKey.date), exactness: 'exact' }]]);
  });
});

function archiveOf(world: CacheWorld) {
  return world.archive(linearKey, world.packed(contractsCsv([made(50), made(600)])));
}
