/** Recorded lines add up to a day's file, each trade once and in order, until the archive takes its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import {
  asStored,
  cacheWorld,
  contractsCsv,
  linearKey,
  made,
  midnight,
  spotCsv,
  spotKey,
} from './cache-world.ts';
import { lineOf, linesOf, recorded } from './lines.ts';

const hour = 3_600_000;

describe('recorded lines', () => {
  it('become rows, with what they cover and what is missing', async (t) => {
    const world = cacheWorld(t);
    const rows = [
      recorded(1),
      recorded(2, { rpi: true, block: true, seq: null }),
      recorded(hour, { price: 1e-7 }),
    ];
    const gaps = [
      { from: midnight - 5, to: midnight, cause: 'not of this day' },
      { from: midnight + hour, to: midnight + 2 * hour, cause: 'runner_stopped' },
    ];
    const report = await world.store.appendLines(
      linesOf(world, [rows], {
        covered: [
          [-hour, hour / 2],
          [hour / 2, hour],
        ],
        gaps,
      }),
    );
    assert.ok(report.ok, JSON.stringify(report));
    const { manifest, ...counts } = report.value;
    assert.deepEqual(counts, {
      isTaken: true,
      added: 3,
      known: 0,
      doubles: 0,
      otherDays: 0,
      torn: 0,
      bad: 0,
      firstBad: null,
    });
    assert.deepEqual(await world.stored(linearKey), rows);
    assert.deepEqual(manifest.spans, [{ from: midnight, to: midnight + hour, exactness: 'exact' }]);
    assert.deepEqual(manifest.gaps, [gaps[1]]);
    assert.deepEqual([manifest.rows, manifest.price_decimals, manifest.qty_decimals], [3, 7, 2]);
    assert.deepEqual(
      manifest.sources.map(({ source, rows: count }) => [source, count]),
      [['recording', 3]],
    );
  });

  it('stand by time, then by sequence where there is one, then as they were told', async (t) => {
    const world = cacheWorld(t);
    const told = [
      recorded(5, { id: 'late', seq: 9 }),
      recorded(5, { id: 'c', seq: null }),
      recorded(5, { id: 'b', seq: 8 }),
      recorded(5, { id: 'd', seq: null }),
      recorded(5, { id: 'b2', seq: 8 }),
      recorded(4, { id: 'a' }),
    ];
    assert.ok((await world.store.appendLines(linesOf(world, [told.slice(0, 2), told.slice(2)]))).ok);
    assert.deepEqual(
      (await world.stored(linearKey)).map(({ id }) => id),
      ['a', 'b', 'b2', 'late', 'c', 'd'],
    );
  });

  it('are added to what is there: each id once, what was there stays', async (t) => {
    const world = cacheWorld(t);
    const first = [recorded(1), recorded(2), recorded(1, { price: 7 })];
    assert.ok((await world.store.appendLines(linesOf(world, [first], { covered: [[0, 100]] }))).ok);
    const more = [recorded(3), recorded(2, { price: 8 }), recorded(0)];
    const request = linesOf(world, [more], {
      covered: [
        [100, 200],
        [300, 400],
      ],
      source: 'recent',
    });
    const report = await world.store.appendLines(request);
    assert.ok(report.ok);
    const { manifest, added, known, doubles } = report.value;
    assert.deepEqual([added, known, doubles, manifest.doubles], [2, 1, 0, 1]);
    const recent = { source: 'recent' } as const;
    const expected = [recorded(0, recent), recorded(1), recorded(2), recorded(3, recent)];
    assert.deepEqual(await world.stored(linearKey), expected);
    assert.deepEqual(
      manifest.spans.map(({ from, to }) => [from - midnight, to - midnight]),
      [
        [0, 200],
        [300, 400],
      ],
    );
    assert.deepEqual(
      manifest.sources.map(({ source, rows }) => [source, rows]),
      [
        ['recording', 2],
        ['recent', 2],
      ],
    );
    const again = await world.store.appendLines(request);
    assert.ok(again.ok);
    assert.deepEqual([again.value.added, again.value.known], [0, 3], 'the same lines again add nothing');
    assert.deepEqual(await world.stored(linearKey), expected);
  });

  it('of other days are left out and counted', async (t) => {
    const world = cacheWorld(t);
    const rows = [recorded(-1), recorded(0), recorded(24 * hour - 1), recorded(24 * hour)];
    const report = await world.store.appendLines(linesOf(world, [rows], { covered: [[-hour, 25 * hour]] }));
    assert.ok(report.ok);
    assert.equal(report.value.otherDays, 2);
    assert.deepEqual(await world.stored(linearKey), rows.slice(1, 3));
    assert.deepEqual(report.value.manifest.spans, [
      { from: midnight, to: midnight + 24 * hour, exactness: 'exact' },
    ]);
  });

  it('may say that nothing traded', async (t) => {
    const world = cacheWorld(t);
    const report = await world.store.appendLines(linesOf(world, [''], { covered: [[0, hour]] }));
    assert.ok(report.ok, JSON.stringify(report));
    assert.deepEqual([report.value.manifest.rows, report.value.manifest.first], [0, null]);
    assert.deepEqual(await world.stored(linearKey), []);
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(1)]]))).ok);
    assert.deepEqual(await world.stored(linearKey), [recorded(1)]);
  });

  it('that lack their end were not confirmed: they are left out', async (t) => {
    const world = cacheWorld(t);
    const files = [`${lineOf(recorded(1))}${lineOf(recorded(2)).slice(0, 40)}`, [recorded(3)]];
    const report = await world.store.appendLines(linesOf(world, files, { covered: [[0, hour]] }));
    assert.ok(report.ok);
    assert.deepEqual([report.value.torn, report.value.bad], [1, 0]);
    assert.deepEqual(await world.stored(linearKey), [recorded(1), recorded(3)]);
    assert.deepEqual(report.value.manifest.gaps, []);
  });

  for (const [title, line] of [
    ['is no JSON', 'garbage\n'],
    ['lost its end in the middle', `${lineOf(recorded(2)).slice(0, 40)}\n`],
    ['has no price', lineOf(recorded(2)).replace('"price":93500.1,', '')],
    ['has a price of 0', lineOf(recorded(2, { price: 0 }))],
    ['has no id', lineOf(recorded(2, { id: '' }))],
    ['has another side', lineOf(recorded(2)).replace('"buy"', '"Buy"')],
  ] as const)
    it(`of which one ${title} leave a gap from the trade before to the trade after`, async (t) => {
      const world = cacheWorld(t);
      const file = `${lineOf(recorded(1))}${line}${lineOf(recorded(3))}`;
      const report = await world.store.appendLines(linesOf(world, [file], { covered: [[0, hour]] }));
      assert.ok(report.ok, JSON.stringify(report));
      assert.equal(report.value.bad, 1);
      assert.match(report.value.firstBad ?? '', /journal-0\.jsonl, line 2 is no trade/);
      assert.deepEqual(await world.stored(linearKey), [recorded(1), recorded(3)]);
      assert.deepEqual(report.value.manifest.gaps, [
        { from: midnight + 1, to: midnight + 4, cause: 'bad_line' },
      ]);
      assert.deepEqual(
        report.value.manifest.spans.map(({ from, to }) => [from - midnight, to - midnight]),
        [
          [0, 1],
          [4, hour],
        ],
      );
    });

  it('of which a thousand are no trades are refused', async (t) => {
    const world = cacheWorld(t);
    const report = await world.store.appendLines(linesOf(world, ['x\n'.repeat(1_001)]));
    assert.ok(!report.ok && report.failure.code === 'journal_bad', JSON.stringify(report));
    assert.deepEqual(world.inventory(), {});
  });

  it('that are too long, or not there, are refused', async (t) => {
    const world = cacheWorld(t);
    const long = await world.store.appendLines(linesOf(world, [`${'x'.repeat(100_000)}\n`]));
    assert.ok(!long.ok && long.failure.code === 'journal_bad', JSON.stringify(long));
    const none = await world.store.appendLines({ ...linesOf(world, []), files: ['/nowhere/journal.jsonl'] });
    assert.ok(!none.ok && none.failure.message.includes('/nowhere/journal.jsonl'), JSON.stringify(none));
    assert.deepEqual(world.inventory(), {});
  });

  it('give the same file in whatever parts they come', async (t) => {
    const world = cacheWorld(t);
    const trade = fc.record({
      at: fc.nat({ max: 30 }),
      seq: fc.option(fc.nat({ max: 5 })),
      id: fc.nat({ max: 60 }),
      price: fc.constantFrom(0.1, 93_500.1, 1e-7),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(trade, { maxLength: 20 }), { maxLength: 4 }), async (parts) => {
        assert.ok((await world.store.clear(linearKey)).ok);
        const lines = parts.map((part) =>
          part.map(({ at, seq, id, price }) => recorded(at, { seq, id: `t${id}`, price })),
        );
        for (const part of lines) assert.ok((await world.store.appendLines(linesOf(world, [part]))).ok);
        const seen = new Map<string, TradeRow>();
        for (const row of lines.flat()) if (!seen.has(row.id)) seen.set(row.id, row);
        if (lines.length > 0) assert.deepEqual(await world.stored(linearKey), inOrder([...seen.values()]));
      }),
      { numRuns: process.env['PROVE'] === undefined ? 8 : 200 },
    );
  });
});

/** A stable sort by time and sequence. */
function inOrder(rows: readonly TradeRow[]): readonly TradeRow[] {
  const seq = (row: TradeRow): number => row.seq ?? Number.POSITIVE_INFINITY;
  const difference = (a: number, b: number): number => (a === b ? 0 : a - b);
  return rows.toSorted((a, b) => a.timestamp - b.timestamp || difference(seq(a), seq(b)));
}

describe('an archive that comes', () => {
  const trades = [made(10), made(20), made(30)];

  it('takes the place of a recording, which is held against it', async (t) => {
    const world = cacheWorld(t);
    const rows = [
      recorded(1, { id: 'id-10' }),
      recorded(2, { id: 'id-20', price: 1 }),
      recorded(9, { id: 'only us' }),
    ];
    assert.ok((await world.store.appendLines(linesOf(world, [rows], { covered: [[0, hour]] }))).ok);
    const report = await world.store.importArchive(
      world.archive(linearKey, world.packed(contractsCsv(trades))),
    );
    assert.ok(report.ok, JSON.stringify(report));
    const { manifest, verification } = report.value;
    assert.equal(manifest.only_recorded, 1);
    assert.ok(verification !== null);
    const { missing_rows, extra_rows, ...counts } = verification;
    assert.deepEqual(counts, {
      matched_by: 'id',
      recorded: 3,
      archived: 3,
      expected: 3,
      matched: 2,
      missing: 1,
      extra: 1,
      different: 1,
      percentage: 66.6666,
    });
    assert.deepEqual(missing_rows, [asStored(made(30))]);
    assert.deepEqual(extra_rows, [rows[2]]);
    assert.deepEqual(await world.stored(linearKey), trades.map(asStored), 'the archive is the authority');
  });

  it('of spot is matched by values, each as often as it occurs', async (t) => {
    const world = cacheWorld(t);
    const rows = [recorded(1, { id: 'a' }), recorded(1, { id: 'b' }), recorded(1, { id: 'c' }), recorded(5)];
    const request = linesOf(world, [rows], { covered: [[0, 3]], key: spotKey });
    assert.ok((await world.store.appendLines(request)).ok);
    const file = world.packed(spotCsv([made(10), made(12), made(20), made(900)]));
    const report = await world.store.importArchive(world.archive(spotKey, file));
    assert.ok(report.ok && report.value.verification !== null, JSON.stringify(report));
    const { matched_by, expected, matched, missing, extra, different } = report.value.verification;
    assert.deepEqual([matched_by, expected, matched, missing, extra, different], ['values', 3, 2, 1, 2, 0]);
    assert.equal(report.value.manifest.only_recorded, 2);
  });

  it('stays when more lines come', async (t) => {
    const world = cacheWorld(t);
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, world.packed(contractsCsv(trades))))).ok,
    );
    const before = world.inventory();
    const report = await world.store.appendLines(linesOf(world, [[recorded(77)]]));
    assert.ok(report.ok && !report.value.isTaken && report.value.added === 0);
    assert.deepEqual(world.inventory(), before);
  });

  it('and comes again replaces itself', async (t) => {
    const world = cacheWorld(t);
    for (const part of [trades.slice(1), trades]) {
      const report = await world.store.importArchive(
        world.archive(linearKey, world.packed(contractsCsv(part))),
      );
      assert.ok(report.ok && report.value.verification === null);
    }
    assert.deepEqual(await world.stored(linearKey), trades.map(asStored));
  });
});
