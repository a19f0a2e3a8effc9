/** The archive as a static host serves it: when a file exists, what it says of itself, ranges, listings, and what breaks on command. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { until } from '../../../helpers/until.ts';
import type { Running } from '../io/running.ts';
import { run } from '../io/running.ts';
import { fetchFile, rowsOf } from './reading.ts';

const BIRTH = Date.UTC(2026, 7, 1, 14, 3, 21);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FILE = '/trading/BTCUSDT/BTCUSDT2026-07-30.csv.gz';
const SPOT = '/spot/BTCUSDT/BTCUSDT_2026-07-30.csv.gz';

let server: Running;
before(async () => {
  server = await run({ historyTrades: 400, startAt: BIRTH, seed: 'static host' });
});
after(() => server.stop());

const fault = (body: object) => server.post('/sim/faults', body);
const status = async (path: string, init: RequestInit = {}) =>
  (await fetchFile(server, path, init)).response.status;

test('a file says its length, its tag and when it was published; HEAD says the same without the bytes', async () => {
  const { response, bytes } = await fetchFile(server, FILE);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-length'), String(bytes.length));
  assert.equal(response.headers.get('etag'), `"${createHash('md5').update(bytes).digest('hex')}"`);
  assert.equal(response.headers.get('last-modified'), 'Fri, 31 Jul 2026 04:00:00 GMT');
  assert.equal(response.headers.get('content-encoding'), null, 'the file is compressed, not the way');
  const head = await fetchFile(server, FILE, { method: 'HEAD' });
  assert.equal(head.bytes.length, 0);
  for (const name of ['content-length', 'etag', 'last-modified', 'accept-ranges'])
    assert.equal(head.response.headers.get(name), response.headers.get(name));
  const again = await fetchFile(server, FILE, {
    headers: { 'if-none-match': response.headers.get('etag') ?? '' },
  });
  assert.equal(again.response.status, 304);
  assert.equal(await status(FILE, { method: 'POST' }), 405);
});

test('a range is answered with 206, what lies behind the end with 416, and a stale If-Range with the whole file', async () => {
  const whole = await fetchFile(server, FILE);
  const size = whole.bytes.length;
  const ranges: readonly [string, number, number][] = [
    ['bytes=0-99', 0, 100],
    [`bytes=${size - 7}-`, size - 7, size],
    ['bytes=-5', size - 5, size],
    [`bytes=10-${size + 1000}`, 10, size],
  ];
  for (const [range, from, to] of ranges) {
    const { response, bytes } = await fetchFile(server, FILE, { headers: { range } });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get('content-range'), `bytes ${from}-${to - 1}/${size}`);
    assert.deepEqual(bytes, whole.bytes.subarray(from, to));
  }
  const behind = await fetchFile(server, FILE, { headers: { range: `bytes=${size}-` } });
  assert.deepEqual(
    [behind.response.status, behind.response.headers.get('content-range')],
    [416, `bytes */${size}`],
  );
  for (const range of ['bytes=5-2', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=-'])
    assert.equal((await fetchFile(server, FILE, { headers: { range } })).bytes.length, size);
  const etag = whole.response.headers.get('etag') ?? '';
  const resumed = (tag: string) =>
    fetchFile(server, FILE, { headers: { range: 'bytes=100-', 'if-range': tag } });
  assert.equal((await resumed(etag)).response.status, 206);
  assert.equal((await resumed('"another"')).bytes.length, size);
});

test('what does not exist is 404: other names, days before the first, today', async () => {
  const missing = [
    '/trading/BTCUSDT/BTCUSDT_2026-07-30.csv.gz',
    '/spot/BTCUSDT/BTCUSDT2026-07-30.csv.gz',
    '/trading/BTCUSDT/ETHUSDT2026-07-30.csv.gz',
    '/trading/NOPE/NOPE2026-07-30.csv.gz',
    '/trading/BTCUSDT/BTCUSDT2026-02-30.csv.gz',
    '/trading/BTCUSDT/BTCUSDT2020-03-29.csv.gz',
    '/spot/BTCUSDT/BTCUSDT_2022-11-08.csv.gz',
    '/trading/BTCUSDT/BTCUSDT2026-08-01.csv.gz',
    '/trading/BTCUSDT/BTCUSDT2026-08-02.csv.gz',
    '/trading/btcusdt/',
    '/spot/SOLUSDT/',
  ];
  for (const path of missing) assert.equal(await status(path), 404, path);
  assert.equal(await status('/trading/BTCUSDT/BTCUSDT2020-03-30.csv.gz'), 200);
  assert.equal(await status('/spot/BTCUSDT/BTCUSDT_2022-11-09.csv.gz'), 200);
});

test('the listings are plain pages whose links lead to files', async () => {
  const links = async (path: string) => {
    const { response, bytes } = await fetchFile(server, path);
    assert.equal(response.headers.get('content-type'), 'text/html');
    return [...bytes.toString().matchAll(/<a href="([^"]+)">/g)].map(([, link]) => link ?? '');
  };
  assert.deepEqual(await links('/spot/'), ['BTCUSDT/', 'ETHUSDT/']);
  assert.deepEqual(await links('/trading/'), [
    '1000PEPEUSDT/',
    'BTCUSD/',
    'BTCUSDT/',
    'ETHUSDT/',
    'QNTUSDT/',
    'SOLUSDT/',
  ]);
  const days = await links('/trading/BTCUSD/');
  assert.deepEqual([days[0], days.at(-1)], ['BTCUSD2020-03-30.csv.gz', 'BTCUSD2026-07-31.csv.gz']);
  assert.equal(days.length, (Date.UTC(2026, 7, 1) - Date.UTC(2020, 2, 30)) / DAY_MS);
  assert.equal(await status(`/trading/BTCUSD/${days[1000]}`), 200);
});

test('a dated contract has files but is in no listing; a market has none from before it was listed', async () => {
  await server.post('/sim/instruments', { action: 'list', category: 'linear', symbol: 'BTCUSDT-25JUN27' });
  const { bytes } = await fetchFile(server, '/trading/');
  assert.ok(!bytes.toString().includes('25JUN27'));
  assert.equal(await status('/trading/BTCUSDT-25JUN27/'), 200);
  assert.equal(await status('/trading/BTCUSDT-25JUN27/BTCUSDT-25JUN272026-07-31.csv.gz'), 404);
});

test("a day appears when it is over and the delay has passed, by the exchange's clock", async () => {
  const other = await run({ historyTrades: 50, startAt: BIRTH, archiveDelayMs: 2 * HOUR_MS, seed: 'delay' });
  const path = `${other.url}/trading/BTCUSDT/BTCUSDT2026-08-01.csv.gz`;
  const found = async () => (await fetch(path, { method: 'HEAD' })).status;
  try {
    await other.post('/sim/clock', { to: '2026-08-02T01:59:50Z' });
    assert.equal(await found(), 404);
    await other.post('/sim/clock', { advance_ms: 10_000 });
    assert.equal(await found(), 200);
    assert.deepEqual(await other.post('/sim/archive', { delay_ms: 5 * HOUR_MS }), { delay_ms: 5 * HOUR_MS });
    assert.equal(await found(), 404);
    await other.post('/sim/instruments', { action: 'delist', category: 'linear', symbol: 'BTCUSDT' });
    await other.post('/sim/archive', { delay_ms: 0 });
    assert.equal(await found(), 200, 'a delisted market keeps its files');
    await other.post('/sim/clock', { advance_ms: 2 * DAY_MS });
    assert.equal((await fetch(path.replace('08-01', '08-02'))).status, 200, 'the day of its end is its last');
    assert.equal((await fetch(path.replace('08-01', '08-03'))).status, 404);
  } finally {
    await other.stop();
  }
});

test('the clock goes forward only, and orders for clock and archive are read strictly', async () => {
  const wrong: readonly [string, object][] = [
    ['/sim/clock', { to: '2020-01-01T00:00:00Z' }],
    ['/sim/clock', { advance_ms: -1 }],
    ['/sim/clock', { advance_ms: 1, to: '2027-01-01T00:00:00Z' }],
    ['/sim/clock', { to: 'tomorrow' }],
    ['/sim/clock', {}],
    ['/sim/clock', [1]],
    ['/sim/clock', { to: '2036-01-01T00:00:00Z' }],
    ['/sim/archive', { delay_ms: -1 }],
    ['/sim/archive', { delay_ms: 1, more: 1 }],
  ];
  for (const [path, body] of wrong) {
    const answer = await server.post(path, body);
    assert.match(String(answer['error']), /the body must be/, JSON.stringify(body));
  }
});

test("rest_truncated: half a file with its own length, or with the whole one's", async () => {
  const whole = (await fetchFile(server, FILE)).bytes;
  await fault({ kind: 'rest_truncated', path: FILE });
  assert.equal(
    (await fetchFile(server, FILE, { method: 'HEAD' })).response.headers.get('content-length'),
    String(whole.length),
  );
  const half = await fetchFile(server, FILE);
  assert.deepEqual(half.bytes, whole.subarray(0, Math.floor(whole.length / 2)));
  assert.throws(() => gunzipSync(half.bytes));
  await fault({ kind: 'rest_truncated', path: '/trading/', cut: true });
  assert.equal(await status(SPOT), 200, 'another folder is not concerned');
  await assert.rejects(fetchFile(server, FILE), /terminated/);
  assert.deepEqual((await fetchFile(server, FILE)).bytes, whole);
});

test('archive_defect: a bad row, or the trades of another market under this name', async () => {
  const whole = gunzipSync((await fetchFile(server, FILE)).bytes).toString();
  await fault({ kind: 'archive_defect', path: FILE, defect: 'bad_row' });
  const bad = gunzipSync((await fetchFile(server, FILE)).bytes).toString();
  assert.match(bad, /\nInfinity,\?,Hold,-1,cheap\n/);
  await fault({ kind: 'archive_defect', defect: 'other_symbol' });
  const other = gunzipSync((await fetchFile(server, FILE)).bytes).toString();
  assert.match(other, /,ETHUSDT,/);
  assert.ok(!other.includes(',BTCUSDT,') && rowsOf(other).length > 100);
  assert.equal(gunzipSync((await fetchFile(server, FILE)).bytes).toString(), whole);
  await fault({ kind: 'archive_defect', defect: 'other_symbol' });
  const inverse = await fetchFile(server, '/trading/BTCUSD/BTCUSD2026-07-30.csv.gz');
  assert.doesNotMatch(
    gunzipSync(inverse.bytes).toString(),
    /,BTCUSD,/,
    'the only inverse market gets a linear one',
  );
});

test('rest_error with a path is a file that is not there, a server that fails, or one that is asked too often', async () => {
  for (const http_status of [404, 500, 429]) {
    await fault({ kind: 'rest_error', path: FILE, http_status });
    assert.equal(await status(FILE, { method: 'HEAD' }), http_status, 'a look uses nothing up');
    assert.equal(await status(FILE), http_status);
    assert.equal(await status(FILE), 200);
  }
  await fault({ kind: 'rest_error', http_status: 502 });
  assert.equal(await status(FILE), 200, 'without a path REST is meant');
  assert.equal(await status('/v5/market/time'), 502);
});

test('rest_reset resets the connection in the middle, rest_slow lets it drip, rest_delay lets it wait', async () => {
  await fault({ kind: 'rest_reset', path: FILE });
  await assert.rejects(fetchFile(server, FILE), /terminated/);
  await fault({ kind: 'rest_reset' });
  await assert.rejects(server.get('/v5/market/time'), /terminated|fetch failed/);
  const { bytes } = await fetchFile(server, FILE);
  await fault({ kind: 'rest_slow', path: FILE, bytes_per_s: bytes.length * 4 });
  const began = performance.now();
  assert.deepEqual((await fetchFile(server, FILE)).bytes, bytes);
  assert.ok(performance.now() - began >= 200);
  await fetch(`${server.url}/sim/faults`, { method: 'DELETE' });
  await fault({ kind: 'rest_delay', path: FILE, delay_ms: 150 });
  const asked = performance.now();
  assert.equal(await status(FILE), 200);
  assert.ok(performance.now() - asked >= 145);
  await fetch(`${server.url}/sim/faults`, { method: 'DELETE' });
});

test('a ban of everything is a page for archive and REST alike; one of REST alone leaves the archive open', async () => {
  await fault({ kind: 'ban', ms: 60_000 });
  assert.deepEqual([await status(FILE), await status('/v5/market/time')], [200, 403]);
  await fault({ kind: 'ban', ms: 60_000, everything: true });
  for (const path of [FILE, '/trading/', '/v5/market/time']) {
    const { response, bytes } = await fetchFile(server, path);
    assert.equal(response.status, 403);
    assert.match(bytes.toString(), /<html>.*403/);
  }
  await fetch(`${server.url}/sim/faults`, { method: 'DELETE' });
  assert.equal(await status(FILE), 200);
});

test('the archive does not count towards the limit of REST', async () => {
  const looks = Array.from({ length: 650 }, () => status(FILE, { method: 'HEAD' }));
  assert.ok((await Promise.all(looks)).every((one) => one === 200));
  assert.equal(await status('/v5/market/time'), 200);
});

test('while a file drips the server can stop, and a client that leaves is no trouble', async () => {
  const other = await run({ historyTrades: 5000, startAt: BIRTH, seed: 'stop' });
  await other.post('/sim/faults', { kind: 'rest_slow', path: '/trading/', bytes_per_s: 1000 });
  const leaving = new AbortController();
  const left = fetch(`${other.url}${FILE}`, { signal: leaving.signal }).then((response) =>
    response.arrayBuffer(),
  );
  const dripping = fetch(`${other.url}${FILE}`).then((response) => response.arrayBuffer());
  const gone = assert.rejects(dripping, /terminated|fetch failed/);
  const isSending = async () => ((await other.get('/sim/stats'))['archive'] as { files: number }).files === 2;
  await until('both are being sent', isSending);
  leaving.abort();
  await assert.rejects(left);
  await other.stop();
  await gone;
});
