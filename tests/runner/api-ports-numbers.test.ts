/** Numbers that travel from the lines of a child to the API: what a race is good for, and how long events are on their way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wsHealthSchema } from '../../runner/api/connector-payloads.ts';
import { metricsSchema } from '../../runner/api/metrics-payloads.ts';
import { RunnerWorld } from '../helpers/runner-world.ts';
import { assertPayload, openApi } from './api/open-api.ts';

test('what raced sockets were good for is shown of each, and how long events were on their way', async (t) => {
  const world = new RunnerWorld().start();
  const { ask } = await openApi(t, { ports: () => world.ports });
  const wsHealth = async () => assertPayload(wsHealthSchema, (await ask('/ws/health')).body);
  const metrics = async () => assertPayload(metricsSchema, (await ask('/metrics')).body);
  const socket = { category: 'linear', socket: 0 } as const;
  world.say(
    { type: 'status', status: 'ready', connector: 'bybit', environment: 'mainnet', clock: 'live' },
    { type: 'status', status: 'connected', scope: 'public', ...socket },
    {
      ...{ type: 'status', status: 'heartbeat' },
      sockets: [
        {
          ...{ ...socket, url: 'ws://127.0.0.1:1/linear', state: 'open', reconnects: 0 },
          ...{ frames: 100, bad_frames: 0, topics: 2, first_trades: 60, only_trades: 3 },
        },
      ],
    },
  );
  const [first] = (await wsHealth()).connector.sockets;
  assert.deepEqual([first?.first_trades, first?.only_trades], [60, 3]);
  const now = world.clock.unixMs();
  const stamps = { timestamp: now - 120, sent_at: now - 90, received_at: (now - 2) * 1_000 };
  assert.equal((await metrics()).hops?.trades.total.p50_ms, null);
  world.say(world.trade('a', 0, stamps));
  const { trades, strategies } = (await metrics()).hops ?? assert.fail('no hops');
  assert.deepEqual(trades.total, { count: 1, p50_ms: 125, p99_ms: 149.5, mean_ms: 120, negative: 0 });
  assert.equal(trades.engine_to_push.mean_ms, 30);
  assert.equal(strategies, null);
});
