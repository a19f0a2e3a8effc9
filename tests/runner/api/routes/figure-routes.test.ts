import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  debugPocSchema,
  debugTradesSchema,
  debugVwapSchema,
  exchangeInfoSchema,
} from '../../../../runner/api/context-payloads.ts';
import { row } from '../../../helpers/desk-world.ts';
import { openContext } from '../context-world.ts';
import { START } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

test('/debug/vwap shows the sums in all their digits, with the first and the last trade', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(0, { price: 0.3, qty: 0.2, id: 'b' });
  trade(5_000, { price: 0.1, qty: 0.1, id: 'a' });
  const vwap = assertPayload(debugVwapSchema, (await ask('/debug/vwap')).body);
  assert.deepEqual(
    [vwap.volume, vwap.notional, vwap.squares, vwap.trades, vwap.klines, vwap.vwap, vwap.date],
    ['0.3', '0.07', '0.019', 2, 0, 0.233333333333, '2024-06-03'],
  );
  assert.deepEqual(vwap.first_trade, { price: 0.1, time: '2024-06-03T12:04:05.000Z', trade_id: 'a' });
  assert.deepEqual(vwap.last_trade?.trade_id, 'b');
  assert.equal(vwap.exactness, 'approximate');
});

test('/debug/poc shows the ten largest bins', async (t) => {
  const { ask, trade } = await openContext(t);
  for (let bin = 0; bin < 15; bin += 1) trade(1_000 + bin, { price: 100 + bin, qty: 1 + bin });
  const poc = assertPayload(debugPocSchema, (await ask('/debug/poc')).body);
  assert.deepEqual([poc.poc, poc.bin_size, poc.bins.length], [114, '0.1', 10]);
  assert.deepEqual(poc.bins[9], { price: 105, volume: 6, buy_vol: 6, sell_vol: 0, rank: 10 });
});

test('/debug/exchangeinfo shows the steps, and null for what is not known', async (t) => {
  const { ask, world } = await openApi(t);
  const unknown = assertPayload(exchangeInfoSchema, (await ask('/debug/exchangeinfo')).body);
  assert.deepEqual(unknown, {
    ...{ symbol: 'BTCUSDT', category: 'linear' },
    ...{ tickSize: null, stepSize: null, minQty: null, minNotional: null, ts: null },
  });
  world.facts.set(
    'linear:BTCUSDT',
    row('linear', 'BTCUSDT', 1, { tick_size: '0.10', qty_step: '0.001', min_qty: '0.001', at: START }),
  );
  const known = assertPayload(exchangeInfoSchema, (await ask('/debug/exchangeinfo')).body);
  assert.deepEqual(
    [known.tickSize, known.stepSize, known.minQty, known.minNotional, known.ts],
    ['0.10', '0.001', '0.001', null, '2024-06-03T12:00:00.000Z'],
  );
});

test('/debug/trades counts what came from where and what was left out', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(24 * 3_600_000);
  trade(1_000);
  trade(0, { id: 'healed', origin: 'healed' });
  trade(-20_000, { id: 'future' });
  trade(72 * 3_600_000, { id: 'old' });
  trade(500, { id: 'absurd', price: 1e16 });
  const counts = assertPayload(debugTradesSchema, (await ask('/debug/trades')).body);
  const { symbol, category, ts, date, ...rest } = counts;
  assert.deepEqual(
    [symbol, category, ts, date],
    ['BTCUSDT', 'linear', '2024-06-03T12:04:10.000Z', '2024-06-03'],
  );
  assert.deepEqual(rest, {
    ...{ live: 2, backfill: 0, covered: 0, refused: 2, klines: 0 },
    ...{ previous_live: 1, previous_backfill: 0, too_old: 1, in_future: 1 },
  });
});

test('of what is not subscribed there are no sums', async (t) => {
  const { ask } = await openApi(t);
  for (const path of ['/debug/vwap', '/debug/poc', '/debug/trades'])
    assertRefused(await ask(`${path}?symbol=ETHUSDT`), 409, 'not_subscribed', 'trades of spot:ETHUSDT');
});
