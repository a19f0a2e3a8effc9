/** A feed as a file: whole or not there, of bounded memory, and every trade and book of a day is in it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { FeedEvent } from '../../../../connector/history/hftbacktest/feed-rows.ts';
import { eventsOfStored } from '../../../../connector/history/hftbacktest/stored-trades.ts';
import { exportFeed, type FeedExport } from '../../../../connector/history/io/feed-file.ts';
import { type EventRow, eventMatches } from '../../../../shared/hftbacktest.ts';
import { cacheWorld, contractsCsv, linearKey, made, midnight } from '../io/cache-world.ts';
import { book, choice, inOrder, instrument, mapped, memberOf, rowsOfNpy, start, trade } from './feeds.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function written(events: readonly FeedEvent[], options: FeedExport): Promise<readonly EventRow[]> {
  const result = await exportFeed([events], options);
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  const npy = options.file.endsWith('.npz') ? memberOf(options.file).bytes : readFileSync(options.file);
  const rows = rowsOfNpy(npy);
  assert.equal(result.value.rows, rows.length);
  return rows;
}

/** Trades and books with every kind of lateness, some of them healed. */
const story: fc.Arbitrary<readonly FeedEvent[]> = fc
  .array(
    fc.record({
      step: fc.integer({ min: 0, max: 30 }),
      lag: fc.integer({ min: 1, max: 80 }),
      isTrade: fc.boolean(),
      isSnapshot: fc.boolean(),
      isHealed: fc.boolean(),
      size: fc.integer({ min: 0, max: 4 }),
    }),
    { size: 'max', minLength: 1, maxLength: 120 },
  )
  .map((list) => {
    let now = 0;
    return list.map(({ step, lag, isTrade, isSnapshot, isHealed, size }, index) => {
      now += step;
      const received_at = (start + now + 100) * 1_000 + index;
      const at = now - lag - (isHealed ? 5_000 : 0);
      if (isTrade) return trade(at, { received_at, qty: index + 1, origin: isHealed ? 'healed' : 'live' });
      const bids = Array.from({ length: size }, (_, level) => [100 - level, index + 1] as const);
      const asks = Array.from({ length: 4 - size }, (_, level) => [101 + level, index + 1] as const);
      return book(now - lag, bids, asks, { received_at, action: isSnapshot ? 'snapshot' : 'delta' });
    });
  });

describe('a feed', () => {
  it('holds on each side every row of every event, in its order, packed or not', async (t) => {
    const folder = folderOf(t);
    await fc.assert(
      fc.asyncProperty(story, fc.constantFrom('npz', 'npy'), async (events, form) => {
        const rows = await written(events, { ...choice, file: path.join(folder, `feed.${form}`) });
        assert.deepEqual(rows, inOrder(mapped(events)).rows);
        const local = rows.filter(({ ev }) => eventMatches(ev, 0x40000000n));
        // Events were received in the order in which they were told, so the local side reads back as the story.
        assert.deepEqual(
          local.map(({ ev, ...row }) => ({ ev: ev & 0x3fffffffn, ...row })),
          mapped(events),
        );
      }),
      { numRuns: 40 },
    );
    assert.deepEqual(readdirSync(folder).toSorted(), ['feed.npy', 'feed.npz'], 'nothing else is left');
  });

  it('is the same file for the same events, with the one member that hftbacktest looks for', async (t) => {
    const folder = folderOf(t);
    const [one, two] = [path.join(folder, 'one.npz'), path.join(folder, 'two.npz')];
    for (const file of [one, two]) await written([trade(1), book(2, [[100, 1]], [])], { ...choice, file });
    assert.deepEqual(readFileSync(one), readFileSync(two));
    assert.equal(memberOf(one).name, 'data.npy');
  });

  it('of more rows than a block has is whole; its report counts', async (t) => {
    const file = path.join(folderOf(t), 'feed.npy');
    const levels = Array.from({ length: 500 }, (_, index) => [1_000 + index, 1] as const);
    const events = Array.from({ length: 60 }, (_, index) => book(index * 10, levels, levels));
    const late = [trade(0, { received_at: (start + 700) * 1_000 }), trade(1, { block: true })];
    const result = await exportFeed([events, late], { ...choice, file });
    assert.deepEqual(result, {
      ok: true,
      value: {
        file,
        trades: 1,
        books: 60,
        block_trades: 1,
        other_books: 0,
        rows: 60_002,
        split: 1,
        least_latency: 8_000_000n,
        shifted: 0n,
      },
    });
    assert.deepEqual(rowsOfNpy(readFileSync(file)), inOrder(mapped([...events, ...late])).rows);
  });

  it('has its receipts made later when the clocks differ', async (t) => {
    const early = trade(1, { received_at: (start - 9) * 1_000 });
    const file = path.join(folderOf(t), 'feed.npy');
    const rows = await written([trade(0), early], { ...choice, file, baseLatency: 3n });
    assert.deepEqual(
      new Set(rows.map(({ exch_ts, local_ts }) => local_ts - exch_ts)),
      new Set([15_000_003n, 3n]),
    );
  });

  it('of stored trades has every trade of the day', async (t) => {
    const world = cacheWorld(t);
    const trades = Array.from({ length: 5_000 }, (_, index) =>
      made(index * 170_000, {
        id: `id-${index}`,
        price: `${93_000 + index / 10}`,
        side: index % 3 === 0 ? 'sell' : 'buy',
      }),
    );
    const imported = await world.store.importArchive(
      world.archive(linearKey, world.packed(contractsCsv(trades))),
    );
    assert.ok(imported.ok);
    const span = { from: midnight, to: midnight + 86_400_000 };
    const file = path.join(folderOf(t), 'day.npz');
    const stored = eventsOfStored(world.store.tradesOf(linearKey, span), instrument);
    const result = await exportFeed(stored, { ...instrument, depth: null, latency: 20_000_000n, file });
    assert.ok(result.ok);
    assert.deepEqual(
      rowsOfNpy(memberOf(file).bytes).map(({ ev, exch_ts, local_ts, px, qty }) => [
        ev,
        exch_ts,
        local_ts,
        px,
        qty,
      ]),
      trades.map(({ at, price, qty, side }) => {
        const ns = BigInt(midnight + Math.floor(at / 10)) * 1_000_000n;
        return [side === 'buy' ? 0xe0000002n : 0xd0000002n, ns, ns + 20_000_000n, Number(price), Number(qty)];
      }),
    );
  });
});

describe('a feed that cannot be written', () => {
  const refusals: readonly (readonly [string, readonly FeedEvent[], Partial<FeedExport>])[] = [
    ['local_time_missing', [trade(1), trade(2, { received_at: undefined })], {}],
    ['feed_empty', [trade(1, { symbol: 'ETHUSDT' })], {}],
    ['latency_wrong', [trade(1)], { latency: -5n }],
    ['too_far_out_of_order', [trade(50), trade(40), trade(60)], { waitingMax: 2 }],
  ];
  for (const [code, events, options] of refusals) {
    it(`says ${code} and leaves what was there`, async (t) => {
      const folder = folderOf(t);
      const file = path.join(folder, 'feed.npz');
      writeFileSync(file, 'before');
      const result = await exportFeed([events], { ...choice, ...options, file });
      assert.equal(result.ok ? 'written' : result.failure.code, code);
      assert.deepEqual(readdirSync(folder), ['feed.npz']);
      assert.equal(readFileSync(file, 'utf8'), 'before');
    });
  }

  it('names a file that hftbacktest would not open, and a folder that is not there', async (t) => {
    const folder = folderOf(t);
    const codeOf = async (name: string): Promise<string> => {
      const result = await exportFeed([[trade(1)]], { ...choice, file: path.join(folder, name) });
      return result.ok ? 'written' : `${result.failure.code}: ${result.failure.message}`;
    };
    assert.match(await codeOf('feed.csv'), /^file_name_wrong: .*must end in \.npz \(packed\) or \.npy/);
    assert.match(await codeOf('none/feed.npz'), /^write_failed: .*ENOENT/);
    mkdirSync(path.join(folder, 'taken.npz'));
    assert.match(await codeOf('taken.npz'), /^write_failed: /);
    assert.deepEqual(readdirSync(folder), ['taken.npz']);
  });

  it('says that the disk is full, at whatever draft, and leaves it as it was', async (t) => {
    const events = Array.from({ length: 4_000 }, (_, index) =>
      trade(index, { qty: (index * 7_919) % 104_729 }),
    );
    // Rows of 256,000 bytes: there is room for not even the first draft, for that, for both.
    for (const room of ['128k', '384k', '516k']) {
      const disk = folderOf(t);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${room}`, 'tmpfs', disk], { stdio: 'ignore' });
      } catch {
        t.skip('a small disk can only be mounted by root');
        return;
      }
      try {
        const file = path.join(disk, 'feed.npy');
        writeFileSync(file, 'before');
        const result = await exportFeed([events], { ...choice, file });
        const told = result.ok ? 'written' : `${result.failure.code}: ${result.failure.message}`;
        assert.match(told, room === '516k' ? /^written/ : /^disk_full: .*the disk is full .*Make room/, room);
        assert.deepEqual(readdirSync(disk), ['feed.npy']);
        assert.equal(readFileSync(file).length, room === '516k' ? 256_256 : 'before'.length);
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
    }
  });

  it('passes on what goes wrong with the events, and leaves nothing half written', async (t) => {
    const folder = folderOf(t);
    function* broken(): Generator<readonly FeedEvent[]> {
      yield [trade(1)];
      throw new Error('the recording is damaged');
    }
    const result = await exportFeed(broken(), { ...choice, file: path.join(folder, 'feed.npz') });
    assert.match(result.ok ? '' : result.failure.message, /cannot write the feed .*the recording is damaged/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

it('what a killed run left is removed by the next; what a living one writes is not', async (t) => {
  const folder = folderOf(t);
  const file = path.join(folder, 'feed.npy');
  // Above the highest pid there can be.
  const dead = 'feed.npy.4194305-1.rows.partial';
  const kept = [
    `feed.npy.${process.ppid}-1.rows.partial`,
    'other.npy.4194305-1.rows.partial',
    'feed.npy.4194305-1.mine',
  ];
  for (const name of [dead, ...kept]) writeFileSync(path.join(folder, name), '');
  await written([trade(1)], { ...choice, file });
  assert.deepEqual(readdirSync(folder).toSorted(), ['feed.npy', ...kept].toSorted());
});
