/** The steps against silence: each is counted and told; the last one is taken seldom, and never for a recording. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitcoin, depthTopic, RunnerWorld, tradesTopic } from '../../helpers/runner-world.ts';

const silentSocket = {
  type: 'error',
  error: 'wss://x: connected, but no data for 10000 ms',
  code: 'data_silent',
  category: 'linear',
};

function begun(clock: 'live' | 'replay' = 'live'): RunnerWorld {
  const world = new RunnerWorld().start();
  world.say({ type: 'status', status: 'ready', connector: 'bybit', environment: 'mainnet', clock });
  return world.say({ type: 'status', status: 'connected', scope: 'public', category: 'linear' });
}

/** A socket is given up after ten seconds; answers how many children were asked for by then. */
function giveUp(world: RunnerWorld, times: number, everyMs = 10_000): number {
  for (let count = 0; count < times; count += 1) {
    world.clock.advance(everyMs);
    world.say(silentSocket);
  }
  return world.replaced.length;
}

test('three sockets in a row without any data of the market ask for a new child', () => {
  const world = begun();
  assert.equal(giveUp(world, 2), 0);
  assert.equal(giveUp(world, 1), 1);
  assert.match(world.replaced[0] ?? '', /sockets come and go, but 3 sockets of linear in a row gave no data/);
  const { counts, last } = world.app.silence.escalation;
  assert.deepEqual(counts, { topic: 0, socket: 3, child: 1 });
  assert.deepEqual([last?.step, last?.what], ['child', 'linear']);
  const told = [...world.ports.lifeEvents()].map(({ kind }) => kind);
  assert.deepEqual(told.slice(0, 2), ['silent_child', 'silent_socket']);
});

test('data between two sockets prove that new sockets help, be it a snapshot', () => {
  const world = begun();
  for (let count = 1; count <= 10; count += 1) {
    giveUp(world, 2);
    world.say(world.depth('snapshot', count));
  }
  assert.deepEqual(world.replaced, []);
});

test('sockets that are given up seldom are the rhythm of a thin market', () => {
  assert.equal(giveUp(begun(), 20, 100_000), 0);
});

test('while it does not help, new children are asked for ever more seldom; once it helped, as at first', () => {
  const world = begun();
  const at: number[] = [];
  for (let minute = 0; minute < 60; minute += 1) {
    const before = world.replaced.length;
    giveUp(world, 6);
    if (world.replaced.length > before) at.push(minute);
  }
  assert.deepEqual(at, [0, 2, 6, 14, 30], 'minutes apart: 2, 4, 8, 16');
  world.clock.advance(1_800_000);
  world.say(world.depth('snapshot', 1));
  giveUp(world, 3);
  world.clock.advance(60_000);
  assert.equal(giveUp(world, 9) - at.length, 2);
});

test('another child begins with a count of its own', () => {
  const world = begun();
  giveUp(world, 2);
  world.die().connect();
  assert.equal(giveUp(world, 2), 0);
});

test('a recording is what it is: no child is asked for', () => {
  assert.equal(giveUp(begun('replay'), 9), 0);
});

test('each topic that is asked for anew is counted and told, but not a thousand times', () => {
  const world = begun().acknowledge(tradesTopic, depthTopic);
  for (let count = 0; count < 100; count += 1)
    world.say({ type: 'status', status: 'stale', ...tradesTopic, reason: 'mute' });
  assert.equal(world.app.silence.escalation.counts.topic, 100);
  const told = [...world.ports.lifeEvents()].filter(({ kind }) => kind === 'silent_topic');
  assert.equal(told.length, 10);
  assert.equal(told[0]?.text, `trades:${bitcoin.category}:${bitcoin.symbol}: mute`);
});
