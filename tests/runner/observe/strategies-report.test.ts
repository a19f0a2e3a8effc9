import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strategyView } from '../../../runner/observe/strategies-report.ts';
import type { StrategyStatus } from '../../../runner/strategy/ports.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';

const gate = { open: true, reasons: [] };
const T0 = 1_750_000_000_000;
const status: StrategyStatus = {
  name: 'mine',
  file: '/srv/mine.ts',
  state: 'running',
  errors: 3,
  last_error: 'Error: x',
  last_error_at: monoMs(4_000.25),
  signals: 5,
  withheld_signals: 0,
  surplus_signals: 1,
  events: 900,
  waiting: 20_000,
  dropped: 77,
  restarts: 1,
  lag_ms: 1_499.6,
};
const shown = (more: Partial<StrategyStatus> = {}) =>
  strategyView({ ...status, ...more }, gate, monoMs(10_000), unixMs(T0));

test('the last error has the time of the wall clock, and none before there was one', () => {
  assert.deepEqual(shown(), { ...status, gate, last_error_at: T0 - 6_000 });
  assert.equal(shown({ errors: 0, last_error: null, last_error_at: null }).last_error_at, null);
});
