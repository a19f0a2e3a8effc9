/** The facts that health is judged by, taken from an app that has heard real lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { depthTopic, RunnerWorld, tradesTopic } from '../../helpers/runner-world.ts';

/** A world with one child that has started. */
const watched = () => new RunnerWorld({ topics: [tradesTopic] }).start();

test('the clock is judged by the last heartbeat, and is unknown without one that tells it', () => {
  const world = watched();
  const { app, health } = world;
  const say = (status: string, more: object = {}) => world.say({ type: 'status', status, ...more });
  const check = () => health.report().checks.find(({ name }) => name === 'clock');
  say('ready', { clock: 'live' });
  assert.equal(check()?.ok, true);
  say('heartbeat', { clock_offset_ms: -1_001 });
  assert.equal(app.child.clockOffsetMs, -1_001);
  assert.match(check()?.reason ?? '', /1001 ms behind/);
  say('heartbeat', { clock_offset_ms: 1_000 });
  assert.equal(check()?.ok, true, '1,000 ms is the limit, not beyond it');
  say('heartbeat', { clock_offset_ms: 1_001 });
  assert.equal(check()?.ok, false);
  say('heartbeat', { clock_offset_ms: 560, clock_error_ms: 20 });
  assert.match(check()?.reason ?? '', /560 ms ahead of the exchange's \(known to 20 ms\)/);
  world.app.clockJumped();
  assert.equal(check()?.ok, true, 'what was measured before our clock was set says nothing of now');
  say('heartbeat');
  assert.equal(app.child.clockOffsetMs, null);
  assert.equal(check()?.ok, true);
  say('heartbeat', { clock_offset_ms: 1e15 });
  assert.equal(app.intake.counts().bad_lines, 1, 'no two clocks are 30,000 years apart');
});

test('a replay has no check of the clock', () => {
  const { health } = watched().say(
    { type: 'status', status: 'ready', clock: 'replay' },
    { type: 'status', status: 'heartbeat', clock_offset_ms: 86_400_000 },
  );
  assert.ok(!health.report().checks.some(({ name }) => name === 'clock'));
});

/** How long each check has been what it is, in ms. */
function ages({ clock, health }: RunnerWorld): Record<string, number> {
  return Object.fromEntries(health.report().checks.map(({ name, since }) => [name, clock.unixMs() - since]));
}

test('a fault between two requests moves `since`, and what did not change is as old as the runner', () => {
  const world = watched();
  const { clock, app, health } = world;
  clock.advance(60_000);
  // The child is gone for 200 ms between two looks of its own.
  world.report = { ...world.report, ready: false, state: 'backoff' };
  app.tell('health');
  clock.advance(200);
  world.report = { ...world.report, ready: true, state: 'ready' };
  app.tell('health');
  clock.advance(30_000);
  health.tick();
  const { child, connection, strategies } = ages(world);
  assert.deepEqual([child, connection, strategies], [30_000, 90_200, 90_200]);
});

test('a fault that begins without an event of its own is seen by the next tick', () => {
  const world = watched();
  const { clock, health } = world;
  clock.advance(10_000);
  world.report = { ...world.report, ready: false };
  health.tick();
  clock.advance(5_000);
  assert.equal(ages(world)['child'], 5_000);
});

test('a book that was wrong for a moment moves `since`', () => {
  const world = watched();
  const { clock, app, health } = world;
  app.want(depthTopic);
  world.connect().say(world.depth('snapshot', 1));
  health.tick();
  clock.advance(60_000);
  world.say(world.depth('delta', 2, 121), world.depth('snapshot', 9));
  health.tick();
  clock.advance(1_000);
  assert.equal(ages(world)['books_valid'], 1_000);
});

test('a child that tells of thousands of changes a second costs no thousands of judgements, and the next second sees them', () => {
  const world = watched();
  const { clock, app, health } = world;
  clock.advance(5_000);
  health.tick();
  const before = world.asked;
  for (let count = 0; count < 5_000; count += 1) app.tell('health');
  for (let count = 0; count < 9; count += 1) health.tick();
  assert.equal(world.asked - before, 20);
  world.report = { ...world.report, ready: false };
  app.tell('health');
  clock.advance(1_000);
  health.tick();
  clock.advance(3_000);
  assert.equal(ages(world)['child'], 3_000);
});
