import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  bookStatsSchema,
  clustersSchema,
  cvdPeriodSchema,
  cvdSchema,
  supportResistanceSchema,
  volumeDeltaBlockSchema,
  volumeDeltaSchema,
} from '../../../../runner/api/flow-payloads.ts';
import { openContext } from '../context-world.ts';
import { btc, fakeBook, fakeTicker } from '../fake-ports.ts';
import { assertPayload, assertRefused, localAccess, openApi } from '../open-api.ts';

const of = { symbol: 'BTCUSDT', category: 'linear' };

test('/cvd counts from the last full hour, and the periods before are told newest first', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(3_600_000, { qty: 7, side: 'buy' });
  trade(1_500, { qty: 0.3, side: 'buy' });
  trade(500, { qty: 0.1, side: 'sell' });
  assert.deepEqual(assertPayload(cvdSchema, (await ask('/cvd')).body), {
    ...of,
    cvd: 0.2,
    reset_time: '2024-06-03T12:00:00.000Z',
    seconds_since_reset: 250,
    buy_volume: 0.3,
    sell_volume: 0.1,
    volume_delta: 0.2,
    trade_count: 2,
    complete: true,
  });
  const periods = assertPayload(z.array(cvdPeriodSchema), (await ask('/cvd/history?limit=5')).body);
  assert.deepEqual(
    periods.map(({ cvd, reset_time, end_time, complete }) => [
      cvd,
      reset_time.slice(11, 16),
      end_time.slice(11, 16),
      complete,
    ]),
    [[7, '11:00', '12:00', false]],
  );
  assertRefused(await ask('/cvd/history?limit=169'), 400, 'invalid_parameter', 'limit:', '168');
});

test('POST /cvd/reset begins anew, of one symbol, and is a change that others may not make without a token', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(500, { qty: 4 });
  const answer = await ask('/cvd/reset?symbol=BTCUSDT', { method: 'POST' });
  assert.equal(answer.status, 200, answer.text);
  const reset = assertPayload(cvdSchema, answer.body);
  assert.deepEqual([reset.cvd, reset.reset_time], [0, '2024-06-03T12:04:10.000Z']);
  trade(0, { qty: 3, id: 'next' });
  assert.equal(assertPayload(cvdSchema, (await ask('/cvd')).body).cvd, 3);
  assert.equal(assertPayload(z.array(cvdPeriodSchema), (await ask('/cvd/history')).body)[0]?.cvd, 4);
  assertRefused(await ask('/cvd/reset?category=spot', { method: 'POST' }), 409, 'not_subscribed', 'trades');
  assertRefused(await ask('/cvd/reset'), 405, 'method_not_allowed');
});

test('POST /cvd/reset and /signals/analyze from another machine need the token', async (t) => {
  const token = 'a-token-of-tests';
  const { ask } = await openApi(t, { access: { ...localAccess, host: '0.0.0.0', token } });
  for (const path of ['/cvd/reset', '/signals/analyze']) {
    const elsewhere = {
      method: 'POST' as const,
      remoteAddress: '10.0.0.7',
      headers: { host: '10.0.0.1:8000' },
    };
    assertRefused(await ask(path, elsewhere), 401, 'token_required', 'API_TOKEN');
    const headers = { ...elsewhere.headers, authorization: `Bearer ${token}` };
    assert.equal((await ask(path, { ...elsewhere, headers })).status, 200);
  }
});

test('/volume-delta is that of the last seconds, and says when trades of it were missed', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(70_000, { qty: 100 });
  trade(59_000, { qty: 2, side: 'buy' });
  trade(0, { qty: 0.5, side: 'sell' });
  assert.deepEqual(assertPayload(volumeDeltaSchema, (await ask('/volume-delta')).body), {
    ...of,
    period: 60,
    start_time: '2024-06-03T12:03:11.000Z',
    timestamp: '2024-06-03T12:04:10.000Z',
    buy_volume: 2,
    sell_volume: 0.5,
    volume_delta: 1.5,
    trade_count: 2,
    complete: true,
  });
  const multi = assertPayload(
    z.array(volumeDeltaSchema),
    (await ask('/volume-delta/multi?periods=300,%201,60')).body,
  );
  assert.deepEqual(
    multi.map(({ period, volume_delta, complete }) => [period, volume_delta, complete]),
    [
      [300, 101.5, false],
      [1, -0.5, true],
      [60, 1.5, true],
    ],
  );
  assert.deepEqual(
    assertPayload(z.array(volumeDeltaSchema), (await ask('/volume-delta/multi')).body).map(
      ({ period }) => period,
    ),
    [60, 300, 900],
  );
});

test('/volume-delta/history cuts the past hour into blocks, newest first', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(70_000, { qty: 1 });
  trade(0, { qty: 2 });
  const blocks = assertPayload(
    z.array(volumeDeltaBlockSchema),
    (await ask('/volume-delta/history?period=60&limit=3')).body,
  );
  assert.deepEqual(
    blocks.map(({ start_time, volume_delta, closed }) => [start_time.slice(11, 16), volume_delta, closed]),
    [
      ['12:04', 2, false],
      ['12:03', 1, true],
      ['12:02', 0, true],
    ],
  );
  assert.equal(
    assertPayload(z.array(volumeDeltaBlockSchema), (await ask('/volume-delta/history?limit=3600')).body)
      .length,
    60,
  );
});

test('periods that are none, and what is not subscribed, are refused', async (t) => {
  const { ask } = await openApi(t);
  for (const period of ['0', '3601', '1.5', 'x'])
    assertRefused(await ask(`/volume-delta?period=${period}`), 400, 'invalid_parameter', 'period:', '3600');
  for (const periods of ['60,0', '60,', '3601', '1.5', Array(21).fill('1').join()])
    assertRefused(await ask(`/volume-delta/multi?periods=${periods}`), 400, 'invalid_parameter', 'periods:');
  for (const path of [
    '/cvd',
    '/cvd/history',
    '/volume-delta',
    '/volume-delta/history',
    '/volume-delta/multi',
  ])
    assertRefused(await ask(`${path}?symbol=ETHUSDT`), 409, 'not_subscribed', 'trades of spot:ETHUSDT');
});

test('/liquidations/clusters has the largest first, and what is next to the price', async (t) => {
  const { ask, liquidation } = await openContext(t);
  liquidation({ price: 49_991, qty: 3, position: 'long' });
  liquidation({ price: 49_999, qty: 1, position: 'short' });
  liquidation({ price: 51_234, qty: 5, position: 'short' });
  const view = assertPayload(clustersSchema, (await ask('/liquidations/clusters')).body);
  assert.deepEqual(view.clusters, [
    { price_level: 51_220, buy_liquidations: 0, sell_liquidations: 5, total_liquidations: 5, ratio: 0 },
    { price_level: 49_980, buy_liquidations: 3, sell_liquidations: 1, total_liquidations: 4, ratio: 0.75 },
  ]);
  assert.deepEqual(
    [view.current_price, view.nearest_support, view.nearest_resistance, view.bin_size],
    [50_025, 49_980, 51_220, 20],
  );
  const path = '/liquidations/support-resistance';
  const usual = assertPayload(supportResistanceSchema, (await ask(path)).body);
  assert.deepEqual([usual.current_price, usual.nearest_support], [50_025, 49_980]);
  const high = assertPayload(supportResistanceSchema, (await ask(`${path}?current_price=60000`)).body);
  assert.deepEqual([high.nearest_support, high.nearest_resistance], [51_220, null]);
  assertRefused(await ask(`${path}?current_price=0`), 400, 'invalid_parameter', 'current_price:', 'above 0');
  assertRefused(await ask(`${path}?category=spot`), 409, 'not_subscribed', 'liquidation of spot:ETHUSDT');
});

test('where nothing traded yet the ticker says the price, and without one there is no support', async (t) => {
  const { ask, liquidation, world } = await openContext(t);
  liquidation({ price: 49_991 });
  world.trades.clear();
  const blind = assertPayload(clustersSchema, (await ask('/liquidations/clusters')).body);
  assert.deepEqual([blind.current_price, blind.nearest_support, blind.clusters.length], [null, null, 1]);
  world.tickers.set('linear:BTCUSDT', fakeTicker(btc, { valid: false, reason: 'closed 1006' }));
  assert.equal(assertPayload(clustersSchema, (await ask('/liquidations/clusters')).body).current_price, null);
  world.tickers.set('linear:BTCUSDT', fakeTicker());
  assert.equal(
    assertPayload(clustersSchema, (await ask('/liquidations/clusters')).body).nearest_support,
    49_980,
  );
});

test('/orderbook/stats are those of a valid book, and 503 without values of another', async (t) => {
  const { ask, world } = await openApi(t);
  const stats = assertPayload(bookStatsSchema, (await ask('/orderbook/stats?levels=2')).body);
  assert.deepEqual(stats, {
    ...of,
    ...{ valid: true, reason: null, time: '2024-06-03T12:04:10.000Z' },
    ...{ best_bid: 50_024.9, best_ask: 50_025, spread: 0.1, spread_bps: 0.0199900249775, mid: 50_024.95 },
    ...{ levels: 2, bid_qty: 2.25, ask_qty: 4.125, imbalance: -0.294117647059 },
  });
  world.books.set('linear:BTCUSDT', { ...fakeBook(), valid: false, reason: 'book_gap' });
  const broken = await ask('/orderbook/stats');
  assert.equal(broken.status, 503);
  const { valid, reason, spread, levels } = assertPayload(bookStatsSchema, broken.body);
  assert.deepEqual([valid, reason, spread, levels], [false, 'book_gap', null, 10]);
  const none = await ask('/orderbook/stats?symbol=ETHUSDT');
  assert.equal(none.status, 503);
  assert.match(assertPayload(bookStatsSchema, none.body).reason ?? '', /no depth of this symbol/);
  assertRefused(await ask('/orderbook/stats?levels=0'), 400, 'invalid_parameter', 'levels:');
});
