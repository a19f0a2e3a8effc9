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
      refuse: () => undefined,
      send: () => true,
    },
  );
  const report: { ready: boolean; state: SupervisorReport['state']; last_exit: null } = {
    ready: true,
    state: 'ready',
    last_exit: null,
  };
  let asked = 0;
  const health = new HealthWatch({
    app,
    nowMs: clock.unixMs,
    monoNow: clock.monoMs,
    supervisor: () => {
      asked += 1;
      return report as SupervisorReport;
    },
    loopDelayMs: () => 0,
    disabledStrategies: () => [],
  });
  app.childStarted(1);
  return {
    app,
    clock,
    report,
    health,
    asked: () => asked,
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

/** How long each check has been what it is, in ms. */
function ages({ clock, health }: ReturnType<typeof watched>): Record<string, number> {
  return Object.fromEntries(health.report().checks.map(({ name, since }) => [name, clock.unixMs() - since]));
}

test('a fault between two requests moves `since`, and what did not change is as old as the runner', () => {
  const world = watched();
  const { clock, app, report, health } = world;
  clock.advance(60_000);
  // The child is gone for 200 ms between two looks of its own.
  Object.assign(report, { ready: false, state: 'backoff' });
  app.tell('health');
  clock.advance(200);
  Object.assign(report, { ready: true, state: 'ready' });
  app.tell('health');
  clock.advance(30_000);
  health.tick();
  const { child, connection, strategies } = ages(world);
  assert.deepEqual([child, connection, strategies], [30_000, 90_200, 90_200]);
});

test('a fault that begins without an event of its own is seen by the next tick', () => {
  const world = watched();
  const { clock, report, health } = world;
  clock.advance(10_000);
  report.ready = false;
  health.tick();
  clock.advance(5_000);
  assert.equal(ages(world)['child'], 5_000);
});

test('a book that was wrong for a moment moves `since`', () => {
  const world = watched();
  const { clock, app, say, health } = world;
  app.want({ channel: 'depth', ...bitcoin, depth: 50 });
  say('ready');
  say('connected', { scope: 'public', category: 'linear' });
  const depth = (action: string, u: number, bid: number) =>
    app.onLine(
      JSON.stringify({
        type: 'depth',
        ...bitcoin,
        timestamp: clock.unixMs(),
        action,
        depth: 50,
        bids: [[bid, 1]],
        asks: [[20, 1]],
        last_update_id: u,
      }),
      1,
    );
  depth('snapshot', 1, 10);
  health.tick();
  clock.advance(60_000);
  depth('delta', 2, 21);
  depth('snapshot', 9, 10);
  health.tick();
  clock.advance(1_000);
  assert.equal(ages(world)['books_valid'], 1_000);
});

test('a child that tells of thousands of changes a second costs no thousands of judgements, and the next second sees them', () => {
  const world = watched();
  const { clock, app, report, health } = world;
  clock.advance(5_000);
  health.tick();
  const before = world.asked();
  for (let count = 0; count < 5_000; count += 1) app.tell('health');
  for (let count = 0; count < 9; count += 1) health.tick();
  assert.equal(world.asked() - before, 20);
  report.ready = false;
  app.tell('health');
  clock.advance(1_000);
  health.tick();
  clock.advance(3_000);
  assert.equal(ages(world)['child'], 3_000);
});
