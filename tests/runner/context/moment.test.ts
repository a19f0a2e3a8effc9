/** Whatever a child says of the time, the numbers of trades go on, and nobody throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ExchangeClock } from '../../../runner/context/exchange-clock.ts';
import { momentOf, possibleNow } from '../../../runner/context/moment.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, RunnerWorld, tradesTopic } from '../../helpers/runner-world.ts';
import { status } from '../intake/events.ts';

const wall = unixMs(Date.UTC(2026, 6, 5));
const FAR = 31 * 86_400_000;

function clockOf(kind: 'live' | 'replay', offset: number | undefined, newest: number) {
  const clock = new ExchangeClock();
  const told = offset === undefined ? {} : { clock_offset_ms: offset };
  clock.told(status('heartbeat', { clock: kind, ...told }));
  clock.heard(newest, monoMs(5), wall);
  return clock;
}

describe('the moment', () => {
  it('is a date that can be written, in whole ms, whatever was told', () => {
    const time = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.maxSafeInteger(),
    );
    fc.assert(
      fc.property(fc.constantFrom('live' as const, 'replay' as const), time, time, (kind, offset, newest) => {
        const clock = clockOf(kind, offset, newest);
        const { exchange, proven } = momentOf(clock, monoMs(9), wall);
        assert.match(new Date(exchange).toISOString(), /^[2-9]\d{3}-/);
        assert.equal(exchange, possibleNow(clock, wall));
        if (proven !== Number.NEGATIVE_INFINITY) assert.match(new Date(proven).toISOString(), /^[2-9]\d{3}-/);
      }),
    );
  });

  it('is what the clock says where that is possible', () => {
    const live = clockOf('live', 1_000.25, wall - 5_000);
    assert.deepEqual(momentOf(live, monoMs(10), wall), { exchange: wall - 1_001, proven: wall - 4_995 });
    const replay = clockOf('replay', undefined, wall - 5_000);
    assert.deepEqual(momentOf(replay, monoMs(10), wall), { exchange: wall - 5_000, proven: wall - 5_000 });
  });

  it('does not believe a recording of what has not happened', () => {
    const near = clockOf('replay', undefined, wall + FAR);
    assert.equal(momentOf(near, monoMs(10), wall).proven, wall + FAR);
    const far = clockOf('replay', undefined, wall + FAR + 1);
    assert.deepEqual(momentOf(far, monoMs(10), wall), { exchange: wall, proven: Number.NEGATIVE_INFINITY });
  });
});

for (const clock of ['live', 'replay'] as const)
  it(`a trade with an impossible time costs no other one its place (${clock})`, () => {
    for (const timestamp of [1, 253_402_300_800_000, 8.64e15, 9e15]) {
      const world = new RunnerWorld({ topics: [tradesTopic] }).start();
      world.say({ type: 'status', status: 'ready', connector: 'bybit', environment: 'mainnet', clock });
      world.say({ type: 'status', status: 'heartbeat', clock_offset_ms: clock === 'live' ? -9e15 : 0 });
      world.say(world.trade('x', 0, { timestamp }));
      world.app.tick();
      world.say(world.trade('b'), world.trade('c', 10, { qty: 2 }));
      world.app.tick();
      const { context } = world.ports;
      const days = context.days(bitcoin);
      assert.equal(days?.today.counts.trades, 2, `${timestamp}`);
      assert.equal(days.today.date, new Date(world.clock.unixMs()).toISOString().slice(0, 10));
      assert.ok(context.cvd(bitcoin) !== undefined && context.volumeDelta(bitcoin, 60) !== undefined);
    }
  });
