import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  contextSchema,
  levelsSchema,
  regimeSchema,
  strategyMetricsSchema,
} from '../../../../runner/api/context-payloads.ts';
import { backfillSchema } from '../../../../runner/api/flow-payloads.ts';
import { row } from '../../../helpers/desk-world.ts';
import { openContext } from '../context-world.ts';
import { btc } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

const HOUR = 3_600_000;
const noon = '2024-06-03T12:04:10.000Z';
const exact = { exactness: 'exact', reasons: [] };
const partly = { exactness: 'approximate', reasons: ['not_covered'] };
const absent = { exactness: 'absent', reasons: ['not_covered'] };

test('/levels are those of the trades, each with how true it is, by the names of the contract', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(20_000, { price: 50_000.14, qty: 2, side: 'buy' });
  trade(10_000, { price: 50_000.19, qty: 1, side: 'sell' });
  trade(0, { price: 50_001, qty: 1, side: 'sell' });
  const levels = assertPayload(levelsSchema, (await ask('/levels')).body);
  const { quality, ...rest } = levels;
  assert.deepEqual(rest, {
    symbol: 'BTCUSDT',
    category: 'linear',
    ts: noon,
    date: '2024-06-03',
    previous_date: '2024-06-02',
    vwap_mode: 'base',
    bin_size: '0.1',
    previous_bin_size: '0.1',
    tick_source: 'setting',
    VWAP: 50_000.3675,
    POCd: 50_000.1,
    VAHd: 50_000.1,
    VALd: 50_000.1,
    PDH: null,
    PDL: null,
    VAHprev: null,
    VALprev: null,
    POCprev: null,
    VWAPprev: null,
    OR: { hi: null, lo: null, startTs: '2024-06-03T08:00:00.000Z', endTs: '2024-06-03T08:10:00.000Z' },
  });
  assert.deepEqual([quality.VWAP, quality.POCd, quality.PDH, quality.OR], [partly, partly, absent, absent]);
});

test('/levels?vwap_mode=quote weighs by price * quantity, today and of the day before', async (t) => {
  const { ask, trade } = await openContext(t);
  for (const ago of [24 * HOUR, 0]) {
    trade(ago + 1, { price: 1, qty: 1 });
    trade(ago, { price: 3, qty: 1 });
  }
  const base = assertPayload(levelsSchema, (await ask('/levels?symbol=BTCUSDT')).body);
  const quote = assertPayload(levelsSchema, (await ask('/levels?vwap_mode=quote')).body);
  assert.deepEqual([base.VWAP, base.VWAPprev, base.PDH, base.PDL], [2, 2, 3, 1]);
  assert.deepEqual([quote.VWAP, quote.VWAPprev, quote.PDH, quote.PDL], [2.5, 2.5, 3, 1]);
  assertRefused(await ask('/levels?vwap_mode=qty'), 400, 'invalid_parameter', 'vwap_mode:', 'base, quote');
});

test('a day that was seen from midnight on is exact, with its opening range', async (t) => {
  const { ask, trade, say, world } = await openContext(t);
  trade(13 * HOUR, { price: 90 });
  trade(4 * HOUR, { price: 100 });
  trade(4 * HOUR - 1_000, { price: 110 });
  trade(0, { price: 100, qty: 1 });
  const levels = assertPayload(levelsSchema, (await ask('/levels')).body);
  assert.deepEqual([levels.OR.hi, levels.OR.lo, levels.quality.OR], [110, 100, exact]);
  assert.deepEqual([levels.quality.VWAP, levels.quality.VALd], [exact, exact]);
  assert.deepEqual([levels.quality.PDH, levels.PDH], [partly, 90]);
  // What is missing in the night is told by the levels and not by the opening range.
  const at = world.now - 5 * HOUR;
  const span = { from: { id: 'x', timestamp: at }, to: { id: 'y', timestamp: at + 1_000 } };
  say({
    type: 'gap',
    gap_id: 'g',
    state: 'lost',
    channel: 'trades',
    ...btc,
    cause: 'socket_lost',
    ...span,
    at,
  });
  const after = assertPayload(levelsSchema, (await ask('/levels')).body);
  assert.deepEqual([after.quality.VWAP, after.quality.OR], [partly, exact]);
});

test('bins are of the tick size that the exchange tells, and the payload says so', async (t) => {
  const { ask, trade, world } = await openContext(t);
  trade(0, { price: 50_000.14 });
  world.facts.set('linear:BTCUSDT', row('linear', 'BTCUSDT', 1, { tick_size: '0.5' }));
  const levels = assertPayload(levelsSchema, (await ask('/levels')).body);
  assert.deepEqual([levels.POCd, levels.bin_size, levels.tick_source], [50_000, '0.5', 'exchange']);
});

test('what is not subscribed, not configured or not known yet is refused as elsewhere', async (t) => {
  const { ask, world } = await openApi(t);
  for (const path of ['/levels', '/context', '/regime', '/strategy/metrics']) {
    assertRefused(await ask(`${path}?category=spot`), 409, 'not_subscribed', 'trades of spot:ETHUSDT');
    assertRefused(await ask(`${path}?symbol=XRPUSDT`), 400, 'unknown_instrument', 'XRPUSDT');
    assertRefused(await ask(`${path}?what=1`), 400, 'invalid_parameter', 'what');
  }
  world.instruments = [];
  assertRefused(await ask('/levels'), 503, 'not_known_yet', '/ready');
});

test('/context has session, price, levels, statistics and what the day comes from', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(13 * HOUR, { price: 90 });
  trade(6 * HOUR, { price: 100, qty: 3, side: 'sell' });
  trade(5 * HOUR, { price: 101, qty: 1, side: 'buy' });
  trade(10_000, { price: 103, qty: 5, side: 'buy' });
  trade(0, { price: 103, qty: 2, side: 'sell' });
  const context = assertPayload(contextSchema, (await ask('/context')).body);
  assert.deepEqual([context.session, context.price, context.ts], ['off', 50_025, noon]);
  const { quality, ...stats } = context.stats;
  assert.deepEqual(stats, {
    rangeToday: 3,
    cd_pre: -2,
    pre_market_buy_volume: 1,
    pre_market_sell_volume: 3,
    live_buy_volume: 5,
    live_sell_volume: 2,
    live_delta: 3,
  });
  assert.deepEqual(quality.cd_pre, exact);
  assert.deepEqual(context.coverage, [{ from: '2024-06-03T00:00:00.000Z', to: noon, source: 'trades' }]);
  assert.deepEqual(context.levels.quality.VWAP, exact);
  assert.equal(context.previous_coverage[0]?.source, 'nothing');
});

test('/strategy/metrics adds the whole day up, and names the bins by rank', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(13 * HOUR, { price: 90 });
  trade(6 * HOUR, { price: 100, qty: 0.1, side: 'buy' });
  trade(1_000, { price: 100, qty: 0.2, side: 'buy' });
  trade(0, { price: 103, qty: 0.5, side: 'sell' });
  const metrics = assertPayload(strategyMetricsSchema, (await ask('/strategy/metrics')).body);
  assert.deepEqual([metrics.buy_volume, metrics.sell_volume, metrics.delta], [0.3, 0.5, -0.2]);
  assert.deepEqual(metrics.footprint, [
    { price: 103, volume: 0.5, buy_vol: 0, sell_vol: 0.5, rank: 1 },
    { price: 100, volume: 0.3, buy_vol: 0.3, sell_vol: 0, rank: 2 },
  ]);
  assert.deepEqual([metrics.vwap, metrics.poc, metrics.quality.delta], [101.875, 103, exact]);
});

test('/regime names what is missing, and is reckoned where it is there', async (t) => {
  const { ask, trade } = await openContext(t);
  const none = assertPayload(regimeSchema, (await ask('/regime')).body);
  assert.deepEqual([none.regime, none.exactness, none.missing.includes('vwap')], [null, 'absent', true]);
  trade(1_000, { price: 100, qty: 1, side: 'buy' });
  trade(0, { price: 100, qty: 1, side: 'sell' });
  const range = assertPayload(regimeSchema, (await ask('/regime')).body);
  assert.deepEqual([range.regime, range.exactness, range.missing], ['RANGE', 'approximate', []]);
  assert.deepEqual(range.parts, { near: 1, delta: 0, concentration: 1, session: 0 });
});

test('/backfill/status says that nobody fetches history, or how far it is', async (t) => {
  const { ask, world } = await openApi(t);
  const skipped = assertPayload(backfillSchema, (await ask('/backfill/status')).body);
  assert.deepEqual(
    [skipped.status, skipped.running, skipped.complete, skipped.progress.percentage],
    ['skipped', false, false, 0],
  );
  assert.match(skipped.reason ?? '', /switched off/);
  world.backfill = {
    ...world.backfill,
    now: ['linear:BTCUSDT 2026-08-01 download'],
    status: 'in_progress',
    reason: null,
    current: 2,
    total: 3,
    estimatedSecondsRemaining: 7,
  };
  const { counts, polite, ...rest } = assertPayload(backfillSchema, (await ask('/backfill/status')).body);
  assert.deepEqual([counts.days, counts.gaps_closed, polite], [0, 0, null]);
  assert.deepEqual(rest, {
    now: ['linear:BTCUSDT 2026-08-01 download'],
    status: 'in_progress',
    running: true,
    complete: false,
    reason: null,
    progress: { current: 2, total: 3, percentage: 66.6, estimated_seconds_remaining: 7 },
  });
});
