import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analysisSchema, diagnosticsSchema } from '../../../../runner/api/analysis-payloads.ts';
import { openContext } from '../context-world.ts';
import { assertPayload, assertRefused, openApi } from '../open-api.ts';

test('POST /signals/analyze answers what the strategies concluded, and who did not answer', async (t) => {
  const { ask, world } = await openApi(t);
  const { strategies } = world.strategies;
  world.analysis = { ...world.strategies, signals: world.signals, answered: [false] };
  const answer = await ask('/signals/analyze', { method: 'POST' });
  assert.equal(answer.status, 200, answer.text);
  const analysis = assertPayload(analysisSchema, answer.body);
  assert.deepEqual(analysis.strategies, [{ name: strategies[0]?.name, state: 'running', answered: false }]);
  assert.deepEqual([analysis.signals.length, analysis.gate.open], [1, true]);
  assertRefused(
    await ask('/signals/analyze?symbol=X', { method: 'POST' }),
    400,
    'invalid_parameter',
    'symbol',
  );
});

test('/strategy/analysis/diagnostics says how good each input of a symbol is', async (t) => {
  const { ask, trade } = await openContext(t);
  trade(70_000);
  trade(0, { id: 'b' });
  const found = assertPayload(diagnosticsSchema, (await ask('/strategy/analysis/diagnostics')).body);
  assert.deepEqual(
    found.inputs.map(({ name, ok, state }) => [name, ok, state]),
    [
      ['price', true, 'known'],
      ['levels', true, 'approximate'],
      ['regime', true, 'approximate'],
      ['cvd', false, 'incomplete'],
      ['orderbook', true, 'valid'],
      ['liquidations', true, 'subscribed'],
      ['history', false, 'skipped'],
    ],
  );
  assert.deepEqual([found.session, found.strategies[0]?.name], ['off', 'example']);
  const other = assertPayload(
    diagnosticsSchema,
    (await ask('/strategy/analysis/diagnostics?category=spot')).body,
  );
  assert.deepEqual(
    [other.session, other.inputs.filter(({ state }) => state === 'not_subscribed').length],
    [null, 5],
  );
});
