import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wsHealthSchema } from '../../../../runner/api/connector-payloads.ts';
import { healthSchema, readinessSchema } from '../../../../runner/api/payloads.ts';
import { unixMs } from '../../../../shared/time.ts';
import { fakeConnector, fakeTopic, START } from '../fake-ports.ts';
import { assertPayload, openApi } from '../open-api.ts';

for (const [status, code] of [
  ['Healthy', 200],
  ['Degraded', 200],
  ['Unhealthy', 503],
] as const) {
  test(`/health answers ${code} while ${status}`, async (t) => {
    const { ask, world } = await openApi(t);
    world.health = {
      status,
      websocketConnected: false,
      checks: [{ name: 'child', ok: false, since: unixMs(START), reason: 'it exited with 78' }],
    };
    const answer = await ask('/health?anything=goes');
    assert.equal(answer.status, code);
    assert.deepEqual(assertPayload(healthSchema, answer.body), {
      status,
      websocket_connected: false,
      checks: [{ name: 'child', ok: false, since: '2024-06-03T12:00:00.000Z', reason: 'it exited with 78' }],
      gate: { open: true, reasons: [] },
    });
  });
}

test('/ready says what is missing and what was refused, with 503 until all is there', async (t) => {
  const { ask, world } = await openApi(t);
  assert.equal((await ask('/ready')).status, 200);
  world.readiness = {
    ready: false,
    missing: ['snapshot of depth.50:linear:BTCUSDT'],
    refused: [{ topic: 'depth.7:linear:BTCUSDT', reason: 'handler not found' }],
  };
  const answer = await ask('/ready');
  assert.equal(answer.status, 503);
  assert.deepEqual(assertPayload(readinessSchema, answer.body), world.readiness);
});

test('/ws/health tells the child and the topics as the contract words them', async (t) => {
  const { ask } = await openApi(t);
  const { connector, ...rest } = assertPayload(wsHealthSchema, (await ask('/ws/health')).body);
  assert.deepEqual(connector, {
    name: 'bybit',
    connected: true,
    last_ts: '2024-06-03T12:04:10.000Z',
    queue_size: 5,
    reconnection_attempts: 2,
    sockets: [
      {
        category: 'linear',
        socket: 0,
        state: 'connected',
        reason: null,
        reconnects: 2,
        topics: 2,
        first_trades: 60,
        only_trades: 3,
      },
      {
        category: 'spot',
        socket: null,
        state: 'disconnected',
        reason: 'reset',
        reconnects: null,
        topics: null,
        first_trades: null,
        only_trades: null,
      },
    ],
    escalation: { topic: 4, socket: 2, child: 1, last: null },
    silence_checks: { asked: 9, confirmed: 2, withheld: 7 },
    trade_audit: { lists: 11, left_out: 4 },
    connector_health: {
      process_alive: true,
      pid: 4711,
      queue_size: 3,
      error_count: 0,
      state: 'ready',
      uptime_seconds: 3725,
      restarts: 1,
      deaths: { signal_sigkill: 1 },
      next_try_in_ms: null,
      last_exit: {
        at: '2024-06-03T11:59:00.000Z',
        code: 'signal_sigkill',
        cause: 'killed by SIGKILL',
        exit_code: null,
        signal: 'SIGKILL',
      },
      rss_bytes: 70_000_000,
      cpu_percent: 3.5,
      clock_offset_ms: -12.5,
      lines: 1234,
      bad_lines: 1,
      bad_line_samples: [{ time: '2024-06-03T12:00:00.000Z', reason: 'not JSON', sample: 'hello' }],
    },
  });
  assert.equal(rest.trades.connected, true);
  assert.equal(rest.trades.last_ts, '2024-06-03T12:04:10.000Z');
  assert.equal(rest.depth.topics[0]?.topic, 'depth.50:linear:BTCUSDT');
  assert.equal(rest.connectors, undefined);
  assert.equal(rest.mode.environment, 'simulated');
});

test('a channel is connected only when each of its topics is, and a refused topic does not count', async (t) => {
  const { ask, world } = await openApi(t);
  const trades = async () => assertPayload(wsHealthSchema, (await ask('/ws/health')).body).trades;
  world.topics = [fakeTopic('trades'), fakeTopic('trades', { connected: false, lastAt: null })];
  assert.equal((await trades()).connected, false);
  world.topics = [fakeTopic('trades'), fakeTopic('trades', { connected: false, state: 'refused' })];
  assert.equal((await trades()).connected, true);
  world.topics = [];
  assert.deepEqual(await trades(), { connected: false, last_ts: null, topics: [] });
});

test('several children stand beside the first, and each other channel that is wanted beside trades and depth', async (t) => {
  const { ask, world } = await openApi(t);
  world.connectors = [fakeConnector(), { ...fakeConnector(), name: 'private' }];
  world.topics = [fakeTopic('ticker')];
  const health = assertPayload(wsHealthSchema, (await ask('/ws/health')).body);
  assert.deepEqual(
    health.connectors?.map(({ name }) => name),
    ['bybit', 'private'],
  );
  assert.equal(health.connector.name, 'bybit');
  assert.deepEqual([health.ticker?.connected, health.ticker?.topics.length], [true, 1]);
  assert.deepEqual([health.kline, health.liquidation], [undefined, undefined]);
});
