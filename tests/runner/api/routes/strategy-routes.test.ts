import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { signalSchema, strategyStatusSchema } from '../../../../runner/api/payloads.ts';
import { unixMs } from '../../../../shared/time.ts';
import { eth, fakeSignal } from '../fake-ports.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

const signalsSchema = z.array(signalSchema);

const reason = { code: 'topic_stale', topic: 'trades:linear:BTCUSDT', words: 'mute' } as const;

test('the status shows the gate and each strategy', async (t) => {
  const { ask, world } = await openApi(t);
  world.strategies = {
    ...world.strategies,
    gate: { open: false, reasons: [{ ...reason, since: unixMs(1_750_000_000_000) }] },
  };
  const status = assertPayload(strategyStatusSchema, (await ask('/strategy/status')).body);
  assert.deepEqual(status.gate, { open: false, reasons: [{ ...reason, since: '2025-06-15T15:06:40.000Z' }] });
  assert.deepEqual(status.strategies, [
    {
      name: 'example',
      state: 'running',
      reason: null,
      events: 250,
      signals: 1,
      withheld: 0,
      gate: { open: true, reasons: [] },
      restarts: 0,
      errors: {
        count: 2,
        last_error: 'Error: no (/srv/example.ts:3:9)',
        last_ts: '2024-06-03T12:00:02.000Z',
      },
      dropped: 12_000,
      lag_ms: 340,
    },
  ]);
});

test('the last error is the reason only while a strategy does not run, and has no time before there was one', async (t) => {
  const { ask, world } = await openApi(t);
  const [running] = world.strategies.strategies;
  assert.ok(running !== undefined);
  const disabled = { ...running, state: 'disabled' as const };
  const fresh = { ...running, errors: 0, last_error: null, last_error_at: null };
  world.strategies = { ...world.strategies, strategies: [disabled, fresh] };
  const { strategies } = assertPayload(strategyStatusSchema, (await ask('/strategy/status')).body);
  assert.deepEqual(
    strategies.map(({ reason }) => reason),
    ['Error: no (/srv/example.ts:3:9)', null],
  );
  assert.deepEqual(strategies[1]?.errors, { count: 0, last_error: null, last_ts: null });
});

test('the history lists signals newest first, the current ones only the newest of each kind', async (t) => {
  const { ask, world } = await openApi(t);
  world.signals = [fakeSignal(3), { ...fakeSignal(2), ...eth }, fakeSignal(1)];
  const times = async (path: string) =>
    assertPayload(signalsSchema, (await ask(path)).body).map(({ timestamp }) => timestamp.slice(17, 19));
  assert.deepEqual(await times('/signals/history'), ['03', '02', '01']);
  assert.deepEqual(await times('/signals/history?limit=1'), ['03']);
  assert.deepEqual(await times('/signals/current'), ['03', '02']);
  assertRefused(await ask('/signals/history?limit=101'), 400, 'invalid_parameter', 'limit:', 'from 1 to 100');
});

test("a strategy's own fields stand beside ours and cannot replace them", async (t) => {
  const { ask, world } = await openApi(t);
  world.signals = [{ ...fakeSignal(0), fields: { strategy: 'forged', entry_price: 1 } }];
  const [signal] = assertPayload(signalsSchema, (await ask('/signals/current')).body);
  assert.equal(signal?.strategy, 'example');
  assert.equal(signal?.['entry_price'], 1);
});
