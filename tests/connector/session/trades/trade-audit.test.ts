/**
 * The audit of trades: what a joined socket leaves out without a word is found in the exchange's list, told as a gap with both ends
 * and healed at once; nothing else is ever called missing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ToldTrades, WATCHED_TRADES } from '../../../../connector/session/trades/told-trades.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';
import { AuditWorld, WATCHED } from './trade-audit-world.ts';
import { policy, T0, tradeAt } from './trade-line-world.ts';

describe('the audit of trades', () => {
  it('finds a frame that was left out, tells a gap with both ends and heals it at once', () => {
    const world = new AuditWorld().flow(2_000);
    const first = world.log.length;
    world.skip(0).trades(3).flow(5_000);
    assert.deepEqual(world.gaps, [
      `data_silent open t${first - 1}..t${first + 3}`,
      `data_silent healed t${first - 1}..t${first + 3} 3`,
    ]);
    world.assertWhole();
    assert.equal(world.reads, 0, 'the list that shows it heals it');
    assert.deepEqual(
      world.told.filter(({ isLive }) => !isLive).map(({ index }) => index),
      [first, first + 1, first + 2],
    );
    assert.equal(world.leftOut, 3);
    // And goes on: a second one is found, too.
    world.skip(0).trades(1).flow(5_000).assertWhole();
    assert.equal(world.leftOut, 4);
  });

  it('finds what both of two raced sockets left out', () => {
    const world = new AuditWorld(2).flow(3_000).skip(0, 1).trades(2).flow(5_000);
    world.assertWhole();
    assert.equal(world.leftOut, 2);
  });

  it('does not call missing what is on its way, also when a later trade is here', () => {
    const world = new AuditWorld().flow(2_000).skip(0);
    const late = world.log.length;
    world.trades(1).flow(1_400);
    // The frame comes, 1.4 s late.
    world.feeds[0]?.tell(world.log.slice(late, late + 1), monoMs(world.now));
    world.flow(4_000);
    assert.deepEqual([world.gaps, world.leftOut], [[], 0]);
    world.assertWhole();
  });

  it('does not call missing what was told right before it was watched', () => {
    const world = new AuditWorld();
    for (let index = 0; index < WATCHED_TRADES + 10; index += 1) world.trades(1);
    world.flow(4_000);
    assert.ok(world.found.some((count) => count === 0));
    assert.deepEqual([world.gaps, world.leftOut], [[], 0]);
  });

  it('does not judge the first second of what is remembered, in which frames may have changed their order', () => {
    const told = new ToldTrades(policy.audit);
    told.watch(1);
    // t1 was told before, in front of its turn.
    for (const [index, ms] of [
      [0, 0],
      [2, 20],
      [3, 1_500],
      [5, 1_600],
    ] as const)
      told.heard(tradeAt(index, T0 + ms));
    const rows = [0, 10, 20, 1_500, 1_550, 1_600].map((ms, index) => tradeAt(index, T0 + ms));
    const holes = told.holes(rows, unixMs(T0 + 60_000));
    assert.deepEqual(
      holes?.map(({ from, to }) => `${from.id}..${to.id}`),
      ['t3..t5'],
    );
  });

  it('proves nothing by a list that does not reach two trades that were told', () => {
    const world = new AuditWorld();
    world.lag = 1_000_000;
    world.flow(4_000);
    assert.ok(world.found.length > 0);
    assert.ok(world.found.every((count) => count === undefined));
  });

  it('keeps quiet while a gap is open, and about what lies in one that was given up', () => {
    const world = new AuditWorld().flow(2_000);
    world.reach = 1;
    world.do({ kind: 'lose', count: 4, socket: 0 }).flow(3_000);
    world.reach = 1_000;
    const before = world.told.length;
    world.flow(5_000);
    assert.equal(world.leftOut, 0);
    assert.ok(world.told.length > before);
    assert.ok(world.gaps.at(-1)?.includes('socket_lost'));
  });

  it('leaves the rest to another list where the reader has no room', () => {
    const world = new AuditWorld().flow(2_000);
    world.hasHalf = false;
    world.skip(0).trades(3).flow(4_000);
    assert.deepEqual([world.leftOut, world.gaps.length], [3, 1]);
    world.hasHalf = true;
    world.skip(0).trades(2).flow(6_000).assertWhole();
    assert.deepEqual([world.leftOut, world.gaps.filter((gap) => gap.includes('healed')).length], [5, 2]);
  });

  it('asks for the topics in turn, watches no more than so many, and leaves out those that do not flow', () => {
    const world = new AuditWorld();
    const symbols = ['A', 'B', 'C', 'D', 'E'];
    const feeds = symbols.map((symbol) => world.feed(symbol));
    for (const feed of feeds) feed.agreed(monoMs(0));
    for (let round = 0; round < 60; round += 1) {
      // The last two are quiet: as many as are watched.
      for (const [index, feed] of feeds.slice(0, 3).entries())
        feed.tell([tradeAt(round * 10 + index, T0 + world.now)], monoMs(world.now));
      world.flow(300);
      assert.ok(
        world.lines.subjects().filter(({ told }) => told.watchedSince !== undefined).length <= WATCHED,
      );
    }
    assert.deepEqual([...new Set(world.asked)].toSorted(), ['A', 'B', 'BTCUSDT', 'C']);
    assert.ok(world.asked.length >= 10, 'the quiet ones do not hold the others up');
  });

  const step = fc.record({
    kind: fc.constantFrom(
      ...(['trades', 'trades', 'trades', 'skip', 'pass', 'pass', 'swap', 'lose', 'renew'] as const),
    ),
    count: fc.integer({ min: 1, max: 12 }),
    socket: fc.nat({ max: 1 }),
  });
  const numRuns = Number(process.env['LINE_RUNS'] ?? 200);

  for (const sockets of [1, 2])
    it(`brings the tape to the truth, whatever is left out of ${sockets} sockets`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
          const world = new AuditWorld(sockets).flow(3_000);
          for (const one of steps) if (sockets === 1 || one.kind !== 'swap') world.do(one);
          world.flow(12_000);
          world.assertWhole();
        }),
        { numRuns },
      );
    });

  for (const sockets of [1, 2])
    it(`calls nothing left out where nothing was, of ${sockets} sockets`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
          const world = new AuditWorld(sockets).flow(3_000);
          for (const one of steps) if (one.kind !== 'skip') world.do(one);
          world.flow(6_000);
          assert.equal(world.leftOut, 0);
          const indices = world.told.map(({ index }) => index);
          assert.equal(new Set(indices).size, indices.length, 'no trade twice');
          if (world.gaps.every((gap) => !gap.includes('open'))) assert.ok(world.found.includes(0));
        }),
        { numRuns },
      );
    });
});
