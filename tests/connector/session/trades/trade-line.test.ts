/** What one trades topic tells, case by case, in a model of the exchange (trade-line-world.ts); `+` marks healed trades. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TradeLine } from '../../../../connector/session/trades/trade-line.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';
import { LineWorld, policy, T0, tradeAt } from './trade-line-world.ts';

const list = { kind: 'list', lagMs: 0, reach: 1_000, fails: false, takesMs: 100 } as const;

/** One socket that has told t0 to t2. */
function one(): LineWorld {
  const world = new LineWorld(1).on(0, 'up').pass(100).trades(3).pass(100);
  world.take();
  return world;
}

/** Two sockets that have both brought t0 to t2. */
function two(changed: Partial<typeof policy> = {}): LineWorld {
  const world = new LineWorld(2, changed).on(0, 'up').on(1, 'up').pass(100).trades(3).pass(100);
  assert.deepEqual(world.take(), ['t0', 't1', 't2']);
  return world;
}

describe('a trade line with one socket', () => {
  it('tells a gap at once, then what was missed, then the end of the gap, then what waited', () => {
    const world = one().on(0, 'lose').trades(3);
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.on(0, 'up').trades(2).pass(1_000);
    assert.deepEqual(world.take(), ['+t3', '+t4', '+t5', 'g1 healed t2..t6 recent_trades 3', 't6', 't7']);
    world.trades(1).pass(100);
    assert.deepEqual(world.take(), ['t8']);
  });

  it('opens no gap before the exchange has acknowledged', () => {
    const world = new LineWorld(1).on(0, 'up').on(0, 'lose').trades(1).on(0, 'up').pass(100);
    world.trades(1).pass(3_000);
    assert.deepEqual(world.take(), ['t1']);
    assert.equal(world.reads, 0);
  });

  it('lets live trades go after 2 s, with the gap open, and tells the healed ones later', () => {
    const world = one()
      .do({ ...list, takesMs: 4_000 })
      .on(0, 'lose')
      .trades(2)
      .on(0, 'up')
      .trades(1)
      .pass(1_950);
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.pass(200);
    assert.deepEqual(world.take(), ['g1 open t2..t5', 't5']);
    world.trades(1).pass(4_000);
    assert.deepEqual(world.take(), ['t6', '+t3', '+t4', 'g1 healed t2..t5 recent_trades 2']);
    assert.equal(world.line.counts.released, 1);
  });

  it('lets them go when as many wait as may', () => {
    const world = new LineWorld(1, { waitingAtMost: 3 }).on(0, 'up').pass(100).trades(1).pass(100);
    world
      .do({ ...list, takesMs: 1_500 })
      .on(0, 'lose')
      .trades(1)
      .on(0, 'up')
      .trades(2)
      .pass(100);
    assert.deepEqual(world.take(), ['t0', 'g1 open t0..']);
    world.trades(1).pass(50);
    assert.deepEqual(world.take(), ['g1 open t0..t2', 't2', 't3', 't4']);
  });

  it('tells what a short list has and ends the gap there for good', () => {
    const world = one()
      .do({ ...list, reach: 4 })
      .on(0, 'lose')
      .trades(9)
      .on(0, 'up')
      .trades(1)
      .pass(5_000);
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t9', '+t9', '+t10', '+t11', 't12']);
    assert.equal(world.reads, 1);
  });

  it('tells a short list also before a live trade comes, and what is after it heals', () => {
    const world = one()
      .do({ ...list, reach: 3 })
      .on(0, 'lose')
      .trades(9)
      .on(0, 'up')
      .pass(1_000);
    assert.deepEqual(world.take(), [
      'g1 open t2..',
      'g1 open t2..t9',
      '+t9',
      '+t10',
      '+t11',
      'g2 open t11..',
    ]);
    world.trades(1).pass(1_000);
    assert.deepEqual(world.take(), ['g2 healed t11..t12 recent_trades 0', 't12']);
  });

  it('does not take a list that lags for one that reaches the live trades', () => {
    const world = one()
      .do({ ...list, lagMs: 700 })
      .pass(1_000)
      .on(0, 'lose')
      .trades(2)
      .on(0, 'up')
      .trades(1)
      .pass(600);
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.pass(1_000);
    assert.deepEqual(world.take(), ['+t3', '+t4', 'g1 healed t2..t5 recent_trades 2', 't5']);
    assert.ok(world.reads > 1);
  });

  it('calls a quiet topic healed only when two lists that had time to settle show nothing new', () => {
    const world = one().on(0, 'lose').on(0, 'up').pass(4_000);
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.pass(1_000);
    assert.deepEqual(world.take(), ['g1 healed t2.. recent_trades 0']);
    world.trades(1).pass(100);
    assert.deepEqual(world.take(), ['t3']);
    assert.equal(world.reads, 3);
  });

  it('leaves the gap open when no list can be had, lets the trades go at once, and tries again for a while', () => {
    const world = one()
      .do({ ...list, fails: true })
      .on(0, 'lose')
      .trades(1)
      .on(0, 'up')
      .trades(1)
      .pass(400);
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t4', 't4']);
    world.do(list).pass(1_000);
    assert.deepEqual(world.take(), ['+t3', 'g1 healed t2..t4 recent_trades 1']);
    world
      .do({ ...list, fails: true })
      .on(0, 'lose')
      .trades(1)
      .on(0, 'up')
      .trades(1)
      .pass(660_000);
    world.take();
    world.do(list).pass(60_000);
    assert.deepEqual(
      world.take(),
      ['+t5', 'g2 healed t4..t6 recent_trades 1'],
      'after ten minutes of silence',
    );
    world
      .do({ ...list, fails: true })
      .on(0, 'lose')
      .trades(1)
      .on(0, 'up')
      .trades(1)
      .pass(3_600_000);
    const { reads } = world;
    world.pass(120_000);
    assert.equal(world.reads, reads);
    assert.equal(world.line.counts.abandoned, 1);
  });

  it('tells the bounds of what is left when a list had a part of it', () => {
    const world = one().pass(500).trades(1).on(0, 'lose').trades(1).pass(500).trades(1).on(0, 'up').trades(1);
    world
      .do({ ...list, lagMs: 300, takesMs: 0 })
      .pass(100)
      .do({ ...list, fails: true })
      .pass(120_000);
    assert.deepEqual(world.take(), ['g1 open t2..', '+t3', '+t4', 'g1 open t4..t6', 't6']);
  });

  it('ends the wait at a second break, and heals both gaps from one list', () => {
    const world = one()
      .do({ ...list, takesMs: 1_500 })
      .on(0, 'lose')
      .trades(1)
      .on(0, 'up')
      .trades(1)
      .pass(100);
    world.on(0, 'bad').trades(2).pass(100);
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t4', 't4', 'g2 open t4..']);
    world.pass(4_000);
    const [first, ...rest] = world.take();
    assert.equal(first, '+t3');
    assert.deepEqual(rest.slice(0, 1), ['g1 healed t2..t4 recent_trades 1']);
    assert.equal(world.gaps.get('g2')?.state, 'healed');
  });

  it('keeps one gap for all that happens until a trade comes', () => {
    const world = one()
      .on(0, 'lose')
      .on(0, 'up')
      .pass(100)
      .on(0, 'renew')
      .pass(100)
      .on(0, 'lose')
      .on(0, 'up');
    assert.deepEqual(world.pass(100).take(), ['g1 open t2..']);
  });

  it('repairs 64 gaps at once, and leaves the oldest of more as it was told', () => {
    const world = one().do({ ...list, fails: true });
    for (let count = 0; count <= 70; count += 1) {
      world.line.missed(0, 'bad_frame', world.at);
      if (count < 70) world.line.tell(0, [tradeAt(100 + count)], monoMs(world.now));
    }
    assert.equal(world.line.counts.abandoned, 7);
    assert.ok(world.take().includes('g1 open t2..t100'));
  });

  it('tells two gaps of a renewal during which data come, however many frames they are', () => {
    const world = one().on(0, 'renew');
    for (let count = 0; count < 20; count += 1)
      world.line.tell(0, [tradeAt(100 + count, T0 + 200 + count, 900 + count)], monoMs(world.now));
    world.line.agreed(0, monoMs(world.now));
    const gaps = world.take().filter((event) => event.startsWith('g'));
    assert.deepEqual(gaps, ['g1 open t2..', 'g1 open t2..t100', 'g2 open t119..']);
  });

  it('tells one more for every 2 s in which nobody answers', () => {
    const world = one().on(0, 'renew');
    for (let count = 0; count < 50; count += 1) {
      world.now += 100;
      world.line.tell(0, [tradeAt(100 + count, T0 + 200 + count, 900 + count)], monoMs(world.now));
    }
    assert.equal(world.gaps.size, 3);
    assert.equal(world.reads, 0, 'nothing is read before the answer');
  });

  it('tells what waits, and the end of hope for the gap, when the topic is given up', () => {
    const world = one()
      .do({ ...list, takesMs: 1_500 })
      .on(0, 'lose')
      .trades(1)
      .on(0, 'up')
      .trades(1)
      .pass(100);
    world.line.end();
    world.line.lost();
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t4', 't4']);
    world.pass(3_000);
    assert.deepEqual(world.take(), []);
    const lost = one().on(0, 'lose');
    lost.line.end();
    lost.line.lost();
    assert.deepEqual(lost.take(), ['g1 open t2..', 'g1 lost t2..']);
  });

  it('calls no gap lost when only the connector stops: the next one may heal it', () => {
    const stopped = one().on(0, 'lose');
    stopped.line.stop();
    assert.deepEqual(stopped.take(), ['g1 open t2..']);
  });

  it('goes on where an earlier child had ended, in the gap that its parent knows', () => {
    const world = one()
      .do({ kind: 'child_dies', tellsGap: true })
      .trades(2)
      .on(0, 'up')
      .trades(1)
      .pass(1_000);
    assert.deepEqual(world.take(), ['+t3', '+t4', 'r2 healed t2..t5 recent_trades 2', 't5']);
    world.line.resume({ id: 't1', timestamp: T0 }, world.at);
    assert.deepEqual(world.take(), []);
    world.do({ kind: 'child_dies', tellsGap: false });
    assert.deepEqual(world.take(), ['g1 open t5..']);
  });
});

describe('a trade line where nothing can be read', () => {
  it('ends each gap with the next trade, and lets nothing wait', () => {
    const events: UnnumberedEvent[] = [];
    let gaps = 0;
    const line = new TradeLine({ category: 'linear', symbol: 'BTCUSDT' }, policy, {
      emit: (event) => events.push(event),
      nextGapId: () => {
        gaps += 1;
        return `g${gaps}`;
      },
      readRecent: undefined,
      hasRoom: () => true,
    });
    const at = unixMs(T0);
    line.tell(0, [tradeAt(0)], monoMs(0));
    line.missed(0, 'bad_frame', at);
    line.tell(0, [tradeAt(2)], monoMs(1));
    // Asked for anew: what comes before the answer joins neither side.
    line.renewing(0, at);
    line.tell(0, [tradeAt(3)], monoMs(2));
    line.agreed(0, monoMs(3));
    line.tell(0, [tradeAt(4), tradeAt(5)], monoMs(4));
    assert.deepEqual(
      events.map((event) =>
        event.type === 'gap'
          ? `${event.gap_id} ${event.from?.id}..${event.to?.id ?? ''}`
          : 'id' in event && event.id,
      ),
      ['t0', 'g1 t0..', 'g1 t0..t2', 't2', 'g2 t2..', 'g2 t2..t3', 't3', 'g3 t3..', 'g3 t3..t4', 't4', 't5'],
    );
  });

  it('has what comes during a renewal wait for its answer, at most 2 s', () => {
    const events: string[] = [];
    let gaps = 0;
    const line = new TradeLine({ category: 'linear', symbol: 'BTCUSDT' }, policy, {
      emit: (event) =>
        events.push(
          event.type === 'gap'
            ? `${event.gap_id} ${event.from?.id}..${event.to?.id ?? ''}`
            : 'id' in event
              ? String(event.id)
              : '',
        ),
      nextGapId: () => {
        gaps += 1;
        return `g${gaps}`;
      },
      readRecent: undefined,
      hasRoom: () => true,
    });
    line.tell(0, [tradeAt(0)], monoMs(0));
    line.renewing(0, unixMs(T0));
    for (const index of [3, 4, 5]) line.tell(0, [tradeAt(index)], monoMs(index));
    assert.deepEqual(events, ['t0', 'g1 t0..']);
    line.tick(monoMs(2_010));
    assert.deepEqual(events.slice(2), ['g1 t0..t3', 't3', 't4', 't5']);
  });
});

describe('a trade line with two sockets', () => {
  it('tells the first copy of each trade and counts who brought it', () => {
    const world = two().on(1, 'lose').trades(1_100).pass(100);
    assert.deepEqual(
      world.take(),
      Array.from({ length: 1_100 }, (_, index) => `t${index + 3}`),
    );
    // 1,024 are remembered: of those before it is known that nobody else brought them.
    assert.deepEqual(world.line.raceCounts(0), { first: 1_103, only: 76 });
    assert.deepEqual(world.line.raceCounts(1), { first: 0, only: 0 });
  });

  it('tells no gap when one is lost and the other one is known to go on', () => {
    const world = two().on(0, 'lose').trades(2).pass(100).on(0, 'up').pass(100).trades(1).pass(100);
    assert.deepEqual(world.take(), ['t3', 't4', 't5']);
    world.on(1, 'lose').trades(1).pass(100);
    assert.deepEqual(world.take(), ['t6']);
    assert.equal(world.reads, 0);
  });

  it('tells a gap when the other one was mute before this one began anew', () => {
    const world = two().on(1, 'mute').on(0, 'lose').trades(2).on(0, 'up').pass(100).trades(2).pass(800);
    assert.deepEqual(world.take(), []);
    world.pass(1_000);
    assert.deepEqual(world.take(), [
      'g1 open t2..',
      '+t3',
      '+t4',
      'g1 healed t2..t5 recent_trades 2',
      't5',
      't6',
    ]);
    world.on(1, 'lose').trades(1).pass(100);
    assert.deepEqual(world.take(), ['t7']);
  });

  it('finds the same at once when the mute one is declared lost', () => {
    const world = two()
      .do({ ...list, fails: true })
      .on(1, 'mute')
      .on(0, 'lose')
      .trades(2)
      .on(0, 'up')
      .pass(100)
      .trades(1)
      .pass(100);
    world.on(1, 'lose');
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.pass(300);
    assert.deepEqual(world.take(), ['g1 open t2..t5', 't5']);
  });

  it('holds only so many before it calls the others mute', () => {
    const world = two({ waitingAtMost: 3 })
      .do({ ...list, fails: true })
      .on(1, 'mute')
      .on(0, 'lose')
      .on(0, 'up');
    world.pass(100).trades(2).pass(50);
    assert.deepEqual(world.take(), []);
    world.trades(1).pass(50);
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t3', 't3', 't4', 't5']);
  });

  it('is not shut for ever by one absurd time', () => {
    const world = two();
    world.line.tell(0, [tradeAt(3, T0 * 2)], monoMs(world.now));
    world.line.interrupted(0, 'socket_lost', world.at);
    world.line.interrupted(1, 'socket_lost', world.at);
    for (let index = 4; index < 1_100; index += 1) world.line.tell(0, [tradeAt(index)], monoMs(world.now));
    assert.equal(world.line.counts.refused, 1_024);
    assert.equal(world.pass(3_000).take().at(-1), 't1099');
  });

  it('asks the list when the last one that is known to go on is lost in a quiet market', () => {
    const world = two().on(0, 'lose').on(0, 'up').pass(1_000).on(1, 'lose');
    assert.deepEqual(world.take(), ['g1 open t2..']);
    world.pass(5_000);
    assert.deepEqual(world.take(), ['g1 healed t2.. recent_trades 0']);
  });

  it('fills a gap by the slower socket', () => {
    const world = two().do({ ...list, fails: true }, { kind: 'slow', socket: 1, ms: 3_000 });
    world.on(0, 'lose').trades(2).on(0, 'up').trades(2).pass(2_000);
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t5', 't5', 't6']);
    world.pass(1_500);
    assert.deepEqual(world.take(), ['+t3', '+t4', 'g1 healed t2..t5 second_socket 2']);
  });

  it('lets the end of a gap be filled by a socket that began sooner and is slower, and tells the new end first', () => {
    const world = two().do({ ...list, takesMs: 1_500 }, { kind: 'slow', socket: 1, ms: 300 });
    world
      .on(0, 'lose')
      .on(1, 'lose')
      .pass(100)
      .trades(2)
      .on(1, 'up')
      .pass(50)
      .trades(2)
      .pass(50)
      .on(0, 'up')
      .trades(1)
      .pass(900);
    assert.deepEqual(world.take(), ['g1 open t2..', 'g1 open t2..t5', '+t5', '+t6']);
    world.pass(1_500);
    assert.deepEqual(world.take(), ['+t3', '+t4', 'g1 healed t2..t5 recent_trades 4', 't7']);
  });

  it('opens one gap when both are lost, and goes on with whichever is back first', () => {
    const world = two().on(0, 'lose').on(1, 'lose').trades(1).on(1, 'up').trades(1).pass(300);
    assert.deepEqual(world.take(), ['g1 open t2..', '+t3', 'g1 healed t2..t4 recent_trades 1', 't4']);
    world.on(0, 'up').pass(100).trades(2).pass(100);
    assert.deepEqual(world.take(), ['t5', 't6']);
  });

  it('holds what one brings that is asked for anew until the other one brings it too', () => {
    const world = two().do({ kind: 'slow', socket: 1, ms: 500 }).on(0, 'renew').pass(200).trades(2).pass(200);
    assert.deepEqual(world.take(), []);
    world.pass(300);
    assert.deepEqual(world.take(), ['t3', 't4']);
  });

  it('refuses, and counts, what is older than all that is remembered', () => {
    const world = two();
    for (let count = 0; count < 11; count += 1) world.trades(100).pass(100);
    world.take();
    world.line.interrupted(1, 'socket_lost', world.at);
    world.line.tell(1, world.log.slice(5, 7), monoMs(world.now));
    assert.deepEqual(world.take(), []);
    assert.equal(world.line.counts.refused, 2);
  });
});
