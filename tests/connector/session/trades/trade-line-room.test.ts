/** What a trades topic tells a reader that has no room, case by case, in a model of the exchange (trade-line-world.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineWorld, ROOM } from './trade-line-world.ts';

const list = { kind: 'list', lagMs: 0, reach: 1_000, fails: false, takesMs: 100 } as const;
const stops = { kind: 'reader', reads: false } as const;
const reads = { kind: 'reader', reads: true } as const;

/** One socket that has told t0 to t2, for a reader that then stops and has no room left after t9. */
function full(): LineWorld {
  const world = new LineWorld(1)
    .on(0, 'up')
    .pass(100)
    .trades(3)
    .pass(100)
    .do(stops)
    .trades(ROOM + 1)
    .pass(100);
  world.take();
  assert.equal(world.queued, ROOM + 1);
  return world;
}

describe('a trade line whose reader has no room', () => {
  it('gives up what comes as one gap, and reads it again as soon as half of the room is free', () => {
    const world = full().trades(5).pass(100);
    assert.deepEqual(world.take(), ['g1 open t9..']);
    const before = world.reads;
    world.trades(5).pass(2_000);
    assert.equal(world.reads, before, 'nothing is read for a reader that has no room');
    assert.deepEqual([world.take(), world.line.counts.dropped], [[], 10]);
    world.do(reads).pass(50).trades(2).pass(1_000);
    assert.deepEqual(world.take(), [
      ...Array.from({ length: 10 }, (_, index) => `+t${10 + index}`),
      'g1 healed t9..t20 recent_trades 10',
      't20',
      't21',
    ]);
    assert.equal(world.gaps.get('g1')?.cause, 'overload');
  });

  it('reads it again also when nothing is traded any more', () => {
    const world = full().trades(5).pass(100).do(reads).pass(10_000);
    assert.deepEqual(world.take(), [
      'g1 open t9..',
      ...Array.from({ length: 5 }, (_, index) => `+t${10 + index}`),
      'g1 healed t9.. recent_trades 5',
    ]);
  });

  it('tells how many are missing where none can be read', () => {
    const world = full().do({ ...list, fails: true });
    world.trades(5).pass(100).do(reads).trades(1).pass(3_000);
    assert.deepEqual(world.take(), ['g1 open t9..', 'g1 open t9..t15', 't15']);
    assert.equal(world.gaps.get('g1')?.missing, 5);
  });

  it('tells no number when a socket was lost meanwhile', () => {
    const world = full().do({ ...list, fails: true });
    world.trades(2).pass(100).on(0, 'lose').trades(2).on(0, 'up').pass(100).do(reads).trades(1).pass(3_000);
    const gap = world.gaps.get('g1');
    assert.deepEqual([gap?.to?.id, gap?.missing], ['t14', undefined]);
  });

  it('lets what it gives up lie in the gap that is open already', () => {
    const world = full().on(0, 'lose').trades(3).on(0, 'up').trades(2).pass(100);
    assert.deepEqual(world.take(), ['g1 open t9..']);
    assert.equal(world.gaps.get('g1')?.cause, 'socket_lost');
    world.do(reads).pass(100).trades(1).pass(500);
    assert.equal(world.take().at(-2), 'g1 healed t9..t15 recent_trades 5');
  });

  it('takes back the end of a gap that nobody was told of', () => {
    const world = new LineWorld(1)
      .on(0, 'up')
      .pass(100)
      .trades(3)
      .pass(100)
      .do({ ...list, takesMs: 1_500 });
    world.take();
    world.on(0, 'lose').trades(1).on(0, 'up').trades(1).pass(200);
    // t4 waits for t3.
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.do(stops);
    world.queued = ROOM + 1;
    world.trades(1).pass(3_000);
    assert.deepEqual(world.take(), []);
    world
      .do({ ...list })
      .do(reads)
      .trades(1)
      .pass(1_000);
    assert.deepEqual(world.take(), ['+t3', '+t4', '+t5', 'g1 healed t2..t6 recent_trades 3', 't6']);
  });

  it('fills in as much as there is room for, and the rest later', () => {
    const world = new LineWorld(1)
      .on(0, 'up')
      .pass(100)
      .trades(1)
      .pass(100)
      .do({ ...list, takesMs: 1_500 });
    world.on(0, 'lose').trades(10).on(0, 'up').trades(1).pass(500).do(stops);
    world.take();
    world.pass(1_450);
    assert.deepEqual(world.take(), ['+t1', '+t2', '+t3', '+t4']);
    world
      .do(reads)
      .do({ ...list })
      .pass(2_500);
    assert.equal(world.take().at(-1), 'g1 healed t0..t11 recent_trades 10');
  });

  it('has what found no room after a wait follow when there is some again', () => {
    const world = new LineWorld(1)
      .on(0, 'up')
      .pass(100)
      .trades(1)
      .pass(100)
      .do({ ...list, fails: true, takesMs: 1_500 });
    world.on(0, 'lose').on(0, 'up').trades(20).pass(500).do(stops);
    world.take();
    world.pass(1_500);
    const told = world.take();
    assert.deepEqual([told.length, told[0], told.at(-1)], [ROOM + 2, 'g1 open t0..t1', `t${ROOM + 1}`]);
    world.do(reads).pass(50);
    assert.equal(world.take().at(-1), 't20');
    assert.equal(world.line.counts.dropped, 0);
  });

  it('gives up what found no room after a wait when there is still none as the next one comes', () => {
    const world = new LineWorld(1)
      .on(0, 'up')
      .pass(100)
      .trades(1)
      .pass(100)
      .do({ ...list, fails: true, takesMs: 1_500 });
    world.on(0, 'lose').on(0, 'up').trades(20).pass(500).do(stops);
    world.pass(1_500).take();
    world.trades(1).pass(100);
    assert.deepEqual(world.take(), [`g2 open t${ROOM + 1}..`]);
    assert.equal(world.line.counts.dropped, 20 - ROOM);
  });
});
