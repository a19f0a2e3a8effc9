import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strategyView } from '../../../runner/observe/strategies-report.ts';
import type { StrategyStatus } from '../../../runner/strategy/ports.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';

const T0 = 1_750_000_000_000;
const status: StrategyStatus = {
  name: 'mine',
  file: '/srv/mine.ts',
  state: 'running',
  errors: 3,
  last_error: 'Error: x',
  last_error_at: monoMs(4_000.25),
  signals: 5,
  surplus_signals: 1,
  events: 900,
  waiting: 20_000,
  dropped: 77,
  restarts: 1,
  lag_ms: 1_499.6,
};
const shown = (more: Partial<StrategyStatus> = {}) =>
  strategyView({ ...status, ...more }, monoMs(10_000), unixMs(T0));

test('a strategy is shown with its errors, what it never got, and how far it is behind', () => {
  assert.deepEqual(shown(), {
    name: 'mine',
    state: 'running',
    reason: null,
    events: 900,
    signals: 5,
    restarts: 1,
    errors: { count: 3, last: 'Error: x', lastAt: T0 - 6_000 },
    dropped: 77,
    lagMs: 1_500,
  });
});

test('the last error is the reason only while it does not run, and has no time before there was one', () => {
  assert.equal(shown({ state: 'disabled' }).reason, 'Error: x');
  const { errors } = shown({ errors: 0, last_error: null, last_error_at: null });
  assert.deepEqual(errors, { count: 0, last: null, lastAt: null });
});
