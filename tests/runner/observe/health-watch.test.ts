/** The facts that health is judged by, taken from an app that has heard real lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { App } from '../../../runner/app.ts';
import { HealthWatch } from '../../../runner/observe/health-watch.ts';
import type { SupervisorReport } from '../../../runner/supervisor/report.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;

/** An app with one child that has started, and the check `clock` of its health. */
function watched() {
  const clock = new VirtualClock();
  const app = new App(
    {
      instruments: [bitcoin],
      topics: [{ channel: 'trades', ...bitcoin }],
      category: 'linear',
      bufferSize: 10,
      policy: scaledPolicy(1),
      nonce: 'x',
    },
    {
      clock,
      log: pino({ enabled: false }),
      heard: () => undefined,
      announcedReady: () => undefined,
      send: () => true,
    },
  );
  const report: Partial<SupervisorReport> = { ready: true, state: 'ready', last_exit: null };
  const health = new HealthWatch({
    app,
    nowMs: clock.unixMs,
    monoNow: clock.monoMs,
    supervisor: () => report as SupervisorReport,
    loopDelayMs: () => 0,
    disabledStrategies: () => [],
  });
  app.childStarted(1);
  return {
    app,
    say: (status: string, more: object = {}) =>
      app.onLine(JSON.stringify({ type: 'status', status, ...more }), 1),
    check: () => health.report().checks.find(({ name }) => name === 'clock'),
  };
}

test('the clock is judged by the last heartbeat, and is unknown without one that tells it', () => {
  const { app, say, check } = watched();
  say('ready', { clock: 'live' });
  assert.equal(check()?.ok, true);
  say('heartbeat', { clock_offset_ms: -1_001 });
  assert.equal(app.child.clockOffsetMs, -1_001);
  assert.match(check()?.reason ?? '', /1001 ms behind/);
  say('heartbeat', { clock_offset_ms: 1_000 });
  assert.equal(check()?.ok, true, '1,000 ms is the limit, not beyond it');
  say('heartbeat', { clock_offset_ms: 1_001 });
  assert.equal(check()?.ok, false);
  say('heartbeat');
  assert.equal(app.child.clockOffsetMs, null);
  assert.equal(check()?.ok, true);
  say('heartbeat', { clock_offset_ms: 1e15 });
  assert.equal(app.intake.counts().bad_lines, 1, 'no two clocks are 30,000 years apart');
});

test('a replay has no check of the clock', () => {
  const { say, check } = watched();
  say('ready', { clock: 'replay' });
  say('heartbeat', { clock_offset_ms: 86_400_000 });
  assert.equal(check(), undefined);
});
