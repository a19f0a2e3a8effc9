/** The strategies as the runner holds them, with a real thread. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { buildStrategies } from '../../../runner/io/strategies.ts';
import { systemClock } from '../../../shared/io/clock.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { until } from '../../helpers/until.ts';
import { bitcoin, kline, trade } from '../intake/events.ts';

const clock = systemClock(2_000, () => {});

function built(t: TestContext, fixture: string, answerWithinMs = scaledPolicy().strategy.answerWithinMs) {
  const strategies = buildStrategies({
    files: [fileURLToPath(new URL(`../strategy/fixtures/${fixture}`, import.meta.url))],
    instruments: () => [bitcoin],
    policy: { ...scaledPolicy().strategy, answerWithinMs },
    env: {},
    clock,
    log: pino({ enabled: false }),
    topOf: () => undefined,
    onSignal: () => undefined,
  });
  strategies.engine.start(clock.monoMs());
  t.after(() => strategies.engine.stop());
  return strategies;
}

test('what was told before the stop is worked off', async (t) => {
  const { engine, stop } = built(t, 'channels.ts');
  await until('it runs', () => engine.statuses(clock.monoMs())[0]?.state === 'running');
  engine.onEvent(kline(), clock.monoMs());
  await stop();
  assert.equal(engine.signals().length, 1);
  assert.equal(engine.statuses(clock.monoMs())[0]?.state, 'disabled', 'the thread has ended');
});

test('a strategy that hangs does not keep the runner from stopping', async (t) => {
  const { engine, stop } = built(t, 'hangs.ts', 50);
  await until('it runs', () => engine.statuses(clock.monoMs())[0]?.state === 'running');
  engine.onEvent(trade({ side: 'sell' }), clock.monoMs());
  await stop();
});
