import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { bookSchema, candleSchema } from '../../../../runner/api/payloads.ts';
import { fakeBook } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

test('the book is shown with as many levels as asked for, best first', async (t) => {
  const { ask } = await openApi(t);
  const answer = await ask('/orderbook?levels=2');
  assert.equal(answer.status, 200);
  assert.deepEqual(assertPayload(bookSchema, answer.body), {
    symbol: 'BTCUSDT',
    category: 'linear',
    valid: true,
    reason: null,
    time: '2024-06-03T12:04:10.000Z',
    last_update_id: 42,
    bids: [
      [50_024.9, 1],
      [50_024.8, 1.25],
    ],
    asks: [
      [50_025, 2],
      [50_025.1, 2.125],
    ],
  });
  assert.equal(assertPayload(bookSchema, (await ask('/orderbook')).body).bids.length, 50);
  for (const levels of ['0', '1001', 'x']) {
    assertRefused(
      await ask(`/orderbook?levels=${levels}`),
      400,
      'invalid_parameter',
      'levels:',
      'from 1 to 1000',
    );
  }
});

test('a book that is not valid is a 503 with the reason and without prices', async (t) => {
  const { ask, world } = await openApi(t);
  world.books.set('linear:BTCUSDT', { ...fakeBook(), valid: false, reason: 'no update for 12 s' });
  const answer = await ask('/orderbook');
  assert.equal(answer.status, 503);
  const book = assertPayload(bookSchema, answer.body);
  assert.equal(book.valid, false);
  assert.equal(book.reason, 'no update for 12 s');
  assert.deepEqual([book.bids, book.asks], [[], []]);
  assert.equal((await ask('/orderbook?symbol=ETHUSDT')).status, 503);
});

test('candles come oldest first', async (t) => {
  const { ask } = await openApi(t);
  const rows = assertPayload(
    z.array(candleSchema),
    (await ask('/strategy/candles?timeframe=5m&count=3')).body,
  );
  assert.deepEqual(
    rows.map(({ time }) => time.slice(11, 16)),
    ['11:58', '11:59', '12:00'],
  );
  assert.equal(rows[2]?.complete, false);
  assertRefused(
    await ask('/strategy/candles?timeframe=2m'),
    400,
    'invalid_parameter',
    'timeframe:',
    '1m, 5m',
  );
  assertRefused(await ask('/strategy/candles?count=0'), 400, 'invalid_parameter', 'count:');
});
