import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { klineSchema, liquidationSchema, tickerSchema } from '../../../../runner/api/channel-payloads.ts';
import { eth, fakeLiquidation, fakeTicker, START } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

const MINUTE = 60_000;

function fakeKline(number: number) {
  const start = START + number * MINUTE;
  return { start, end: start + MINUTE - 1, open: 10, high: 12, low: 9, close: 11, volume: 5, turnover: 55 };
}

test('the ticker is shown with what its market has', async (t) => {
  const { ask, world } = await openApi(t);
  world.tickers.set('linear:BTCUSDT', fakeTicker());
  const answer = await ask('/ticker');
  assert.equal(answer.status, 200);
  const { mark_price, funding_rate, open_interest, next_funding_time, time, ...ticker } = assertPayload(
    tickerSchema,
    answer.body,
  );
  assert.deepEqual([ticker.valid, ticker.reason, ticker.last_price], [true, null, 50_025]);
  assert.deepEqual([mark_price, funding_rate, open_interest], [50_024.5, -0.0001, null]);
  assert.deepEqual([time, next_funding_time], ['2024-06-03T12:04:10.000Z', '2024-06-03T16:00:00.000Z']);
  assertRefused(await ask('/ticker?symbol=NOPE'), 400, 'unknown_instrument', 'known: linear:BTCUSDT');
});

test('a ticker that is not true now is a 503 with the reason and without values', async (t) => {
  const { ask, world } = await openApi(t);
  const none = await ask('/ticker');
  assert.equal(none.status, 503);
  assert.match(assertPayload(tickerSchema, none.body).reason ?? '', /add ticker to SUBSCRIPTIONS/);
  world.tickers.set('linear:BTCUSDT', fakeTicker(undefined, { valid: false, reason: 'the connector ended' }));
  const old = await ask('/ticker');
  assert.equal(old.status, 503);
  const { valid, reason, last_price, time } = assertPayload(tickerSchema, old.body);
  assert.deepEqual([valid, reason, last_price], [false, 'the connector ended', null]);
  assert.equal(time, '2024-06-03T12:04:10.000Z', 'when it was last told');
});

test('all tickers that are followed are one list', async (t) => {
  const { ask, world } = await openApi(t);
  assert.deepEqual((await ask('/tickers')).body, []);
  world.tickers.set('linear:BTCUSDT', fakeTicker());
  world.tickers.set('spot:ETHUSDT', fakeTicker(eth, { valid: false, reason: 'closed 1006' }));
  const all = assertPayload(z.array(tickerSchema), (await ask('/tickers')).body);
  assert.deepEqual(
    all.map(({ symbol, valid, last_price }) => [symbol, valid, last_price]),
    [
      ['BTCUSDT', true, 50_025],
      ['ETHUSDT', false, null],
    ],
  );
  const spot = assertPayload(z.array(tickerSchema), (await ask('/tickers?category=spot')).body);
  assert.deepEqual(
    spot.map(({ symbol }) => symbol),
    ['ETHUSDT'],
  );
  assertRefused(await ask('/tickers?category=option'), 400, 'invalid_parameter', 'linear, spot, inverse');
});

test('klines come newest first, the one in the making before all', async (t) => {
  const { ask, world } = await openApi(t);
  world.klines.set('5', { open: fakeKline(9), closed: [fakeKline(8), fakeKline(7)] });
  const rows = assertPayload(z.array(klineSchema), (await ask('/klines?interval=5&limit=3')).body);
  assert.deepEqual(
    rows.map(({ time, closed }) => [time.slice(11, 16), closed]),
    [
      ['12:09', false],
      ['12:08', true],
      ['12:07', true],
    ],
  );
  assert.deepEqual([rows[0]?.interval, rows[0]?.end_time], ['5', '2024-06-03T12:09:59.999Z']);
});

test('an interval or liquidations that are not subscribed are no quiet market', async (t) => {
  const { ask, world } = await openApi(t);
  assertRefused(await ask('/klines'), 409, 'not_subscribed', 'kline.1 of linear:BTCUSDT', 'SUBSCRIPTIONS');
  assertRefused(await ask('/klines?interval=7'), 400, 'invalid_parameter', 'interval:', '1, 3, 5');
  assertRefused(await ask('/klines?limit=1001'), 400, 'invalid_parameter', 'limit:');
  assertRefused(await ask('/liquidations'), 409, 'not_subscribed', 'add liquidation to SUBSCRIPTIONS');
  world.liquidations.set('linear:BTCUSDT', []);
  assert.deepEqual((await ask('/liquidations')).body, []);
});

test('liquidations come newest first and name the position that was closed', async (t) => {
  const { ask, world } = await openApi(t);
  world.liquidations.set('linear:BTCUSDT', [fakeLiquidation(3), fakeLiquidation(2), fakeLiquidation(1)]);
  const rows = assertPayload(z.array(liquidationSchema), (await ask('/liquidations?limit=2')).body);
  assert.deepEqual(rows, [
    { price: 49_000, qty: 3, position: 'Short', time: '2024-06-03T12:00:03.000Z', symbol: 'BTCUSDT' },
    { price: 49_000, qty: 2, position: 'Long', time: '2024-06-03T12:00:02.000Z', symbol: 'BTCUSDT' },
  ]);
});
