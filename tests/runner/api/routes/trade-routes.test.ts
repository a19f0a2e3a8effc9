import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ApiError } from '../../../../runner/api/api-error.ts';
import { priceSchema, tradeRowSchema, tradeStatsSchema } from '../../../../runner/api/payloads.ts';
import { fakeTrade } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

const rowsSchema = z.array(tradeRowSchema);
const day = 'start_time=2024-06-03&end_time=2024-06-04';

test('trades come newest first, in the shape of the contract, 100 unless told otherwise', async (t) => {
  const { ask } = await openApi(t);
  const answer = await ask('/trades');
  assert.equal(answer.status, 200);
  const rows = assertPayload(rowsSchema, answer.body);
  assert.equal(rows.length, 100);
  assert.deepEqual(rows[0], {
    price: 50_025,
    qty: 0.25,
    side: 'Buy',
    time: '2024-06-03T12:04:10.000Z',
    symbol: 'BTCUSDT',
    trade_id: 't250',
  });
  assert.equal(rows[1]?.side, 'Sell');
  assert.equal(((await ask('/trades?limit=1000')).body as unknown[]).length, 250);
  assert.equal(((await ask('/trades?limit=1')).body as unknown[]).length, 1);
});

test('filters of /trades hold together and before the limit', async (t) => {
  const { ask } = await openApi(t);
  const rows = assertPayload(
    rowsSchema,
    (await ask('/trades?side=sell&min_qty=0.1&max_qty=0.2&min_price=50011&max_price=50015&limit=10')).body,
  );
  assert.equal(rows.length, 10);
  for (const row of rows) {
    assert.equal(row.side, 'Sell');
    assert.ok(row.qty >= 0.1 && row.qty <= 0.2 && row.price >= 50_011 && row.price <= 50_015);
  }
  assert.equal(rows[0]?.trade_id, 't149');
  assert.deepEqual(
    (await ask('/trades?side=Buy&limit=1')).body,
    (await ask('/trades?side=buy&limit=1')).body,
  );
});

for (const path of ['/trades', '/ws/trades', '/trades/range']) {
  const more = path === '/trades/range' ? `&${day}` : '';
  const most = path === '/trades/range' ? '10000' : '1000';
  for (const limit of [
    '0',
    String(Number(most) + 1),
    'abc',
    '1.5',
    '-1',
    'NaN',
    'Infinity',
    '1e30',
    '0x',
    '١',
  ]) {
    test(`${path} refuses the limit ${limit} and says what is allowed`, async (t) => {
      const { ask } = await openApi(t);
      const answer = await ask(`${path}?limit=${encodeURIComponent(limit)}${more}`);
      assertRefused(answer, 400, 'invalid_parameter', 'limit:', `from 1 to ${most}`, JSON.stringify(limit));
    });
  }
}

test('empty, repeated, unknown and impossible parameters are refused by name', async (t) => {
  const { ask } = await openApi(t);
  const refused = async (query: string, ...words: string[]) =>
    assertRefused(await ask(`/trades?${query}`), 400, 'invalid_parameter', ...words);
  await refused('limit=', 'limit:', 'empty');
  await refused('limit=1&limit=2', 'limit:', 'once');
  await refused('limt=5', '"limt"', 'known: limit');
  await refused('side=up', 'side:', 'Buy, Sell', '"up"');
  await refused('min_qty=x', 'min_qty:', 'number');
  await refused('min_price=-1', 'min_price:', '0 or more');
  await refused('min_qty=%20', 'min_qty:', 'empty');
  await refused('min_qty=2&max_qty=1', 'min_qty:', 'max_qty');
  await refused('min_price=2&max_price=1', 'min_price:', 'max_price');
  await refused('category=option', 'category:', 'linear, spot, inverse');
  await refused('limit=0&side=up', 'limit:', 'side:');
});

test('unknown instruments are refused with the ones that are known, on every market endpoint', async (t) => {
  const { ask } = await openApi(t);
  for (const path of ['/trades', '/trades/stats', '/ws/trades', '/price', '/orderbook', '/gaps', '/stream']) {
    assertRefused(
      await ask(`${path}?symbol=XRPUSDT`),
      400,
      'unknown_instrument',
      'symbol:',
      'linear:BTCUSDT',
    );
    assertRefused(
      await ask(`${path}?category=inverse`),
      400,
      'unknown_instrument',
      'category:',
      'spot:ETHUSDT',
    );
    const mixed = await ask(`${path}?category=spot&symbol=BTCUSDT`);
    assertRefused(mixed, 400, 'unknown_instrument', 'category:', 'BTCUSDT');
  }
});

test('symbol or category alone finds the first instrument that fits', async (t) => {
  const { ask } = await openApi(t);
  assert.deepEqual((await ask('/price?symbol=ETHUSDT')).body, (await ask('/price?category=spot')).body);
  assert.equal(((await ask('/price?category=linear')).body as { symbol: string }).symbol, 'BTCUSDT');
});

test('the statistics say what the tape holds', async (t) => {
  const { ask } = await openApi(t);
  assert.deepEqual(assertPayload(tradeStatsSchema, (await ask('/trades/stats')).body), {
    total_count: 250,
    oldest_trade_time: '2024-06-03T12:00:01.000Z',
    newest_trade_time: '2024-06-03T12:04:10.000Z',
    buffer_size: 1000,
    connected: true,
  });
  const empty = assertPayload(tradeStatsSchema, (await ask('/trades/stats?symbol=ETHUSDT')).body);
  assert.equal(empty.oldest_trade_time, null);
});

test('the live tape holds only what the current child told', async (t) => {
  const { ask } = await openApi(t);
  assert.equal(assertPayload(rowsSchema, (await ask('/ws/trades')).body).length, 40);
  assert.equal(assertPayload(rowsSchema, (await ask('/ws/trades?limit=5')).body).length, 5);
});

test('the price is that of the last trade and null before the first', async (t) => {
  const { ask } = await openApi(t);
  assert.deepEqual(assertPayload(priceSchema, (await ask('/price')).body), {
    price: 50_025,
    ts: '2024-06-03T12:04:10.000Z',
    symbol: 'BTCUSDT',
    category: 'linear',
  });
  assert.equal((await ask('/price?symbol=ETHUSDT')).status, 200);
  assert.equal(((await ask('/price?symbol=ETHUSDT')).body as { price: unknown }).price, null);
});

test('a range is read page by page through the Link header, every row once', async (t) => {
  const { ask } = await openApi(t);
  const ids: string[] = [];
  let url: string | undefined =
    '/trades/range?start_time=2024-06-03T12:00:11Z&end_time=2024-06-03T12:03:20.000Z&limit=60';
  let pages = 0;
  while (url !== undefined) {
    const answer = await ask(url);
    assert.equal(answer.status, 200, answer.text);
    ids.push(...assertPayload(rowsSchema, answer.body).map((row) => row.trade_id));
    url = /^<(\/trades\/range\?[^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
    pages += 1;
  }
  assert.equal(pages, 4);
  assert.deepEqual(
    ids,
    Array.from({ length: 190 }, (_, index) => `t${200 - index}`),
  );
});

test('what nobody has of a page is named in a header, and nothing is said where nothing is missing', async (t) => {
  const query = '/trades/range?start_time=2024-06-03T12:00:01Z&end_time=2024-06-03T12:00:02Z';
  const at = Date.UTC(2024, 5, 3, 12);
  const { ask } = await openApi(t);
  assert.equal((await ask(query)).headers['towline-incomplete'], undefined);
  const holey = async (spans: readonly { readonly from: number; readonly to: number }[]) => {
    const tradeRange = () => Promise.resolve({ rows: [], next: null, missing: spans });
    const world = await openApi(t, { ports: (ports) => ({ ...ports, tradeRange }) });
    const answer = await world.ask(query);
    assert.deepEqual([answer.status, answer.body], [200, []]);
    return answer.headers['towline-incomplete']?.split(', ') ?? [];
  };
  assert.deepEqual(
    await holey([
      { from: at, to: at + 1_500 },
      { from: at + 1_600, to: at + 2_001 },
    ]),
    [
      '2024-06-03T12:00:00.000Z/2024-06-03T12:00:01.500Z',
      '2024-06-03T12:00:01.600Z/2024-06-03T12:00:02.001Z',
    ],
  );
  // The two with the least between them become one.
  const many = await holey(
    Array.from({ length: 101 }, (_, index) => ({
      from: at + index * 10,
      to: at + index * 10 + (index === 7 ? 9 : 1),
    })),
  );
  assert.equal(many.length, 100);
  assert.equal(many[7], '2024-06-03T12:00:00.070Z/2024-06-03T12:00:00.081Z');
});

test('stored history that cannot be told is an error with a code', async (t) => {
  for (const [code, status] of [
    ['history_busy', 503],
    ['history_failed', 503],
    ['history_slow', 504],
  ] as const) {
    const tradeRange = () => Promise.reject(new ApiError(code, 'what to do'));
    const { ask } = await openApi(t, { ports: (ports) => ({ ...ports, tradeRange }) });
    const query = '/trades/range?start_time=2024-06-03T12:00:01Z&end_time=2024-06-03T12:00:02Z';
    assertRefused(await ask(query), status, code, 'what to do');
  }
});

test('both ends of a range are included', async (t) => {
  const { ask } = await openApi(t);
  const { body } = await ask('/trades/range?start_time=2024-06-03T12:00:01Z&end_time=2024-06-03T12:00:02Z');
  assert.deepEqual(
    assertPayload(rowsSchema, body).map((row) => row.trade_id),
    ['t2', 't1'],
  );
});

test('bad, missing and reversed times are refused by name', async (t) => {
  const { ask } = await openApi(t);
  const bad = async (start: string, end: string, ...words: string[]) => {
    const query = new URLSearchParams({ start_time: start, end_time: end });
    assertRefused(await ask(`/trades/range?${query}`), 400, 'invalid_parameter', ...words);
  };
  const good = '2024-06-03T12:00:00Z';
  await bad('yesterday', good, 'start_time:', 'ISO 8601', '"yesterday"');
  await bad(good, '2024-02-30', 'end_time:');
  await bad(good, '2024-13-01T00:00:00Z', 'end_time:');
  await bad(good, '1717416000000', 'end_time:');
  await bad(good, '2024-06-03T25:00:00Z', 'end_time:');
  await bad('2024-06-04', good, 'start_time:', 'before end_time');
  await bad(good, good, 'start_time:', 'before end_time');
  assertRefused(await ask('/trades/range'), 400, 'invalid_parameter', 'start_time:', 'end_time:', 'required');
});

test('a zone is honoured, and without one a time is UTC', async (t) => {
  const { ask } = await openApi(t);
  const count = async (start: string, end: string) =>
    ((await ask(`/trades/range?${new URLSearchParams({ start_time: start, end_time: end })}`)).body as [])
      .length;
  assert.equal(await count('2024-06-03T14:00:01+02:00', '2024-06-03T14:00:03+02:00'), 3);
  assert.equal(await count('2024-06-03T12:00:01', '2024-06-03 12:00:03.500'), 3);
});

test('a cursor that was changed, cut or taken from another range is refused', async (t) => {
  const { ask } = await openApi(t);
  const { headers } = await ask(`/trades/range?${day}&limit=10`);
  const cursor = /cursor=([^>&]+)/.exec(headers['link'] ?? '')?.[1] ?? '';
  assert.ok(cursor.length > 20);
  const flipped = `${cursor.slice(0, 5)}${cursor[5] === 'A' ? 'B' : 'A'}${cursor.slice(6)}`;
  for (const bad of [
    flipped,
    cursor.slice(0, -1),
    `${cursor}x`,
    'x',
    '.',
    `${cursor}.x`,
    cursor.split('.')[0] ?? '',
  ]) {
    const answer = await ask(`/trades/range?${day}&limit=10&cursor=${encodeURIComponent(bad)}`);
    assertRefused(answer, 400, 'invalid_cursor', 'cursor:', 'Link');
  }
  const other = await ask(`/trades/range?start_time=2024-06-02&end_time=2024-06-04&cursor=${cursor}`);
  assertRefused(other, 400, 'invalid_cursor');
  assertRefused(
    await ask(`/trades/range?${day}&cursor=${'x'.repeat(601)}`),
    400,
    'invalid_parameter',
    'cursor:',
  );
});

test('a time beyond the calendar from a foreign connector does not break the answer', async (t) => {
  const { ask, world } = await openApi(t);
  world.trades.set('linear:BTCUSDT', [{ ...fakeTrade(1), timestamp: Number.MAX_SAFE_INTEGER }]);
  const answer = await ask('/trades');
  assert.equal(answer.status, 200);
});
