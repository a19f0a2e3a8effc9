/** Archive files become day files: every layout, every order, exact times, no doubles; what is wrong is refused and changes nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TextPipe } from '../../../../connector/history/io/text-pipe.ts';
import { readManifest } from '../../../../connector/history/store/manifest.ts';
import { dayFiles } from '../../../../connector/history/store/paths.ts';
import {
  asStored,
  cacheWorld,
  contractsCsv,
  date,
  linearKey,
  type Made,
  made,
  madeAt,
  midnight,
  parquetOf,
  spotCsv,
  spotKey,
} from './cache-world.ts';

/** Times at which a float of seconds falls on the wrong side of a millisecond, and several trades of one moment. */
const trades: readonly Made[] = [
  made(0, { rpi: true }),
  made(4_491, { side: 'sell', price: '93500' }),
  made(4_499, { id: 'x1' }),
  made(4_499, { id: 'a2', qty: '1e-7' }),
  made(4_510, { id: 'x3', price: '0.0000012' }),
  made(123_456_790, { qty: '1500' }),
  made(863_999_999, { id: 'last' }),
];

describe('an archive file of contracts', () => {
  it('is stored in its order, with 11 columns or with 10', async (t) => {
    const world = cacheWorld(t);
    for (const rpi of [true, false]) {
      const report = await world.store.importArchive(
        world.archive(linearKey, world.packed(contractsCsv(trades, { rpi }))),
      );
      assert.ok(report.ok, JSON.stringify(report));
      const expected = trades.map((trade) => ({ ...asStored(trade), ...(rpi ? {} : { rpi: null }) }));
      assert.deepEqual(await world.stored(linearKey), expected);
    }
  });

  it('is turned round when it runs down, trades of one moment with it', async (t) => {
    const world = cacheWorld(t);
    const file = world.packed(contractsCsv(trades.toReversed()));
    assert.ok((await world.store.importArchive(world.archive(linearKey, file))).ok);
    assert.deepEqual(await world.stored(linearKey), trades.map(asStored));
  });

  it('is sorted by its finer times, and within one by place', async (t) => {
    const world = cacheWorld(t);
    const mixed = [0, 2, 3, 1, 4, 6, 5].flatMap((index) => trades[index] ?? []);
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, world.packed(contractsCsv(mixed))))).ok,
    );
    assert.deepEqual(await world.stored(linearKey), trades.map(asStored));
  });

  it('of old has whole seconds', async (t) => {
    const world = cacheWorld(t);
    const csv = contractsCsv(trades, { rpi: false, seconds: true });
    assert.ok((await world.store.importArchive(world.archive(linearKey, world.packed(csv)))).ok);
    assert.deepEqual(
      (await world.stored(linearKey)).map(({ timestamp }) => timestamp - midnight),
      [0, 0, 0, 0, 0, 12_345_000, 86_399_000],
    );
  });

  it('of inverse contracts is read the same way', async (t) => {
    const world = cacheWorld(t);
    const key = { ...linearKey, category: 'inverse', symbol: 'BTCUSD' } as const;
    const file = world.packed(contractsCsv(trades, { symbol: 'BTCUSD' }));
    assert.ok((await world.store.importArchive(world.archive(key, file))).ok);
    assert.deepEqual(await world.stored(key), trades.map(asStored));
  });

  it('loses doubles of an id, of which the first in order stays', async (t) => {
    const world = cacheWorld(t);
    const twice = [...trades, made(700_000_000, { id: 'x1' }), made(4_491, { qty: '9' })];
    const report = await world.store.importArchive(
      world.archive(linearKey, world.packed(contractsCsv(twice))),
    );
    assert.ok(report.ok);
    assert.equal(report.value.manifest.doubles, 2);
    assert.equal(report.value.manifest.rows, trades.length);
    assert.deepEqual(await world.stored(linearKey), trades.map(asStored));
  });

  it('may have lines that end in CR LF, and no end of its last line', async (t) => {
    const world = cacheWorld(t);
    const csv = `${contractsCsv(trades).trimEnd().replaceAll('\n', '\r\n')}`;
    assert.ok((await world.store.importArchive(world.archive(linearKey, world.packed(csv)))).ok);
    assert.deepEqual(await world.stored(linearKey), trades.map(asStored));
  });

  it('is decompressed once, by a pipe that is gone afterwards', async (t) => {
    const world = cacheWorld(t);
    const hasPipe = (): boolean =>
      readdirSync(world.root, { withFileTypes: true, recursive: true }).some((entry) => entry.isFIFO());
    const seen = new Set<boolean>();
    let report: Awaited<ReturnType<typeof world.store.importArchive>> | undefined;
    const file = world.packed(contractsCsv(many));
    const importing = world.store
      .importArchive(world.archive(linearKey, file))
      .then((told) => (report = told));
    while (report === undefined) {
      seen.add(hasPipe());
      await setImmediate();
    }
    assert.ok((await importing).ok);
    assert.deepEqual([seen.has(true), hasPipe()], [true, false]);
    assert.equal((await world.stored(linearKey)).length, many.length);
  });

  it('says in its manifest what it holds', async (t) => {
    const world = cacheWorld(t);
    const report = await world.store.importArchive(
      world.archive(linearKey, world.packed(contractsCsv(trades))),
    );
    assert.ok(report.ok);
    const read = readManifest(readFileSync(dayFiles(world.root, linearKey, 'trades').manifest, 'utf8'));
    assert.ok(read.ok);
    assert.deepEqual(read.value, report.value.manifest);
    const { bytes, sha256, sources, ...manifest } = read.value;
    assert.deepEqual(manifest, {
      version: 1,
      ...linearKey,
      rows: 7,
      first: { timestamp: midnight, id: 'id-0' },
      last: { timestamp: midnight + 86_399_999, id: 'last' },
      price_decimals: 7,
      qty_decimals: 7,
      spans: [{ from: midnight, to: midnight + 86_400_000, exactness: 'exact' }],
      gaps: [],
      doubles: 0,
      made_at: madeAt,
    });
    assert.equal(bytes, readFileSync(parquetOf(world.root, linearKey)).length);
    assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.equal(sources.length, 1);
    assert.equal(sources[0]?.rows, 7);
  });
});

describe('an archive file of spot', () => {
  it('is stored with and without the RPI mark; its ids are those of its rows', async (t) => {
    const world = cacheWorld(t);
    for (const rpi of [true, false]) {
      const file = world.packed(spotCsv(trades, { rpi }));
      assert.ok((await world.store.importArchive(world.archive(spotKey, file))).ok);
      const expected = trades.map((trade, index) => ({
        ...asStored(trade),
        id: String(index + 1),
        ...(rpi ? {} : { rpi: null }),
      }));
      assert.deepEqual(await world.stored(spotKey), expected);
    }
  });
});

for (const isPiped of [true, false])
  describe(`a file that cannot be taken, ${isPiped ? 'read by a pipe' : 'where there is no pipe'}`, () => {
    refusals(isPiped);
  });

function refusals(isPiped: boolean): void {
  const csv = contractsCsv(trades);
  const other = (from: string, to: string): string => {
    assert.ok(csv.includes(from), from);
    return csv.replace(from, to);
  };
  const refused: readonly (readonly [title: string, csv: string, code: string, words: RegExp])[] = [
    [
      'of another symbol',
      contractsCsv(trades, { symbol: 'ETHUSDT' }),
      'symbol_wrong',
      /line 2 .*ETHUSDT.*BTCUSDT/,
    ],
    ['a price that is no number', other(',93500,', ',9a,'), 'row_bad', /line 3: .*"9a"/],
    ['a price of 0', other(',93500,', ',0,'), 'row_bad', /line 3 has a price/],
    ['a price that is not finite', other(',93500,', ',inf,'), 'row_bad', /line 3 has a price/],
    ['no price', other(',93500,', ',,'), 'row_bad', /line 3 has a price/],
    ['a quantity below 0', other(',1500,', ',-1,'), 'row_bad', /line 7 has a quantity/],
    ['a quantity that is no number', other(',1500,', ',NaN,'), 'row_bad', /line 7 has a quantity/],
    ['a side that is neither', other(',Sell,', ',sold,'), 'row_bad', /line 3 has a side.*sold/],
    ['no id', other(',id-4491,', ',,'), 'row_bad', /line 3 has no id/],
    ['an RPI mark of 2', csv.replace(/,0\n$/, ',2\n'), 'row_bad', /line 8 has an RPI mark/],
    ['a time of the next day', contractsCsv([...trades, made(864_000_000)]), 'row_bad', /line 9 has a time/],
    ['a time of the day before', contractsCsv([made(-10_000), ...trades]), 'row_bad', /line 2 has a time/],
    ['a time that is none', other('.4491,', '.x,'), 'row_bad', /line 3: /],
    ['a line that is cut', `${csv}1785542400.1,BTC\n`, 'row_bad', /line 9: Expected Number of Columns/],
    [
      'a line that is too long',
      other(',id-4491,', ',id-4491,7,'),
      'row_bad',
      /line 3: Expected Number of Columns/,
    ],
    [
      'a price of 0 after an empty line',
      other('\n', '\n\n').replace(',93500,', ',0,'),
      'row_bad',
      /line 4 has a price/,
    ],
    [
      'a price that is none after an empty line',
      other('\n', '\n\n').replace(',93500,', ',x,'),
      'row_bad',
      /line 4: /,
    ],
    ['no rows', contractsCsv([]), 'file_empty', /no rows/],
    ['nothing', '', 'file_empty', /nothing/],
    ['another header', csv.replace('price', 'cost'), 'header_unknown', /lacks price/],
    ['a page of HTML, compressed', '<!doctype html><html>\n</html>', 'header_unknown', /doctype/],
  ];
  const world = cacheWorld({ after: (fn) => after(() => (taken?.remove() ?? Promise.resolve()).then(fn)) });
  // A process has one pipe at a time.
  let taken: TextPipe | undefined;
  before(async () => {
    if (!isPiped) taken = await TextPipe.make(path.join(world.root, '..', 'taken'));
    assert.equal(taken === undefined, isPiped);
  });
  let inventory: Readonly<Record<string, string>> = {};
  before(async () => {
    const good = world.archive(linearKey, world.packed(csv, 'good.csv.gz'));
    assert.ok((await world.store.importArchive(good)).ok);
    inventory = world.inventory();
    assert.equal(Object.keys(inventory).length, 2, 'a Parquet file and its manifest');
  });
  for (const [title, text, code, words] of refused) {
    it(`has ${title}: ${code}`, async () => {
      const report = await world.store.importArchive(world.archive(linearKey, world.packed(text)));
      assert.ok(!report.ok, 'it was taken');
      const { failure } = report;
      assert.deepEqual([failure.code, words.test(failure.message)], [code, true], failure.message);
      assert.deepEqual(world.inventory(), inventory, 'the cache is as it was');
    });
  }

  const broken: readonly (readonly [
    title: string,
    content: (packed: Buffer) => Uint8Array | string,
    code: string,
  ])[] = [
    ['is cut in the middle', (packed) => packed.subarray(0, packed.length / 2), 'gzip_damaged'],
    ['lacks the last byte of its checksum', (packed) => packed.subarray(0, -5), 'gzip_damaged'],
    ['has a wrong checksum inside', (packed) => flipped(packed, packed.length - 6), 'gzip_damaged'],
    ['has a wrong byte', (packed) => flipped(packed, packed.length / 2), 'gzip_damaged'],
    ['is cut in its first line', (packed) => packed.subarray(0, 40), 'gzip_damaged'],
    ['is a page of HTML', () => '<html><body>Access denied</body></html>', 'not_gzip'],
    ['is empty', () => '', 'not_gzip'],
  ];
  for (const [title, content, code] of broken) {
    it(`${title}: ${code}`, async () => {
      const packed = readFileSync(world.packed(contractsCsv(many), 'good.csv.gz'));
      const file = world.raw(content(packed));
      const report = await world.store.importArchive(world.archive(linearKey, file));
      assert.ok(!report.ok, 'it was taken');
      assert.equal(report.failure.code, code, report.failure.message);
      assert.deepEqual(world.inventory(), inventory, 'the cache is as it was');
    });
  }

  it('is not as long as announced, or another one', async () => {
    const file = world.packed(contractsCsv(many));
    const { length } = readFileSync(file);
    const take = (announced: { readonly bytes?: number; readonly sha256?: string }) =>
      world.store.importArchive({ ...world.archive(linearKey, file), announced });
    const long = await take({ bytes: length + 1 });
    assert.ok(!long.ok && long.failure.code === 'download_incomplete', JSON.stringify(long));
    const other = await take({ sha256: '0'.repeat(64) });
    assert.ok(!other.ok && other.failure.code === 'checksum_wrong', JSON.stringify(other));
    assert.deepEqual(world.inventory(), inventory);
    world.raw(readFileSync(file).subarray(0, length - 100), 'fetched.csv.gz');
    const short = await take({ bytes: length });
    assert.ok(!short.ok && short.failure.code === 'download_incomplete', JSON.stringify(short));
    assert.deepEqual(world.inventory(), inventory);
  });

  it('is not there: the failure names it', async () => {
    const report = await world.store.importArchive(world.archive(linearKey, '/nowhere/x.csv.gz'));
    assert.ok(!report.ok && report.failure.code === 'read_failed', JSON.stringify(report));
    assert.match(report.failure.message, /\/nowhere\/x\.csv\.gz/);
  });
}

const many = Array.from({ length: 5_000 }, (_, index) => made(index * 7, { id: `${date}-${index * 7919}` }));

function flipped(packed: Buffer, at: number): Uint8Array {
  const copy = Buffer.from(packed);
  copy.writeUInt8(copy.readUInt8(Math.floor(at)) ^ 0x55, Math.floor(at));
  return copy;
}
