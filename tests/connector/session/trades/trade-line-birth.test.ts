/** What is missing before the first trade of a line: owed since the acknowledgement, and told, and healed where a list reaches back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineWorld } from './trade-line-world.ts';

/** Three trades of the past, then a subscription that was acknowledged, and nothing has come of it. */
const acknowledged = (sockets = 1): LineWorld =>
  new LineWorld(sockets).trades(3).pass(5_000).on(0, 'up').pass(3_000);

const listed = { kind: 'listed' } as const;
const dies = { kind: 'child_dies', tellsGap: true } as const;

describe('before the first trade of a line', () => {
  it('begins a gap where the newest trade from before the acknowledgement is, as soon as it is known', () => {
    const world = acknowledged().do(listed).on(0, 'lose').trades(2).on(0, 'up').pass(100);
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.trades(1).pass(3_000);
    assert.deepEqual(world.take(), ['+t3', '+t4', 'g1 healed t2..t5 recent_trades 2', 't5']);
  });

  it('tells a gap without a beginning where none is known, and gives it one, and heals it, by the list that is read then', () => {
    const world = acknowledged().on(0, 'lose').trades(2).on(0, 'up').pass(100);
    assert.deepEqual(world.take(), ['g1 open ..']);
    world.trades(1).pass(50);
    assert.deepEqual(world.take(), ['g1 open ..t5', 't5']);
    world.pass(3_000);
    assert.deepEqual(world.take(), ['g1 open t2..t5', '+t3', '+t4', 'g1 healed t2..t5 recent_trades 2']);
  });

  it('heals a topic in which nothing was traded, too', () => {
    const world = acknowledged().on(0, 'lose').on(0, 'up').pass(100).do(listed).pass(20_000);
    assert.deepEqual(world.take(), ['g1 open ..', 'g1 open t2..', 'g1 healed t2.. recent_trades 0']);
    world.trades(1).pass(100);
    assert.deepEqual(world.take(), ['t3']);
  });

  it('leaves the gap without a beginning where no list reaches back, and asks no more', () => {
    const world = acknowledged().do({
      kind: 'list',
      lagMs: 0,
      reach: 2,
      fails: false,
      takesMs: 100,
    });
    world.on(0, 'lose').trades(5).on(0, 'up').pass(100).trades(1).pass(600_000);
    assert.deepEqual(world.take(), ['g1 open ..', 'g1 open ..t8', 't8']);
    assert.equal(world.reads, 1);
  });

  it('takes no list for a beginning that has only what was traded since', () => {
    const world = new LineWorld(1).on(0, 'up').pass(100).trades(2).do(listed).pass(50);
    assert.deepEqual(world.take(), ['t0', 't1']);
  });

  it('heals what an earlier connector was owed and never saw, from its acknowledgement on', () => {
    const world = acknowledged().do(dies).trades(2).pass(5_000).on(0, 'up').pass(100).trades(1).pass(50);
    assert.deepEqual(world.take(), ['r2 open ..t5', 't5']);
    world.pass(3_000);
    assert.deepEqual(world.take(), ['r2 open t2..t5', '+t3', '+t4', 'r2 healed t2..t5 recent_trades 2']);
  });

  it('knows by the next look at the newest trades that an earlier connector missed nothing', () => {
    const world = acknowledged().do(dies).pass(5_000).on(0, 'up').pass(100).do(listed).pass(20_000);
    assert.deepEqual(world.take(), ['r2 open t2..', 'r2 healed t2.. recent_trades 0']);
    world.do(dies).trades(1).pass(500).on(0, 'up').pass(100).trades(1).pass(3_000);
    assert.deepEqual(world.take(), ['+t3', 'r3 healed t2..t4 recent_trades 1', 't4']);
  });

  it('tells itself what is missing where the topic is asked for anew and nobody has told it', () => {
    const world = acknowledged().do({ kind: 'child_dies', tellsGap: false });
    assert.deepEqual(world.take(), ['g1 open ..']);
    world.trades(2).on(0, 'up').pass(100).trades(1).pass(3_000);
    assert.equal(world.take().at(-1), 'g1 healed t2..t5 recent_trades 2');
  });

  it('finds no beginning where nobody knows when the acknowledgement was', () => {
    const world = new LineWorld(1).trades(3).pass(5_000);
    world.line.owed({ owedSince: undefined, gap_id: 'r1' }, world.at);
    world.on(0, 'up').pass(3_000).do(listed).trades(1).pass(5_000);
    assert.deepEqual(world.take(), ['r1 open ..t3', 't3']);
  });

  it('has no gap while another socket that was acknowledged is there', () => {
    const world = acknowledged(2).on(1, 'up').pass(3_000).on(0, 'lose').pass(100).trades(1).pass(3_000);
    assert.deepEqual(world.take(), ['t3']);
  });
});
