/** What is stored of a span, the newest trades first: files of days and recordings on a real disk, against one list of all trades. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { readRows, type StoredRows } from '../../../../connector/history/rows/io/read-rows.ts';
import { newestRecorded } from '../../../../connector/history/rows/io/scan-recording.ts';
import type { FolderKey } from '../../../../connector/history/store/paths.ts';
import type { Span } from '../../../../connector/history/store/spans.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import { DAY_MS, utcDateOf } from '../../../../shared/day-totals.ts';
import { spanLine } from '../../../helpers/recordings.ts';
import {
  type CacheWorld,
  cacheWorld,
  contractsCsv,
  linearKey,
  made,
  midnight,
  parquetOf,
  spotCsv,
  spotKey,
} from '../io/cache-world.ts';
import { lineOf, linesOf, recorded } from '../io/lines.ts';

type World = CacheWorld & {
  readonly dataDir: string;
  /** Lines of a day as the runner writes them; a text is a line as it is. */
  readonly record: (
    key: FolderKey,
    date: string,
    lines: readonly (TradeRow | string)[],
    spans?: readonly Span[],
  ) => void;
  readonly ask: (key: FolderKey, span: Span, want: number) => Promise<StoredRows>;
};

function worldOf(t: TestContext): World {
  const world = cacheWorld(t);
  const dataDir = mkdtempSync(path.join(tmpdir(), 'towline-rows-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  return {
    ...world,
    dataDir,
    record: ({ environment, category, symbol }, date, lines, spans = []) => {
      const folder = path.join(dataDir, 'recording', environment, category, symbol);
      mkdirSync(folder, { recursive: true });
      const text = lines.map((line) => (typeof line === 'string' ? line : lineOf(line))).join('');
      appendFileSync(path.join(folder, `${date}.jsonl`), text);
      writeFileSync(path.join(folder, `${date}.spans.jsonl`), spans.map(spanLine).join(''));
    },
    ask: async (key, span, want) => {
      const found = await readRows({ trades: world.store, dataDir }, key, span, want);
      assert.ok(found.ok, JSON.stringify(found));
      return found.value;
    },
  };
}

/** All pages, as whoever asks on with what the answer says. */
async function allRows(world: World, key: FolderKey, span: Span, want: number) {
  const rows: TradeRow[] = [];
  const missing: Span[] = [];
  for (let to = span.to; ; ) {
    const page = await world.ask(key, { from: span.from, to }, want);
    assert.ok(page.rows.length >= want || !page.more, 'at least so many as were asked for');
    assert.ok(!page.more || page.about.from === page.rows.at(-1)?.timestamp);
    assert.equal(page.about.to, to);
    rows.push(...page.rows);
    missing.unshift(...page.missing);
    if (!page.more) return { rows, missing };
    to = page.about.from;
  }
}

const ids = (rows: readonly TradeRow[]) => rows.map(({ id }) => id);
const span = (from: number, to: number): Span => ({ from: midnight + from, to: midnight + to });
const twoDays = span(0, 2 * DAY_MS);

/** The order of the exchange, newest first. */
function naive(rows: readonly TradeRow[]): readonly TradeRow[] {
  return rows.toSorted((a, b) => a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0)).toReversed();
}

describe('stored rows', () => {
  it('are those of files and recordings together, each once and in order, on pages of any length', async () => {
    const drawn = fc.record({
      rows: fc.array(
        fc.record({ at: fc.nat(12), day: fc.nat(1), seq: fc.nat(2), place: fc.nat(3), late: fc.nat(9) }),
        {
          maxLength: 40,
          size: 'max',
        },
      ),
      want: fc.integer({ min: 1, max: 15 }),
      from: fc.nat(10),
      to: fc.nat(13),
    });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ rows: picks, want, from, to }) => {
        const world = worldOf({ after: () => undefined } as unknown as TestContext);
        // Sequences that differ, so that only time and sequence decide.
        const rows = picks.map(({ at, day, seq }, index) =>
          recorded(at + day * DAY_MS, { id: `t${index}`, seq: seq * 1_000 + index }),
        );
        for (const day of [0, 1]) {
          const date = utcDateOf(midnight + day * DAY_MS);
          const ofDay = rows
            .map((row, index) => ({ row, pick: picks[index] }))
            .filter(({ pick }) => pick?.day === day);
          const rolled = ofDay.filter(({ pick }) => pick?.place !== 0).map(({ row }) => row);
          if (rolled.length > 0)
            assert.ok(
              (await world.store.appendLines({ ...linesOf(world, [rolled]), key: { ...linearKey, date } }))
                .ok,
            );
          // Told late, told twice, and not rolled: whatever is not in the file is in the recording.
          const told = ofDay.filter(({ pick }) => pick?.place !== 1);
          const inOrder = told.toSorted(
            (a, b) => (a.pick?.late === 0 ? 1 : 0) - (b.pick?.late === 0 ? 1 : 0),
          );
          const lines = inOrder.flatMap(({ row, pick }) => (pick?.place === 2 ? [row, row] : [row]));
          world.record(linearKey, date, [...lines, '{"timestamp":17855']);
        }
        const asked = { from: midnight + from, to: midnight + DAY_MS + to };
        const { rows: found } = await allRows(world, linearKey, asked, want);
        const truth = rows.filter(({ timestamp }) => timestamp >= asked.from && timestamp < asked.to);
        assert.deepEqual(ids(found), ids(naive(truth)));
        await world.store.close();
        rmSync(world.dataDir, { recursive: true });
        rmSync(path.dirname(world.root), { recursive: true });
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('say what of the span is not stored, also after what a recording takes back', async (t) => {
    const world = worldOf(t);
    const rows = [recorded(100), recorded(200), recorded(900)];
    assert.ok(
      (await world.store.appendLines(linesOf(world, [rows.slice(0, 2)], { covered: [[50, 300]] }))).ok,
    );
    world.record(linearKey, linearKey.date, rows, [span(800, 1_000)]);
    const file = path.join(
      world.dataDir,
      'recording/simulated/linear/BTCUSDT',
      `${linearKey.date}.spans.jsonl`,
    );
    appendFileSync(file, `{"missed_from":${midnight + 120},"missed_to":${midnight + 130}}\n`);
    const { rows: found, missing } = await allRows(world, linearKey, span(0, 1_200), 10);
    assert.deepEqual(ids(found), ['id-900', 'id-200', 'id-100']);
    assert.deepEqual(missing, [span(0, 50), span(120, 130), span(300, 800), span(1_000, 1_200)]);
    const page = await world.ask(linearKey, span(0, 1_200), 1);
    assert.deepEqual(
      [ids(page.rows), page.more, page.about, page.missing],
      [['id-900'], true, span(900, 1_200), [span(1_000, 1_200)]],
    );
    const nothing = await world.ask({ ...linearKey, symbol: 'ETHUSDT' }, span(0, 10), 5);
    assert.deepEqual(nothing, { rows: [], more: false, about: span(0, 10), missing: [span(0, 10)] });
  });

  it('are those of the archive alone where it has the day, on spot with ids of its own', async (t) => {
    const world = worldOf(t);
    const archive = [made(1_000, { id: 'a' }), made(1_002, { id: 'b' }), made(1_001, { id: 'c' })];
    for (const key of [linearKey, spotKey]) {
      const csv = key === spotKey ? spotCsv(archive) : contractsCsv(archive);
      assert.ok((await world.store.importArchive(world.archive(key, world.packed(csv)))).ok);
      world.record(
        key,
        key.date,
        [recorded(100, { id: 'live' }), recorded(500, { id: 'more' })],
        [span(0, 900)],
      );
    }
    const linear = await allRows(world, linearKey, twoDays, 2);
    assert.deepEqual(ids(linear.rows), ['b', 'c', 'a'], 'by the finer time of the archive');
    assert.deepEqual(linear.missing, [span(DAY_MS, 2 * DAY_MS)]);
    const spot = await allRows(world, spotKey, span(0, DAY_MS), 1);
    assert.deepEqual(ids(spot.rows), ['3', '2', '1']);
    assert.deepEqual(spot.missing, []);
  });

  it('do not come from a file that is not trusted, which is missing then', async (t) => {
    const world = worldOf(t);
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(1)]], { covered: [[0, 500]] }))).ok);
    appendFileSync(parquetOf(world.root, linearKey), 'x');
    world.record(linearKey, linearKey.date, [recorded(7)], [span(5, 9)]);
    const page = await world.ask(linearKey, span(0, 10), 5);
    assert.deepEqual([ids(page.rows), page.missing], [['id-7'], [span(0, 5), span(9, 10)]]);
  });
});

describe('a recording', () => {
  it('is missing from the trade before a line that cannot be read to the trade after it', async (t) => {
    const world = worldOf(t);
    const lines = [
      recorded(10),
      'torn{"timest\n',
      '{"id":"x"}\n',
      recorded(20),
      `{"timestamp":${midnight + 25},nonsense}\n`,
      recorded(30),
    ];
    world.record(linearKey, linearKey.date, lines, [span(0, 40)]);
    const page = await world.ask(linearKey, span(0, 40), 10);
    assert.deepEqual(ids(page.rows), ['id-30', 'id-20', 'id-10']);
    assert.deepEqual(page.missing, [span(10, 31)]);
  });

  it('is read whatever the length of its lines and of the file', async (t) => {
    const world = worldOf(t);
    const many = Array.from({ length: 30_000 }, (_, index) => recorded(index * 2));
    const long = `${'y'.repeat(3_000_000)}\n`;
    const file = world.raw(
      [...many.map(lineOf), long, lineOf(recorded(70_000)), lineOf(recorded(1))].join(''),
      'long.jsonl',
    );
    const found = await newestRecorded(file, span(0, DAY_MS), 5);
    assert.deepEqual(ids(found.rows), ['id-70000', 'id-59998', 'id-59996', 'id-59994', 'id-59992']);
    assert.equal(found.more, true);
    assert.deepEqual(found.bad, [span(59_998, 70_001)]);
    const oldest = await newestRecorded(file, span(0, 3), 5);
    assert.deepEqual([ids(oldest.rows), oldest.more], [['id-2', 'id-1', 'id-0'], false]);
    const garbage = world.raw(`${lineOf(recorded(1))}no\n`.repeat(1_002), 'garbage.jsonl');
    await assert.rejects(newestRecorded(garbage, span(0, 10), 5), {
      code: 'journal_bad',
      message: /are no trades/,
    });
  });
});
