/** What is stored is read as it was written: by us, by an independent reader of Parquet, and by programs that know the old columns. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { Database } from '../../../../connector/history/io/database.ts';
import { rowsOf } from '../../../../connector/history/io/trade-rows.ts';
import { dayFiles } from '../../../../connector/history/store/paths.ts';
import { spanOfDay } from '../../../../connector/history/store/spans.ts';
import { copyToParquet } from '../../../../connector/history/store/sql-text.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import {
  asStored,
  type CacheWorld,
  cacheWorld,
  contractsCsv,
  linearKey,
  made,
  midnight,
  parquetOf,
} from './cache-world.ts';
import { linesOf, recorded } from './lines.ts';

const day = 86_400_000;
const nextKey = { ...linearKey, date: '2026-08-02' };
/** More than two row groups. */
const many = Array.from({ length: 110_000 }, (_, index) =>
  made(index * 7_854, {
    id: `id-${index}`,
    side: index % 3 === 0 ? 'sell' : 'buy',
    price: `${93_000 + (index % 977) / 10}`,
  }),
);

async function read(
  world: CacheWorld,
  from: number,
  to: number,
  skipMissing = false,
): Promise<readonly TradeRow[]> {
  const rows: TradeRow[] = [];
  const span = { from: midnight + from, to: midnight + to };
  for await (const batch of world.store.tradesOf(linearKey, span, { skipMissing })) {
    assert.ok(batch.rows > 0 && batch.rows <= 2_048);
    rows.push(...rowsOf(batch));
  }
  return rows;
}

async function readAsOthersDo(file: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const bytes = new Uint8Array(readFileSync(file)).buffer;
  return parquetReadObjects({ file: bytes, compressors });
}

describe('stored trades', () => {
  it('are read by span, half-open, over days, in batches', async (t) => {
    const world = cacheWorld(t);
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, world.packed(contractsCsv(many))))).ok,
    );
    const later = [recorded(day), recorded(day + 5), recorded(2 * day - 1)];
    assert.ok((await world.store.appendLines(linesOf(world, [later], { key: nextKey }))).ok);
    const all = [...many.map(asStored), ...later];
    assert.deepEqual(await read(world, 0, 2 * day), all);
    for (const [from, to] of [
      [day / 3, day / 3 + 60_000],
      [day - 60_000, day + 5],
      [day, day + 6],
      [50, 50],
    ] as const)
      assert.deepEqual(
        await read(world, from, to),
        all.filter(({ timestamp }) => timestamp >= midnight + from && timestamp < midnight + to),
      );
    assert.deepEqual(await world.store.dates(linearKey), [linearKey.date, nextKey.date]);
  });

  it('of a day that is not stored are missed, unless they are to be skipped', async (t) => {
    const world = cacheWorld(t);
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(5)]]))).ok);
    await assert.rejects(read(world, 0, 2 * day), /simulated linear:BTCUSDT of 2026-08-02 is not stored/);
    assert.deepEqual(await read(world, -day, 2 * day, true), [recorded(5)]);
  });

  it('of a file that was changed, or lost its manifest, are not trusted', async (t) => {
    const world = cacheWorld(t);
    const files = dayFiles(world.root, linearKey, 'trades');
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(5)]]))).ok);
    const good = readFileSync(files.parquet);
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(20) ^ 1, 20);
    writeFileSync(files.parquet, bad);
    await assert.rejects(read(world, 0, day), /not trusted, since its SHA-256 is not the one/);
    const report = await world.store.appendLines(linesOf(world, [[recorded(6)]]));
    assert.ok(report.ok && report.value.manifest.rows === 1, 'it is made anew');
    writeFileSync(files.manifest, '{}');
    await assert.rejects(read(world, 0, day), /not trusted, since its manifest cannot be read/);
  });

  it('are those of the file that is there, also when it was replaced at once by one of the same length', async (t) => {
    const world = cacheWorld(t);
    const lengths = new Set<number>();
    for (let price = 10; price < 20; price += 1) {
      assert.ok((await world.store.clear(linearKey)).ok);
      assert.ok((await world.store.appendLines(linesOf(world, [[recorded(5, { price })]]))).ok);
      assert.deepEqual(await read(world, 0, day), [recorded(5, { price })]);
      const totals = await world.store.dayTotals(linearKey, '1');
      assert.ok(totals.ok);
      assert.deepEqual([totals.value.high, totals.value.bins], [price, [[price, '0.25', '0']]]);
      lengths.add(readFileSync(parquetOf(world.root, linearKey)).length);
    }
    assert.equal(lengths.size, 1);
  });

  it('can be left in the middle', async (t) => {
    const world = cacheWorld(t);
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, world.packed(contractsCsv(many))))).ok,
    );
    for await (const batch of world.store.tradesOf(linearKey, spanOfDay(linearKey.date))) {
      assert.equal(batch.rows, 2_048);
      break;
    }
    assert.equal((await read(world, 0, 1_000)).length, 2);
  });
});

describe('a day file', () => {
  it('has the documented columns, zstd, and row groups of at most 50,000 rows that times can be found by', async (t) => {
    const world = cacheWorld(t);
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, world.packed(contractsCsv(many))))).ok,
    );
    const file = new Uint8Array(readFileSync(parquetOf(world.root, linearKey))).buffer;
    const { schema, row_groups: groups } = await parquetMetadataAsync(file);
    assert.deepEqual(
      schema.slice(1).map(({ name, type }) => [name, type]),
      [
        ['timestamp', 'INT64'],
        ['seq', 'INT64'],
        ['id', 'BYTE_ARRAY'],
        ['price', 'DOUBLE'],
        ['qty', 'DOUBLE'],
        ['side', 'BYTE_ARRAY'],
        ['block', 'BOOLEAN'],
        ['rpi', 'BOOLEAN'],
        ['source', 'BYTE_ARRAY'],
      ],
    );
    assert.equal(groups.length, 3);
    let before = 0;
    for (const { num_rows: rows, columns } of groups) {
      assert.ok(rows <= 50_000);
      const { codec, statistics } = columns[0]?.meta_data ?? {};
      assert.equal(codec, 'ZSTD');
      const [min, max] = [Number(statistics?.min_value), Number(statistics?.max_value)];
      assert.ok(min >= before && max > min, 'groups part the day');
      before = max;
    }
  });

  it('has such row groups also where the vectors of the database are not full', async (t) => {
    const { root } = cacheWorld(t);
    const file = path.join(root, 'parts.parquet');
    const db = await Database.open({ threads: 2, memoryMb: 64, tempFolder: path.join(root, 'temp') });
    await db.run('CREATE TEMP TABLE numbers AS SELECT range AS number FROM range(400000)');
    // Groups of 49,152 would be closed at 50,030.
    await db.run(copyToParquet('SELECT number FROM numbers WHERE number % 7 <> 0', file));
    db.close();
    const { row_groups: groups } = await parquetMetadataAsync(new Uint8Array(readFileSync(file)).buffer);
    for (const { num_rows: rows } of groups) assert.ok(rows <= 50_000, `${rows} rows`);
  });

  it('is read by an independent reader as by us', async (t) => {
    const world = cacheWorld(t);
    const rows = [
      recorded(1, { block: true, rpi: false }),
      recorded(2, { seq: null, price: 1e-7, qty: 123_456_789 }),
    ];
    assert.ok((await world.store.appendLines(linesOf(world, [rows]))).ok);
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(3)]], { source: 'recent' }))).ok);
    const others = await readAsOthersDo(parquetOf(world.root, linearKey));
    const ours = (await world.stored(linearKey)).map((row) => ({
      ...row,
      timestamp: BigInt(row.timestamp),
      seq: row.seq === null ? undefined : BigInt(row.seq),
    }));
    assert.deepEqual(others.map(nullAsUndefined), ours.map(nullAsUndefined));
    assert.equal(ours.length, 3);
  });

  it('can be written in the columns of older programs, and read again', async (t) => {
    const world = cacheWorld(t);
    const trades = [made(0), made(5, { side: 'sell', price: '1e-7' })];
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, world.packed(contractsCsv(trades))))).ok,
    );
    const written = await world.store.writeLegacy(linearKey);
    assert.ok(written.ok, JSON.stringify(written));
    assert.equal(path.basename(written.value.file), 'backfill_2026-08-01.parquet');
    assert.deepEqual(
      await readAsOthersDo(written.value.file),
      trades.map(asStored).map(({ timestamp, id, price, qty, side }) => ({
        T: BigInt(timestamp),
        i: id,
        p: price,
        q: qty,
        s: side,
        m: side === 'sell',
      })),
    );
    const rows: TradeRow[] = [];
    for await (const batch of world.store.legacyTradesOf(written.value.file, spanOfDay(linearKey.date)))
      rows.push(...rowsOf(batch));
    assert.deepEqual(
      rows,
      trades.map(asStored).map((row) => ({ ...row, rpi: null, source: null })),
    );
    assert.deepEqual(await world.store.dates(linearKey), [linearKey.date], 'it is no day of trades');
    const none = await world.store.writeLegacy(nextKey);
    assert.ok(!none.ok && none.failure.code === 'not_stored');
  });

  it('leaves when the cache of its symbol is cleared; what is not ours stays', async (t) => {
    const world = cacheWorld(t);
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(5)]]))).ok);
    const { folder } = dayFiles(world.root, linearKey, 'trades');
    writeFileSync(path.join(folder, 'notes.txt'), 'mine');
    const cleared = await world.store.clear(linearKey);
    assert.ok(cleared.ok && cleared.value === 2, JSON.stringify(cleared));
    assert.deepEqual(Object.keys(world.inventory()), ['simulated/linear/BTCUSDT/notes.txt']);
  });

  it('leaves with the days before one, and the others stay', async (t) => {
    const world = cacheWorld(t);
    const next = { ...linearKey, date: '2026-08-02' };
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(5)]]))).ok);
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(86_400_005)]], { key: next }))).ok);
    const cleared = await world.store.clear(linearKey, next.date);
    assert.ok(cleared.ok && cleared.value === 2, JSON.stringify(cleared));
    assert.deepEqual(await world.store.dates(linearKey), [next.date]);
    assert.equal((await world.stored(next)).length, 1);
  });
});

function nullAsUndefined(row: object): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined]));
}
