/** The hops of an event: which are measured, of which events, and in which bucket they are counted. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { HandOver } from '../../../runner/observe/hand-over.ts';
import { LatencyHistogram, latencyBoundsMicros } from '../../../runner/observe/latency-histogram.ts';
import { BatchWriter, type PackedBatch } from '../../../runner/strategy/batch-writer.ts';
import { StrategyEngine } from '../../../runner/strategy/engine.ts';
import type { StrategyPorts, WorkerListener } from '../../../runner/strategy/ports.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { type MonoMs, monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, RunnerWorld } from '../../helpers/runner-world.ts';

describe('a histogram of latencies', () => {
  it('counts each latency in the bucket that a plain search finds', () => {
    const latency = fc.oneof(
      fc.integer({ min: 0, max: 100_000_000 }),
      fc.double({ min: 0, max: 1e13, noNaN: true }),
      fc.constantFrom(0, ...latencyBoundsMicros),
      fc.constantFrom(...latencyBoundsMicros).map((bound) => bound + 0.5),
    );
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 50, size: 'max' }), (latencies) => {
        const histogram = new LatencyHistogram();
        for (const micros of latencies) histogram.record(micros);
        const expected = [...latencyBoundsMicros, Infinity].map(
          (bound) => latencies.filter((micros) => micros <= bound).length,
        );
        assert.deepEqual(histogram.cumulative(), expected);
        assert.equal(histogram.count, latencies.length);
      }),
    );
  });

  it('counts what is negative apart, in no bucket and not in the sum', () => {
    const histogram = new LatencyHistogram();
    for (const micros of [-1, -1e9, 300, 700]) histogram.record(micros);
    assert.deepEqual([histogram.negative, histogram.count, histogram.sumSeconds], [2, 2, 0.001]);
  });

  it('tells a share of them within its bucket, as Prometheus would', () => {
    const histogram = new LatencyHistogram();
    assert.equal(histogram.quantile(0.5), null);
    for (let times = 0; times < 90; times += 1) histogram.record(80);
    for (let times = 0; times < 10; times += 1) histogram.record(2_000);
    assert.equal(histogram.quantile(0.45), 50, 'half of the first bucket, which goes to 100');
    assert.equal(histogram.quantile(0.95), 1_000 + 1_500 / 2, 'half of the bucket from 1000 to 2500');
    histogram.record(90e6);
    assert.equal(histogram.quantile(1), latencyBoundsMicros.at(-1), 'nothing is known beyond the last bound');
  });
});

/** Sums in ms and counts of each hop of a channel, and how many were negative. */
function told({ app }: RunnerWorld, channel: 'trades' | 'depth') {
  return Object.fromEntries(
    Object.entries(app.meters.hops[channel]).map(([hop, histogram]) => [
      hop,
      [Math.round(histogram.sumSeconds * 1e6) / 1e3, histogram.count, histogram.negative],
    ]),
  );
}

/** The engine did it 200 ms ago, it was pushed 120 ms ago, and the child had it 5.5 ms ago. */
function onItsWay(world: RunnerWorld): object {
  const now = world.clock.unixMs();
  return { timestamp: now - 200, sent_at: now - 120, received_at: (now - 5.5) * 1_000 };
}

const aTradesHops = {
  engine_to_push: [80, 1, 0],
  push_to_child: [114.5, 1, 0],
  child_to_runner: [5.5, 1, 0],
  total: [200, 1, 0],
};
const nothing = {
  engine_to_push: [0, 0, 0],
  push_to_child: [0, 0, 0],
  child_to_runner: [0, 0, 0],
  total: [0, 0, 0],
};

test('each hop of a live trade is measured between its two stamps', () => {
  const world = new RunnerWorld().connect();
  world.say(world.trade('a', 0, onItsWay(world)));
  assert.deepEqual(told(world, 'trades'), aTradesHops);
  assert.deepEqual(told(world, 'depth'), nothing);
});

test('what was healed or archived is old by nature and is not measured', () => {
  const world = new RunnerWorld().connect();
  world.say(world.trade('a', 0, { ...onItsWay(world), origin: 'healed' }));
  world.say(world.trade('b', 0, { ...onItsWay(world), origin: 'archive' }));
  assert.deepEqual(told(world, 'trades'), nothing);
  assert.equal(world.app.meters.recoveredTrades, 1);
});

test('a replay is not measured', () => {
  const world = new RunnerWorld().start();
  world.say({ type: 'status', status: 'ready', connector: 'bybit', environment: 'mainnet', clock: 'replay' });
  world.say(world.trade('a', 0, onItsWay(world)), { ...world.depth('snapshot', 1), ...onItsWay(world) });
  assert.deepEqual([told(world, 'trades'), told(world, 'depth')], [nothing, nothing]);
});

test('a snapshot of a book says nothing of the time of the exchange, a delta does', () => {
  const world = new RunnerWorld().connect();
  world.say({ ...world.depth('snapshot', 1), ...onItsWay(world) });
  const { push_to_child, child_to_runner } = aTradesHops;
  assert.deepEqual(told(world, 'depth'), { ...nothing, push_to_child, child_to_runner });
  world.say({ ...world.depth('delta', 2), ...onItsWay(world) });
  const { engine_to_push, total } = told(world, 'depth');
  assert.deepEqual([engine_to_push, total], [aTradesHops.engine_to_push, aTradesHops.total]);
});

test('a connector that stamps nothing has only what can be known', () => {
  const world = new RunnerWorld().connect();
  world.say(world.trade('a', -200));
  assert.deepEqual(told(world, 'trades'), { ...nothing, total: [200, 1, 0] });
});

test('when our clock is set back, negative latencies are counted apart, and the hops are true again soon', () => {
  const world = new RunnerWorld().connect();
  world.say(world.trade('a', 0, onItsWay(world)));
  const received_at = (world.clock.unixMs() - 1) * 1_000;
  world.clock.setWall(-3_000);
  world.clock.advance(101);
  world.say(world.trade('b', 0, { received_at }));
  assert.deepEqual(told(world, 'trades')['child_to_runner'], [5.5, 1, 1]);
  world.say(world.trade('c', 0, onItsWay(world)));
  assert.deepEqual(told(world, 'trades')['child_to_runner'], [11, 2, 1]);
});

/** A worker that answers when it is told to. */
function fakeThread() {
  const hand = new HandOver();
  const posted: PackedBatch[] = [];
  const heard: unknown[] = [];
  let inside: WorkerListener | undefined;
  let now: MonoMs = monoMs(1_000);
  const spawn: StrategyPorts['spawn'] = (_task, listener) => {
    inside = listener;
    return { post: (batch) => posted.push(batch), terminate: () => undefined };
  };
  const worker = hand.measured(spawn, () => now)(
    { file: 'x.ts', instruments: [] },
    { onMessage: (message) => heard.push(message), onEnd: () => undefined },
  );
  return {
    hand,
    heard,
    posted,
    give: (at: number) => {
      now = monoMs(at);
      worker.post(new BatchWriter().pack(posted.length + 1));
    },
    say: (kind: string, at: number) => inside?.onMessage({ kind }, monoMs(at), unixMs(1)),
  };
}

test('the hop to a strategy is from the hand-over of a batch to its answer, and nothing is kept from the host', () => {
  const { hand, heard, posted, give, say } = fakeThread();
  say('loaded', 1_000);
  give(1_000);
  say('alive', 1_002);
  say('answer', 1_004);
  assert.deepEqual([hand.histogram.count, hand.histogram.sumSeconds], [1, 0.004]);
  say('answer', 1_100);
  assert.equal(hand.histogram.count, 1, 'a batch is answered once');
  give(1_003);
  say('answer', 1_007);
  assert.equal(hand.histogram.sumSeconds, 0.007, 'given while the answer before was handled');
  assert.deepEqual([heard.length, posted.length], [5, 2]);
});

test('a way of less than a millisecond is measured, although the wall clock tells whole milliseconds', () => {
  const world = new RunnerWorld().connect();
  // The true time is some part of a millisecond beyond what the wall clock says.
  for (let index = 0; index < 50; index += 1) {
    world.clock.advance(11.37);
    world.say(world.trade(`t${index}`));
  }
  world.clock.advance(0.9);
  const { child_to_runner: hop } = world.app.meters.hops.trades;
  world.say(world.trade('x', 0, { received_at: Math.floor(world.clock.unixMicros() - 300) }));
  assert.deepEqual([hop.count, hop.negative], [1, 0]);
  assert.ok(Math.abs(hop.sumSeconds - 0.0003) < 0.00005, `${hop.sumSeconds}`);
});

test('the batches of the engine are measured, and the metrics hear of them', () => {
  const world = new RunnerWorld();
  const turns: (() => void)[] = [];
  const posted: PackedBatch[] = [];
  let thread: WorkerListener | undefined;
  const engine = new StrategyEngine(
    { files: ['/srv/a.ts'], instruments: [bitcoin], policy: scaledPolicy(1).strategy },
    {
      spawn: (_task, listener) => {
        thread = listener;
        return { post: (batch) => posted.push(batch), terminate: () => undefined };
      },
      atTurnEnd: (task) => turns.push(task),
      onSignal: () => undefined,
      onTrouble: () => undefined,
      topOf: () => undefined,
    },
  );
  world.app.attachStrategies(engine);
  const now = () => world.clock.monoMs();
  thread?.onMessage({ kind: 'loaded', name: 'a' }, now(), world.clock.unixMs());
  world.connect().say(world.trade('a'));
  for (const turn of turns.splice(0)) turn();
  world.clock.advance(7);
  const answer = { signals: [], surplus: 0, invalid: 0, invalidReason: null, errors: 0, errorsInARow: 0 };
  const batch = posted[0]?.batch;
  thread?.onMessage({ kind: 'answer', batch, ...answer, lastError: null }, now(), world.clock.unixMs());
  const { histogram } = world.app.meters.handOver ?? new HandOver();
  assert.deepEqual([histogram.count, histogram.sumSeconds], [1, 0.007]);
});
