import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Harness } from '../harness.ts';

type Json = Record<string, unknown>;

/** The result of a call that must succeed. */
function result(harness: Harness, path: string): Json {
  const json = harness.get(path).json();
  assert.equal(json['retCode'], 0, JSON.stringify(json));
  return json['result'] as Json;
}

function withTrades(): Harness {
  const harness = new Harness({ rate: 5000 });
  harness.connect('linear', 'publicTrade.BTCUSDT', 'orderbook.50.BTCUSDT');
  harness.connect('spot', 'publicTrade.BTCUSDT');
  harness.pass(3000);
  return harness;
}

test('every answer has the envelope of Bybit, keys in its order', () => {
  const harness = new Harness();
  const { answer } = harness.get('/v5/market/time');
  assert.equal(
    answer.body,
    `{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1700000000","timeNano":"1700000000000000000"},"retExtInfo":{},"time":1700000000000}`,
  );
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
});

test('recent trades are the newest ones, newest first, with strings for time and seq', () => {
  const harness = withTrades();
  const { list } = harness.control('GET', '/sim/executions?category=linear&symbol=BTCUSDT&limit=200000')
    .json as { list: Json[] };
  const rows = result(harness, '/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=1000')[
    'list'
  ] as Json[];
  assert.equal(rows.length, 1000);
  const wanted = list
    .slice(-1000)
    .reverse()
    .map(({ id, symbol, price, size, side, T, seq }) => ({
      execId: id,
      symbol,
      price,
      size,
      side,
      time: String(T),
      isBlockTrade: false,
      isRPITrade: false,
      seq: String(seq),
    }));
  assert.deepEqual(rows, wanted);
});

test('recent trades are 500 by default and 1,000 at most on contracts, 60 on spot whatever is asked for', () => {
  const harness = withTrades();
  const count = (query: string) =>
    (result(harness, `/v5/market/recent-trade?${query}`)['list'] as Json[]).length;
  assert.equal(count('category=linear&symbol=BTCUSDT'), 500);
  assert.equal(count('category=linear&symbol=BTCUSDT&limit=5000'), 1000);
  assert.equal(count('category=linear&symbol=BTCUSDT&limit=7'), 7);
  assert.equal(count('category=spot&symbol=BTCUSDT'), 60);
  assert.equal(count('category=spot&symbol=BTCUSDT&limit=1000'), 60);
});

test('the book has the default depth of its category, the u of the 1000-level stream and the seq of the market', () => {
  const harness = withTrades();
  const depth = (query: string) =>
    (result(harness, `/v5/market/orderbook?${query}`)['b'] as unknown[]).length;
  assert.equal(depth('category=spot&symbol=BTCUSDT'), 1);
  assert.equal(depth('category=linear&symbol=BTCUSDT'), 25);
  assert.equal(depth('category=linear&symbol=BTCUSDT&limit=200'), 200);
  assert.ok(depth('category=linear&symbol=BTCUSDT&limit=100000') === 1000);
  harness.control('POST', '/sim/flow', { paused: true });
  const book = result(harness, '/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50');
  const { json: deep } = harness.control('GET', '/sim/book?category=linear&symbol=BTCUSDT&depth=1000');
  const { json: fifty } = harness.control('GET', '/sim/book?category=linear&symbol=BTCUSDT&depth=50');
  assert.equal(book['u'], deep['u']);
  assert.equal(book['seq'], deep['seq']);
  assert.deepEqual([book['b'], book['a']], [fifty['b'], fifty['a']]);
  assert.deepEqual(Object.keys(book), ['s', 'b', 'a', 'ts', 'u', 'seq', 'cts']);
});

test('a book with the seq of a frame is the book of that frame', () => {
  const harness = new Harness({ rate: 1000 });
  const client = harness.connect('linear', 'orderbook.50.BTCUSDT');
  let equal = 0;
  for (let round = 0; round < 50; round += 1) {
    harness.pass(20);
    const book = result(harness, '/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50');
    const published = harness.control('GET', '/sim/book?category=linear&symbol=BTCUSDT').json;
    if (client.frames('orderbook.50.BTCUSDT').at(-1)?.data.seq !== book['seq']) continue;
    equal += 1;
    assert.deepEqual([book['b'], book['a']], [published['b'], published['a']]);
  }
  assert.ok(equal > 10);
});

test('instruments of a contract market are paged by a cursor that may come back encoded once more', () => {
  const harness = new Harness();
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = result(
      harness,
      `/v5/market/instruments-info?category=linear&limit=2&cursor=${seen.length === 2 ? encodeURIComponent(cursor) : cursor}`,
    );
    seen.push(...(page['list'] as Json[]).map((one) => String(one['symbol'])));
    cursor = String(page['nextPageCursor']);
    assert.ok(!cursor.includes('&'), 'the cursor is percent-encoded');
  } while (cursor !== '');
  assert.deepEqual(seen, ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', '1000PEPEUSDT', 'QNTUSDT']);
});

test('spot instruments come in one list without a cursor, with basePrecision and without qtyStep', () => {
  const harness = new Harness();
  const page = result(harness, '/v5/market/instruments-info?category=spot&limit=1');
  const list = page['list'] as { symbol: string; lotSizeFilter: Json; priceFilter: Json }[];
  assert.equal(list.length, 2);
  assert.equal('nextPageCursor' in page, false);
  assert.equal(list[0]?.lotSizeFilter['basePrecision'], '0.000001');
  assert.equal('qtyStep' in (list[0]?.lotSizeFilter ?? {}), false);
});

test('a contract says its steps in padded texts and its funding interval in minutes', () => {
  const harness = new Harness();
  const [btc] = result(harness, '/v5/market/instruments-info?category=linear&symbol=BTCUSDT')['list'] as {
    priceScale: string;
    priceFilter: Json;
    lotSizeFilter: Json;
    fundingInterval: number;
  }[];
  assert.equal(btc?.priceScale, '2');
  assert.equal(btc?.priceFilter['tickSize'], '0.10');
  assert.equal(btc?.lotSizeFilter['qtyStep'], '0.001');
  assert.equal(btc?.fundingInterval, 480);
  assert.deepEqual(
    result(harness, '/v5/market/instruments-info?category=linear&status=PreLaunch')['list'],
    [],
  );
  assert.deepEqual(result(harness, '/v5/market/instruments-info?category=option')['list'], []);
});

const refusals: readonly [string, number, string][] = [
  ['/v5/market/recent-trade?category=linear&symbol=NOPE', 10001, 'params error: symbol invalid'],
  ['/v5/market/recent-trade?category=linear&symbol=btcusdt', 10001, 'params error: symbol invalid'],
  ['/v5/market/recent-trade?symbol=BTCUSDT', 10001, 'params error: category invalid'],
  ['/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=0', 10001, 'params error: limit invalid'],
  ['/v5/market/orderbook?category=linear', 10001, 'params error: symbol invalid'],
  ['/v5/market/orderbook?category=moon&symbol=BTCUSDT', 10001, 'params error: category invalid'],
  ['/v5/market/instruments-info?category=linear&symbol=NOPE', 10001, 'params error: symbol invalid'],
  [
    '/v5/market/instruments-info?category=linear&cursor=first%3DX%26last%3DX',
    10001,
    'params error: cursor invalid',
  ],
  ['/v5/market/instruments-info', 10001, 'Illegal category'],
];

for (const [path, code, message] of refusals) {
  test(`${path} is refused with ${code} and HTTP 200`, () => {
    const { answer, json } = new Harness().get(path);
    assert.equal(answer.status, 200);
    assert.equal(json()['retCode'], code);
    assert.equal(json()['retMsg'], message);
  });
}

test('an unknown path is 404 and not JSON; so is a wrong method', () => {
  const harness = new Harness();
  assert.equal(harness.get('/v5/market/nothing').answer.status, 404);
  const answer = harness.rest.answer(
    { method: 'POST', path: '/v5/market/time', query: new URLSearchParams(), address: '', body: '' },
    harness.now,
  );
  assert.equal(answer.status, 404);
});

test('a GET with a body is refused with 403', () => {
  const harness = new Harness();
  const answer = harness.rest.answer(
    { method: 'GET', path: '/v5/market/time', query: new URLSearchParams(), address: '', body: '{}' },
    harness.now,
  );
  assert.equal(answer.status, 403);
});

test('600 requests in 5 s pass, the next one shuts the address out for ten minutes, others are not concerned', () => {
  const harness = new Harness();
  for (let count = 0; count < 600; count += 1)
    assert.equal(harness.get('/v5/market/time').answer.status, 200);
  const refused = harness.get('/v5/market/time').answer;
  assert.equal(refused.status, 403);
  assert.match(refused.body, /access too frequent/);
  assert.equal(harness.get('/v5/market/time', '127.0.0.2').answer.status, 200);
  harness.pass(599_000);
  assert.equal(harness.get('/v5/market/time').answer.status, 403);
  harness.pass(2000);
  assert.equal(harness.get('/v5/market/time').answer.status, 200);
});

test('600 requests in every 5 s are never too many, and TIME_SCALE shortens window and ban', () => {
  const harness = new Harness({ timeScale: 0.01 });
  for (let window = 0; window < 5; window += 1) {
    for (let count = 0; count < 600; count += 1)
      assert.equal(harness.get('/v5/market/time').answer.status, 200);
    harness.pass(55);
  }
  for (let count = 0; count < 601; count += 1) harness.get('/v5/market/time');
  assert.equal(harness.get('/v5/market/time').answer.status, 403);
  harness.pass(6005);
  assert.equal(harness.get('/v5/market/time').answer.status, 200);
});
