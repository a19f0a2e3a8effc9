/** What the API says of a real app: each test drives lines in at one end and reads JSON at the other. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { wsHealthSchema } from '../../runner/api/connector-payloads.ts';
import { metricsSchema } from '../../runner/api/metrics-payloads.ts';
import {
  bookSchema,
  candleSchema,
  gapSchema,
  healthSchema,
  priceSchema,
  readinessSchema,
  tradeRowSchema,
  tradeStatsSchema,
} from '../../runner/api/payloads.ts';
import { isoTime } from '../../runner/api/present-market.ts';
import { depthTopic, RunnerWorld, tradesTopic } from '../helpers/runner-world.ts';
import { assertPayload, openApi } from './api/open-api.ts';

/** The answers of the API over this world, checked against their schemas. */
async function api(t: TestContext, world: RunnerWorld) {
  const { ask } = await openApi(t, { ports: () => world.ports });
  const read =
    <S extends z.ZodType>(path: string, schema: S) =>
    async (query = '') =>
      assertPayload(schema, (await ask(path + query)).body);
  return {
    ask,
    wsHealth: read('/ws/health', wsHealthSchema),
    ready: read('/ready', readinessSchema),
    stats: read('/trades/stats', tradeStatsSchema),
    trades: read('/trades', z.array(tradeRowSchema)),
    liveTape: read('/ws/trades', z.array(tradeRowSchema)),
    book: read('/orderbook', bookSchema),
    price: read('/price', priceSchema),
    candles: read('/strategy/candles', z.array(candleSchema)),
    gaps: read('/gaps', z.array(gapSchema)),
    metrics: read('/metrics', metricsSchema),
  };
}

const ether = { category: 'linear', symbol: 'ETHUSDT' } as const;

test('a refused topic says so with the reason, and does not make its channel "not connected"', async (t) => {
  const refused = { ...tradesTopic, ...ether };
  const world = new RunnerWorld({ topics: [tradesTopic, refused] }).connect().acknowledge(tradesTopic);
  const { wsHealth, ready } = await api(t, world);
  const trades = async () => (await wsHealth()).trades;
  assert.equal((await trades()).connected, false, 'the other one may still come');
  world.say({ type: 'error', error: 'handler not found', code: 'topic_refused', ...refused });
  assert.equal((await trades()).connected, true);
  assert.deepEqual(
    (await trades()).topics.map(({ topic, state, connected, reason }) => [topic, state, connected, reason]),
    [
      ['trades:linear:BTCUSDT', 'subscribed', true, null],
      ['trades:linear:ETHUSDT', 'refused', false, 'handler not found'],
    ],
  );
  assert.deepEqual(await ready(), {
    ready: true,
    missing: [],
    refused: [{ topic: 'trades:linear:ETHUSDT', reason: 'handler not found' }],
  });
});

test('a trade with an impossible time is on the tape, but sets no price', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic);
  const { trades, price } = await api(t, world);
  assert.deepEqual(
    [await price(), world.ports.instruments().length],
    [{ price: null, ts: null, symbol: 'BTCUSDT', category: 'linear' }, 1],
  );
  world.say({ ...world.trade('a', -40), price: 100 }, { ...world.trade('b', 3_600_000), price: 5 });
  assert.deepEqual(
    (await trades()).map(({ trade_id }) => trade_id),
    ['b', 'a'],
  );
  assert.equal((await price()).price, 100);
});

test('a topic is shown with its age, its count and the exchange time of its last data', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic, depthTopic);
  const { wsHealth } = await api(t, world);
  const [before] = (await wsHealth()).trades.topics;
  assert.deepEqual([before?.age_ms, before?.last_ts, before?.messages], [null, null, 0]);
  const told = world.clock.unixMs();
  world.say(world.trade('a', -40), world.depth('snapshot', 7));
  world.clock.advance(1_250.4);
  const { trades, depth } = await wsHealth();
  assert.deepEqual(trades.topics, [
    {
      topic: 'trades:linear:BTCUSDT',
      channel: 'trades',
      category: 'linear',
      symbol: 'BTCUSDT',
      phase: 'flowing',
      state: 'subscribed',
      connected: true,
      stale: false,
      last_ts: isoTime(told - 40),
      age_ms: 1_250,
      messages: 1,
      sockets: [],
      reason: null,
    },
  ]);
  assert.equal(trades.last_ts, isoTime(told - 40));
  assert.deepEqual(
    [depth.connected, depth.last_ts, depth.topics[0]?.topic, depth.topics[0]?.age_ms],
    [true, isoTime(told), 'depth.50:linear:BTCUSDT', 1_250],
  );
});

test('a topic that is stale or not connected says why', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic, depthTopic);
  const { wsHealth } = await api(t, world);
  world.say(world.depth('snapshot', 1));
  world.say({ type: 'status', status: 'stale', ...depthTopic, reason: 'nothing for 9 s' });
  const [stale] = (await wsHealth()).depth.topics;
  assert.deepEqual([stale?.stale, stale?.connected, stale?.reason], [true, true, 'nothing for 9 s']);
  world.say({ type: 'status', status: 'disconnected', scope: 'public', category: 'linear', reason: 'reset' });
  const { trades, connector } = await wsHealth();
  assert.deepEqual([trades.connected, trades.topics[0]?.reason], [false, 'reset']);
  assert.deepEqual([connector.connected, connector.reconnection_attempts], [false, 1]);
});

test('candles are told with their trades, the open one last, and are complete when nothing of them was missed', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic);
  const { candles } = await api(t, world);
  const { clock } = world;
  world.say(world.trade('first', 0));
  clock.advance(60_000 - (clock.unixMs() % 60_000));
  const start = clock.unixMs();
  world.say(world.trade('a', 1, { price: 10, qty: 2 }), world.trade('b', 2, { price: 14, side: 'sell' }));
  world.say(world.trade('c', 3, { price: 9 }), world.trade('d', 4, { price: 12, qty: 0.5 }));
  clock.advance(60_000);
  world.say(world.trade('e', 0, { price: 11 }));
  clock.advance(5_000);
  world.app.tick();
  const list = await candles('?timeframe=1m&count=2');
  assert.deepEqual(list, [
    {
      time: isoTime(start),
      ...{ open: 10, high: 14, low: 9, close: 12, volume: 4.5, trade_count: 4 },
      ...{ complete: true, revision: 0 },
    },
    {
      time: isoTime(start + 60_000),
      ...{ open: 11, high: 11, low: 11, close: 11, volume: 1, trade_count: 1 },
      ...{ complete: true, revision: 0 },
    },
  ]);
  assert.equal((await candles('?timeframe=1m&count=1')).length, 1);
  const [five] = await candles('?timeframe=5m&count=1');
  assert.deepEqual(
    [five?.trade_count, five?.complete],
    [6, false],
    'it began before the first trade that was seen',
  );
  assert.deepEqual(await candles('?timeframe=1m&symbol=BTCUSDT&count=1'), list.slice(1));
});

test('gaps are listed newest first with both their ends', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic);
  const { gaps, metrics } = await api(t, world);
  const at = world.clock.unixMs();
  world.say(world.trade('a'));
  world.clock.advance(500);
  world.die().connect().say(world.trade('b', 100));
  world.say({
    ...{ type: 'gap', gap_id: 'own', state: 'lost', ...tradesTopic, cause: 'overload' },
    ...{
      from: { id: 'b', timestamp: at + 600 },
      to: { id: 'd', timestamp: at + 700 },
      at: at + 800,
      missing: 3,
    },
  });
  assert.deepEqual(await gaps(), [
    {
      gap_id: 'own',
      state: 'lost',
      channel: 'trades',
      category: 'linear',
      symbol: 'BTCUSDT',
      depth: null,
      interval: null,
      cause: 'overload',
      from: { id: 'b', trade_id: 'b', time: isoTime(at + 600) },
      to: { id: 'd', trade_id: 'd', time: isoTime(at + 700) },
      opened_at: isoTime(at + 800),
      healed_by: null,
      recovered: null,
      missing: 3,
    },
    {
      gap_id: 'r-x-1',
      state: 'open',
      channel: 'trades',
      category: 'linear',
      symbol: 'BTCUSDT',
      depth: null,
      interval: null,
      cause: 'child_died',
      from: { id: 'a', trade_id: 'a', time: isoTime(at) },
      to: { id: 'b', trade_id: 'b', time: isoTime(at + 600) },
      opened_at: isoTime(at + 500),
      healed_by: null,
      recovered: null,
      missing: null,
    },
  ]);
  const { gaps: states, counts } = await metrics();
  assert.deepEqual(states, { open: 1, healed: 0, lost: 1 });
  assert.deepEqual([counts['gaps_opened'], counts['gaps_absorbed'], counts['gaps_forgotten']], [2, 0, 0]);
});

test('the connector is shown as the supervisor, its heartbeat and its own lines tell it', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic, depthTopic);
  const { wsHealth } = await api(t, world);
  world.clock.advance(1_000);
  world.say(
    {
      type: 'status',
      status: 'heartbeat',
      silence_asked: 5,
      silence_confirmed: 1,
      silence_withheld: 3,
      trades_audited: 6,
      trades_left_out: 2,
      rss_bytes: 70_000_000,
      cpu_percent: 3.5,
      queue_lines: 3,
      clock_offset_ms: -12.5,
    },
    { type: 'error', error: 'a frame cannot be read', code: 'bad_frame' },
  );
  const lastLine = world.clock.unixMs();
  world.sayText('no JSON');
  world.report = {
    ...world.report,
    ...{ uptime_seconds: 12.345, restarts: 2, lines: 99, too_long: 4, half_lines: 5, deaths: { exit_1: 2 } },
    last_exit: {
      at: world.clock.unixMs(),
      code: 1,
      signal: null,
      cause: 'exit_1',
      message: 'it ended with 1',
    },
  };
  assert.deepEqual((await wsHealth()).connector, {
    name: 'bybit',
    connected: true,
    last_ts: isoTime(lastLine),
    queue_size: 0,
    reconnection_attempts: 0,
    sockets: [
      {
        category: 'linear',
        socket: null,
        state: 'connected',
        reason: null,
        reconnects: null,
        topics: null,
        first_trades: null,
        only_trades: null,
      },
    ],
    escalation: { topic: 0, socket: 0, child: 0, last: null },
    silence_checks: { asked: 5, confirmed: 1, withheld: 3 },
    trade_audit: { lists: 6, left_out: 2 },
    connector_health: {
      process_alive: true,
      pid: 4711,
      queue_size: 3,
      error_count: 1,
      state: 'ready',
      uptime_seconds: 12.3,
      restarts: 2,
      deaths: { exit_1: 2 },
      next_try_in_ms: null,
      last_exit: {
        at: isoTime(lastLine),
        code: 'exit_1',
        cause: 'it ended with 1',
        exit_code: 1,
        signal: null,
      },
      rss_bytes: 70_000_000,
      cpu_percent: 3.5,
      clock_offset_ms: -12.5,
      lines: 99,
      bad_lines: 10,
      bad_line_samples: [{ time: isoTime(lastLine), reason: 'not JSON', sample: 'no JSON' }],
    },
  });
});

test('the last bad lines are shown newest first, short, and without what steers a terminal', async (t) => {
  const world = new RunnerWorld().connect();
  const { wsHealth } = await api(t, world);
  const samples = async () => (await wsHealth()).connector.connector_health.bad_line_samples;
  assert.deepEqual(await samples(), []);
  const first = world.clock.unixMs();
  world.sayText('first');
  world.clock.advance(1_000);
  world.sayText(`\u001b[2J\u202e${'x'.repeat(300)}`);
  assert.deepEqual(await samples(), [
    { time: isoTime(first + 1_000), reason: 'not JSON', sample: `\uFFFD[2J\uFFFD${'x'.repeat(195)}` },
    { time: isoTime(first), reason: 'not JSON', sample: 'first' },
  ]);
  for (let line = 0; line < 20; line += 1) world.sayText(`bad ${line}`);
  assert.deepEqual(
    (await samples()).map(({ sample }) => sample),
    ['bad 19', 'bad 18', 'bad 17', 'bad 16', 'bad 15'],
  );
  world.sayText(`{"type":"trade","symbol":"BTCUSDT","timestamp":"${'9'.repeat(500)}"}`);
  const [long] = await samples();
  assert.deepEqual([long?.sample.length, (long?.reason.length ?? 0) <= 200], [200, true]);
});

test('a connector that is gone is not connected, and says when it is tried again', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic).die();
  const waiting = {
    state: 'backoff',
    ready: false,
    process_alive: false,
    pid: null,
    next_try_in_ms: 340,
  } as const;
  world.report = { ...world.report, ...waiting, uptime_seconds: 0 };
  const { wsHealth } = await api(t, world);
  const { connected, connector_health: child } = (await wsHealth()).connector;
  assert.deepEqual(
    [connected, child.process_alive, child.pid, child.state, child.next_try_in_ms],
    [false, false, null, 'backoff', 340],
  );
  assert.deepEqual([child.rss_bytes, child.cpu_percent, child.clock_offset_ms], [null, null, null]);
});

test('a connector whose sockets are open is not connected while it is being stopped', async (t) => {
  const world = new RunnerWorld().connect();
  const { ask, wsHealth } = await api(t, world);
  assert.equal((await wsHealth()).connector.connected, true);
  world.report = { ...world.report, state: 'stopping', ready: false };
  assert.equal((await wsHealth()).connector.connected, false);
  const health = assertPayload(healthSchema, (await ask('/health')).body);
  assert.deepEqual([health.websocket_connected, health.status], [false, 'Unhealthy']);
});

test('the statistics of the tape are those of its own symbol', async (t) => {
  const other = { ...tradesTopic, ...ether };
  const world = new RunnerWorld({ topics: [tradesTopic], bufferSize: 3 }).connect();
  world.app.want(other);
  const { stats } = await api(t, world);
  const none = { total_count: 0, oldest_trade_time: null, newest_trade_time: null, buffer_size: 3 };
  assert.deepEqual(await stats(), { ...none, connected: false });
  const now = world.clock.unixMs();
  world.acknowledge(tradesTopic);
  for (let at = 0; at < 5; at += 1) world.say(world.trade(`t${at}`, at));
  assert.deepEqual(await stats('?symbol=BTCUSDT'), {
    total_count: 3,
    oldest_trade_time: isoTime(now + 2),
    newest_trade_time: isoTime(now + 4),
    buffer_size: 3,
    connected: true,
  });
  assert.deepEqual(await stats('?symbol=ETHUSDT'), { ...none, connected: false });
});

test('a range is read page by page, each trade once, also those of one millisecond', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic);
  const { ask } = await api(t, world);
  const now = world.clock.unixMs();
  const ids = Array.from({ length: 12 }, (_, index) => `t${index}`);
  for (const [index, id] of ids.entries()) world.say(world.trade(id, Math.floor(index / 4)));
  const rows: string[] = [];
  let url: string | undefined =
    `/trades/range?${new URLSearchParams({ start_time: isoTime(now), end_time: isoTime(now + 2), limit: '5' })}`;
  for (let page = 0; url !== undefined; page += 1) {
    assert.ok(page < 3, 'three pages are enough');
    const answer = await ask(url);
    rows.push(...assertPayload(z.array(tradeRowSchema), answer.body).map(({ trade_id }) => trade_id));
    url = /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
    // What comes while somebody turns the pages shifts nothing.
    world.say(world.trade(`new${page}`, 2));
  }
  assert.deepEqual(rows, ids.toReversed());
});

test('the tape outlives the child, and the live tape does not', async (t) => {
  const world = new RunnerWorld().connect().say();
  const { trades, liveTape } = await api(t, world);
  world.say(world.trade('a'), world.trade('b', 1));
  const shown = async () => [await trades(), await liveTape()].map((rows) => rows.map((row) => row.trade_id));
  assert.deepEqual(await shown(), [
    ['b', 'a'],
    ['b', 'a'],
  ]);
  world.die().connect().say(world.trade('c', 2));
  assert.deepEqual(await shown(), [['c', 'b', 'a'], ['c']]);
});

test('a book is served while it is valid, and without prices while it is not', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic, depthTopic);
  const { book } = await api(t, world);
  const about = { symbol: 'BTCUSDT', category: 'linear' };
  const nothing = { time: null, last_update_id: null, bids: [], asks: [] };
  assert.deepEqual(await book(), { ...about, valid: false, reason: 'no snapshot yet', ...nothing });
  const time = isoTime(world.clock.unixMs());
  world.say(world.depth('snapshot', 7));
  assert.deepEqual(await book(), {
    ...about,
    ...{ valid: true, reason: null, time, last_update_id: 7, bids: [[99, 1.5]], asks: [[101, 2.5]] },
  });
  world.say({ type: 'status', status: 'disconnected', scope: 'public', category: 'linear', reason: 'reset' });
  const lost = await book();
  assert.deepEqual([lost.valid, lost.bids, lost.asks], [false, [], []]);
  world.app.want({ ...tradesTopic, ...ether });
  assert.equal((await book('?symbol=ETHUSDT')).reason, 'no depth of this symbol is subscribed');
});

test('the metrics count what came in and what was refused', async (t) => {
  const world = new RunnerWorld().connect().acknowledge(tradesTopic, depthTopic);
  const { metrics } = await api(t, world);
  world.say(world.trade('a'), world.trade('a'), world.trade('b', 1), world.depth('snapshot', 1));
  world.say({ ...world.trade('c'), ...ether }, { type: 'surprise' });
  world.sayText('no JSON');
  world.storeFailures = 6;
  world.report = {
    ...world.report,
    restarts: 1,
    stalled: 2,
    too_long: 3,
    half_lines: 4,
    commands_refused: 5,
    lines: 60,
  };
  world.clock.advance(4_000);
  const { counts, trades, depth, connector, ...rest } = await metrics();
  assert.deepEqual(counts, {
    ...{
      lines: 11,
      bad_lines: 1,
      unknown_types: 1,
      unknown_fields: 0,
      late_lines: 0,
      early_events: 0,
      jumps: 0,
    },
    ...{ duplicates: 1, too_old: 0, skewed: 0 },
    ...{ unwanted_events: 1, klines_repeated: 0 },
    ...{ gaps_opened: 0, gaps_absorbed: 0, gaps_forgotten: 0, connector_errors: 0, connector_restarts: 1 },
    ...{ connector_stalls: 2, lines_too_long: 3, lines_half: 4, commands_refused: 5, store_failures: 6 },
    topics_reconciled: 0,
  });
  assert.deepEqual([trades.total_count, trades.per_minute_count, depth.total_count], [2, 2, 1]);
  assert.deepEqual(connector, {
    ...{ lines: 60, bad_lines: 8, restarts: 1, reconnection_attempts: 0, clock_offset_ms: null },
  });
  assert.deepEqual(
    [rest.loop_delay_ms, rest.rss_bytes, rest.uptime_seconds],
    [{ p50: 1, p99: 2, max: 3 }, 90_000_000, 4],
  );
});

test('where the data come from is the promise of the profile until the child says it', async (t) => {
  const world = new RunnerWorld({ expected: { environment: 'unknown', clock: 'live' }, profile: 'command' });
  const { wsHealth } = await api(t, world);
  const promised = { environment: 'unknown', clock: 'live', connector: null, profile: 'command' };
  assert.deepEqual((await wsHealth()).mode, promised);
  world
    .start()
    .say({ type: 'status', status: 'ready', connector: 'mine', environment: 'paper', clock: 'replay' });
  assert.deepEqual((await wsHealth()).mode, {
    ...{ environment: 'paper', clock: 'replay', connector: 'mine', profile: 'command' },
  });
});

test('the life of the child is told newest first', () => {
  const world = new RunnerWorld().connect().die();
  const told = [...world.ports.lifeEvents()].map(({ at, kind }) => [at, kind]);
  const at = world.clock.unixMs();
  assert.deepEqual(told, [
    [at, 'died'],
    [at, 'ready'],
    [at, 'started'],
  ]);
});
