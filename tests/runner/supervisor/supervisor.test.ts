import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VirtualWorld } from './virtual-world.ts';

const MINUTE = 60_000;
const beat = { every: 5_000, line: 'beat' };

function readyWorld(options: ConstructorParameters<typeof VirtualWorld>[0] = {}): VirtualWorld {
  const world = new VirtualWorld(options);
  world.supervisor.start();
  world.child.handlers.onLine('ready');
  return world;
}

describe('A child that is started', () => {
  test('is alive but not ready until it says so itself', () => {
    const world = new VirtualWorld();
    world.supervisor.start();
    assert.equal(world.state, 'starting');
    assert.equal(world.supervisor.report().process_alive, true);
    assert.equal(world.supervisor.report().ready, false);
    world.child.handlers.onLine('ready');
    assert.equal(world.state, 'ready');
    assert.equal(world.supervisor.report().ready, true);
  });

  test('is stopped after 10 seconds without a word of readiness, however much it talks, and tried again', () => {
    const world = new VirtualWorld();
    world.supervisor.start();
    world.advance(9_999, { every: 100, line: 'chatter' });
    assert.equal(world.state, 'starting');
    world.advance(1, { every: 100, line: 'chatter' });
    assert.equal(world.state, 'backoff');
    const { last_exit, deaths } = world.supervisor.report();
    assert.equal(last_exit?.cause, 'not_ready');
    assert.match(last_exit?.message ?? '', /did not say ready within 10 s; it stopped on SIGTERM/);
    assert.deepEqual(deaths, { not_ready: 1 });
    world.advance(500);
    assert.equal(world.supervisor.report().generation, 2);
  });

  test('that could not be spawned is an ordinary death', () => {
    const world = new VirtualWorld();
    world.supervisor.start();
    world.child.exit({ spawnError: 'there is no program x' });
    assert.equal(world.state, 'backoff');
    assert.deepEqual(world.supervisor.report().deaths, { spawn_failed: 1 });
    assert.equal(world.recorded[0]?.message, 'there is no program x');
  });
});

describe('A ready child', () => {
  test('lives on as long as it says anything within 20 seconds', () => {
    const world = readyWorld();
    world.advance(60 * MINUTE, { every: 19_999, line: 'beat' });
    assert.equal(world.state, 'ready');
    assert.equal(world.children.length, 1);
  });

  test('is stopped after 20 seconds of silence, counted from its last line', () => {
    const world = readyWorld();
    world.advance(10_000, { every: 4_000, line: 'beat' });
    world.advance(17_999);
    assert.equal(world.state, 'ready');
    world.advance(1);
    assert.equal(world.state, 'backoff');
    assert.equal(world.supervisor.report().last_exit?.cause, 'silent');
  });

  test('that ignores SIGTERM is killed after 5 seconds', () => {
    const world = readyWorld();
    world.child.stubborn = true;
    world.advance(20_000);
    assert.deepEqual([world.state, world.child.received], ['stopping', ['SIGTERM']]);
    world.advance(4_999);
    assert.equal(world.state, 'stopping');
    world.advance(1);
    assert.deepEqual(world.child.received, ['SIGTERM', 'SIGKILL']);
    assert.equal(world.state, 'backoff');
    assert.match(
      world.supervisor.report().last_exit?.message ?? '',
      /did not stop when asked and was killed/,
    );
  });

  test('that closes its stdout but lives on is stopped for breaking the protocol', () => {
    const world = readyWorld();
    world.child.handlers.onOutputEnded();
    world.advance(5_000);
    assert.equal(world.supervisor.report().last_exit?.cause, 'protocol');
  });

  test('that closes its stdout and then exits died of its exit code', () => {
    const world = readyWorld();
    world.child.handlers.onOutputEnded();
    world.advance(100);
    world.child.exit({ code: 70 });
    const { last_exit } = world.supervisor.report();
    assert.deepEqual([last_exit?.cause, last_exit?.code], ['exit_70', 70]);
  });

  for (const closesItsOutput of [false, true]) {
    test(`that has ended is not judged while its group ends${closesItsOutput ? ', its output closed' : ''}`, () => {
      const world = readyWorld();
      world.advance(19_000);
      world.child.loseLeader();
      if (closesItsOutput) world.child.handlers.onOutputEnded();
      world.advance(6_000);
      assert.deepEqual([world.state, world.child.received], ['ready', []]);
      world.child.exit({ signal: 'SIGKILL' });
      assert.equal(world.supervisor.report().last_exit?.cause, 'signal_sigkill');
    });
  }

  test('that has ended before it was ready is not late while its group ends', () => {
    const world = new VirtualWorld();
    world.supervisor.start();
    world.child.loseLeader();
    world.advance(11_000);
    assert.deepEqual([world.state, world.child.received], ['starting', []]);
    world.child.exit({ code: 1 });
    assert.equal(world.supervisor.report().last_exit?.cause, 'exit_1');
  });

  test('that has ended can still be stopped, and its group killed', async () => {
    const world = readyWorld();
    world.child.stubborn = true;
    world.child.loseLeader();
    const stopped = world.supervisor.stop();
    world.advance(5_000);
    await stopped;
    assert.deepEqual([world.state, world.child.received], ['idle', ['SIGTERM', 'SIGKILL']]);
  });

  test('that is killed from outside is tried again within half a second', () => {
    const world = readyWorld();
    world.random = 0.999;
    world.child.exit({ signal: 'SIGKILL' });
    assert.equal(world.supervisor.report().last_exit?.cause, 'signal_sigkill');
    world.advance(500);
    assert.deepEqual([world.state, world.supervisor.report().restarts], ['starting', 1]);
  });
});

describe('A child that is not the one that was asked for', () => {
  const refusal = { cause: 'wrong_environment', message: 'it is testnet, not mainnet' } as const;

  for (const state of ['starting', 'ready'] as const) {
    test(`is stopped when it is ${state}, and held: no retry, its own cause, whatever its exit code`, () => {
      const world = state === 'ready' ? readyWorld() : new VirtualWorld();
      if (state === 'starting') world.supervisor.start();
      world.child.stubborn = true;
      world.supervisor.refuse(1, refusal);
      assert.deepEqual([world.state, world.child.received], ['stopping', ['SIGTERM']]);
      world.child.exit({ code: 0 });
      world.advance(60 * MINUTE);
      const { last_exit, deaths, restarts } = world.supervisor.report();
      assert.deepEqual([world.state, restarts, deaths], ['held', 0, { wrong_environment: 1 }]);
      assert.equal(last_exit?.cause, 'wrong_environment');
      assert.equal(last_exit?.message, 'it is testnet, not mainnet; it stopped with exit code 0');
      assert.deepEqual(
        world.recorded.map(({ cause, permanent }) => [cause, permanent]),
        [['wrong_environment', true]],
      );
    });
  }

  test('is killed when it does not stop', () => {
    const world = readyWorld();
    world.child.stubborn = true;
    world.supervisor.refuse(1, refusal);
    world.advance(5_000);
    assert.deepEqual([world.state, world.child.received], ['held', ['SIGTERM', 'SIGKILL']]);
  });

  test('is held also when it says so while it is being stopped for another reason', () => {
    const world = new VirtualWorld();
    world.supervisor.start();
    world.child.stubborn = true;
    world.advance(10_000);
    assert.equal(world.state, 'stopping');
    world.supervisor.refuse(1, refusal);
    world.child.exit({ code: 0 });
    assert.deepEqual(
      [world.state, world.supervisor.report().last_exit?.cause],
      ['held', 'wrong_environment'],
    );
  });

  test('leaves the word to the operator, who restarts or stops it', async () => {
    const world = readyWorld();
    world.child.stubborn = true;
    world.supervisor.refuse(1, refusal);
    world.supervisor.restart('it was mended');
    world.child.exit({ code: 0 });
    assert.deepEqual([world.state, world.supervisor.report().generation], ['starting', 2]);
    world.child.stubborn = true;
    const stopped = world.supervisor.stop();
    world.supervisor.refuse(2, refusal);
    world.child.exit({ code: 0 });
    await stopped;
    assert.deepEqual([world.state, world.supervisor.report().last_exit?.cause], ['idle', 'stopped']);
  });

  test('is not taken for its successor', () => {
    const world = readyWorld();
    world.child.exit({ code: 1 });
    world.advance(500);
    world.supervisor.refuse(1, refusal);
    assert.deepEqual([world.state, world.supervisor.report().generation], ['starting', 2]);
  });
});

describe('A runner that was asleep', () => {
  test('does not judge the silence of a child that it could not hear', () => {
    const world = readyWorld();
    world.sleep(30_000);
    assert.deepEqual([world.state, world.supervisor.report().stalled], ['ready', 1]);
    world.advance(19_999);
    assert.deepEqual([world.state, world.children.length], ['ready', 1]);
    world.advance(1);
    assert.equal(world.state, 'backoff');
    assert.equal(world.supervisor.report().stalled, 1);
  });

  test('gives a starting child its full time again', () => {
    const world = new VirtualWorld();
    world.supervisor.start();
    world.sleep(11_500);
    assert.equal(world.state, 'starting');
    world.advance(9_999);
    assert.equal(world.state, 'starting');
    world.advance(1);
    assert.equal(world.supervisor.report().last_exit?.cause, 'not_ready');
  });

  test('gives a stopping child its full time again', () => {
    const world = readyWorld();
    world.child.stubborn = true;
    void world.supervisor.stop();
    world.sleep(7_000);
    assert.deepEqual(world.child.received, ['SIGTERM']);
    world.advance(5_000);
    assert.deepEqual(world.child.received, ['SIGTERM', 'SIGKILL']);
  });

  test('judges at once when its timer is less than a second late', () => {
    const world = readyWorld();
    world.advance(19_500);
    world.sleep(1_400);
    assert.deepEqual([world.state, world.supervisor.report().stalled], ['backoff', 0]);
  });
});

describe('After deaths', () => {
  test('waits grow from half a second to ten, and start anew only after a minute of health', () => {
    const world = readyWorld({ policy: { deathsInWindow: 1_000 } });
    world.random = 0.999_999;
    const waits: (number | null)[] = [];
    for (let death = 0; death < 7; death += 1) {
      world.child.exit({ code: 1 });
      waits.push(world.supervisor.report().next_try_in_ms);
      world.advance(10_000);
      world.child.handlers.onLine('ready');
      world.advance(59_000 - 10_000, beat);
    }
    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    world.advance(MINUTE, beat);
    world.child.exit({ code: 1 });
    assert.equal(world.supervisor.report().next_try_in_ms, 500);
  });

  test('the wait is drawn from the whole span, but never shorter than the floor', () => {
    const waits = [0, 0.5, 0.9].map((drawn) => {
      const world = readyWorld();
      world.random = drawn;
      world.child.exit({ code: 1 });
      return world.supervisor.report().next_try_in_ms;
    });
    assert.deepEqual(waits, [100, 250, 450]);
  });

  test('more than five in five minutes lead to slow retries, and each further death to another slow one', () => {
    const world = coolingWorld();
    assert.equal(world.supervisor.report().next_try_in_ms, MINUTE);
    assert.deepEqual(world.supervisor.report().deaths, { exit_1: 6 });
    world.advance(MINUTE);
    assert.equal(world.state, 'starting');
    world.child.exit({ code: 1 });
    assert.deepEqual([world.state, world.supervisor.report().next_try_in_ms], ['cooling', MINUTE]);
  });

  test('five within five minutes do not', () => {
    const world = readyWorld();
    for (let death = 0; death < 5; death += 1) dieAndReturn(world);
    assert.equal(world.state, 'starting');
    assert.equal(world.supervisor.report().probation, false);
  });

  test('one every 61 seconds is never too many', () => {
    const world = readyWorld();
    for (let death = 0; death < 20; death += 1) {
      dieAndReturn(world);
      world.child.handlers.onLine('ready');
      world.advance(61_000, beat);
    }
    assert.deepEqual([world.state, world.supervisor.report().probation], ['ready', false]);
  });
});

describe('The way out of cooling', () => {
  test('is a retry that stays healthy for a minute', () => {
    const world = coolingWorld();
    world.advance(MINUTE);
    world.child.handlers.onLine('ready');
    world.advance(59_000, beat);
    assert.equal(world.supervisor.report().probation, true);
    world.advance(1_000, beat);
    assert.equal(world.supervisor.report().probation, false);
    world.child.exit({ code: 1 });
    assert.equal(world.state, 'backoff');
  });

  test('is not a retry that becomes ready and dies a little later', () => {
    const world = coolingWorld();
    world.advance(MINUTE);
    world.child.handlers.onLine('ready');
    world.advance(55_000, beat);
    world.child.exit({ code: 1 });
    assert.equal(world.state, 'cooling');
  });

  test("is the operator's restart", () => {
    const world = coolingWorld();
    world.supervisor.restart('the network is back');
    assert.deepEqual([world.state, world.supervisor.report().probation], ['starting', false]);
    world.child.exit({ code: 1 });
    assert.equal(world.state, 'backoff');
  });
});

describe('A permanent cause', () => {
  for (const code of [64, 77, 78]) {
    test(`exit code ${code} is held: no retry until told, the cause is shown`, () => {
      const world = readyWorld();
      world.child.exit({ code });
      world.advance(24 * 60 * MINUTE);
      const report = world.supervisor.report();
      assert.deepEqual([report.state, report.restarts, report.next_try_in_ms], ['held', 0, null]);
      assert.deepEqual([report.last_exit?.cause, report.last_exit?.code], [`exit_${code}`, code]);
      assert.match(report.last_exit?.message ?? '', /correct it|correct the key/i);
      world.supervisor.restart('corrected');
      assert.deepEqual([world.state, world.supervisor.report().restarts], ['starting', 1]);
    });
  }

  test('is also believed from a child that we were stopping for another cause', () => {
    const world = readyWorld();
    world.child.stubborn = true;
    world.advance(20_000);
    world.child.exit({ code: 77 });
    assert.deepEqual([world.state, world.supervisor.report().last_exit?.cause], ['held', 'exit_77']);
  });

  test('does not hold a child that was only asked to restart', () => {
    const world = readyWorld();
    world.child.stubborn = true;
    world.supervisor.restart('new settings');
    world.child.exit({ code: 78 });
    assert.equal(world.state, 'starting');
  });
});

describe('The operator', () => {
  test('stops: the promise resolves when the child is gone, and nothing is tried again', async () => {
    const world = readyWorld();
    world.child.stubborn = true;
    let stopped = false;
    const promise = world.supervisor.stop().then(() => {
      stopped = true;
    });
    await Promise.resolve();
    assert.deepEqual([world.state, stopped], ['stopping', false]);
    world.advance(5_000);
    await promise;
    world.advance(10 * MINUTE);
    assert.deepEqual([world.state, world.children.length], ['idle', 1]);
    assert.deepEqual([world.recorded.length, world.ended.length], [0, 1]);
    assert.equal(world.ended[0]?.cause, 'stopped');
  });

  test('stops while waiting for the next try: at once', async () => {
    const world = readyWorld();
    world.child.exit({ code: 1 });
    await world.supervisor.stop();
    world.advance(MINUTE);
    assert.deepEqual([world.state, world.children.length], ['idle', 1]);
  });

  test('restarts: a new child at once, no death is counted', () => {
    const world = readyWorld();
    world.supervisor.restart('because');
    const report = world.supervisor.report();
    assert.deepEqual([report.state, report.restarts, report.deaths], ['starting', 1, {}]);
    assert.equal(report.last_exit?.cause, 'restarted');
    assert.match(report.last_exit?.message ?? '', /on request: because/);
  });

  test('cannot bring a stopped or stopping supervisor back by a restart, but by a start', () => {
    const world = readyWorld();
    world.child.stubborn = true;
    void world.supervisor.stop();
    world.supervisor.restart('too late');
    world.advance(5_000);
    assert.equal(world.state, 'idle');
    world.supervisor.restart('too late');
    assert.equal(world.state, 'idle');
    world.supervisor.start();
    assert.equal(world.state, 'starting');
  });

  test('may stop from within the news of an end', () => {
    const world = readyWorld();
    world.onEnded = () => void world.supervisor.stop();
    world.child.exit({ code: 1 });
    world.advance(MINUTE);
    assert.deepEqual([world.state, world.children.length], ['idle', 1]);
  });
});

describe('Generations and counters', () => {
  test('late lines and a late exit of an older child change nothing', () => {
    const world = readyWorld();
    const old = world.child;
    old.exit({ code: 1 });
    world.advance(500);
    old.handlers.onLine('ready');
    old.handlers.onOutputEnded();
    old.handlers.onExited({ code: 78, signal: null, spawnError: null });
    world.supervisor.announcedReady(1);
    const report = world.supervisor.report();
    assert.deepEqual([report.state, report.generation, report.process_alive], ['starting', 2, true]);
    assert.equal(world.ended.length, 1);
    assert.equal(world.lines.length, 1);
  });

  test('counts of children that are gone are kept, and the tally goes on where the last runner ended', () => {
    const world = readyWorld({ previousDeaths: { exit_1: 3, silent: 1 } });
    world.child.exit({ code: 1 });
    world.advance(500);
    const report = world.supervisor.report();
    assert.deepEqual(report.deaths, { exit_1: 4, silent: 1 });
    assert.deepEqual(
      [report.lines, report.too_long, report.half_lines, report.stderr_bytes],
      [20, 2, 2, 200],
    );
  });

  test('a command without a child is refused and counted', () => {
    const world = readyWorld();
    assert.equal(world.supervisor.send({ command: 'ping' }), true);
    world.child.exit({ code: 1 });
    assert.equal(world.supervisor.send({ command: 'ping' }), false);
    assert.equal(world.supervisor.report().commands_refused, 1);
  });

  test('work that may finish ends in idle with exit code 0, other work is started again', () => {
    const replay = readyWorld({ mayFinish: true });
    replay.child.exit({ code: 0 });
    assert.deepEqual([replay.state, replay.recorded.length], ['idle', 0]);
    assert.equal(replay.supervisor.report().last_exit?.cause, 'finished');
    const stream = readyWorld();
    stream.child.exit({ code: 0 });
    assert.deepEqual([stream.state, stream.supervisor.report().deaths], ['backoff', { exit_0: 1 }]);
  });
});

function dieAndReturn(world: VirtualWorld): void {
  world.child.exit({ code: 1 });
  world.advance(10_000);
}

/** Six deaths in a row. */
function coolingWorld(): VirtualWorld {
  const world = readyWorld();
  for (let death = 0; death < 5; death += 1) dieAndReturn(world);
  world.child.exit({ code: 1 });
  assert.deepEqual([world.state, world.supervisor.report().probation], ['cooling', true]);
  return world;
}
