/**
 * Goal: whatever happens to the sockets of a topic, to the list of recent trades, to the reader and to the child, no trade is told twice, and
 * each since the first one is told or lies in exactly one gap; what says that it is healed is. Method: random histories of a
 * model (trade-line-world.ts), which checks at each event.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineWorld, policy, type Step } from './trade-line-world.ts';

const RUNS = Number(process.env['LINE_RUNS'] ?? 400);

const socket = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('trades' as const), count: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(50, 100, 400, 1_200, 3_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(10_000, 90_000) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('up' as const), socket }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('lose', 'mute', 'bad', 'renew'), socket }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('slow' as const),
      socket,
      ms: fc.constantFrom(0, 20, 300, 1_500),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      lagMs: fc.constantFrom(0, 100, 1_000, policy.settleMs),
      reach: fc.constantFrom(3, 10, 60, 1_000),
      fails: fc.boolean(),
      takesMs: fc.constantFrom(0, 100, 1_500),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('listed' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('reader' as const), reads: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('child_dies' as const), tellsGap: fc.boolean() }) },
) as fc.Arbitrary<Step>;

function holds(sockets: number): Record<string, number> {
  const seen: Record<string, number> = {};
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (history) => {
      const world = new LineWorld(sockets).on(0, 'up').on(sockets - 1, 'up');
      world.do(...history);
      world.settle();
      for (const { state, healed_by: by, cause } of world.gaps.values()) {
        const key = `${state} ${by ?? ''}`.trim();
        seen[key] = (seen[key] ?? 0) + 1;
        if (cause === 'overload') seen[`overload ${key}`] = (seen[`overload ${key}`] ?? 0) + 1;
      }
      for (const [key, count] of Object.entries(world.line.counts)) seen[key] = (seen[key] ?? 0) + count;
    }),
    { numRuns: RUNS },
  );
  return seen;
}

const stops: Step = { kind: 'reader', reads: false };
const reads: Step = { kind: 'reader', reads: true };
const slowly: Step = { kind: 'slow', socket: 0, ms: 300 };
const begun = (): LineWorld => new LineWorld(2).on(0, 'up').on(1, 'up');

describe('of a trade line with two sockets, what found no room after a wait', () => {
  it('is told when the slower socket brings it', () => {
    const world = begun().do(stops, slowly).trades(7).pass(400).trades(8).do(reads).pass(50).trades(2);
    world.do(stops).on(1, 'bad').pass(100).take();
    world.do(reads).pass(150);
    assert.deepEqual(world.take(), ['g2 healed t13.. second_socket 0', 't14']);
    world.settle();
  });

  it('is told when a socket brings it that was asked for anew', () => {
    const world = begun().pass(50).on(0, 'renew').trades(1).do(slowly).pass(50).trades(9);
    world.on(1, 'bad').do(stops).pass(50).on(1, 'lose').pass(150).take();
    world.do(reads).on(1, 'up').pass(200);
    assert.deepEqual(world.take(), [
      'g2 healed t8.. second_socket 0',
      't9',
      '+t1',
      'g1 healed t0..t2 recent_trades 1',
    ]);
    world.settle();
  });
});

describe('a trade line', () => {
  it('tells an end that the reader knows also of what is left of a gap', () => {
    const world = begun().do({ kind: 'list', lagMs: 1_000, reach: 3, fails: false, takesMs: 0 });
    world.pass(100).trades(1).pass(50).on(1, 'lose').on(0, 'lose').trades(11).pass(300).trades(1).pass(100);
    world.on(1, 'up').on(0, 'up', 'bad').pass(50).trades(2).pass(50);
    assert.deepEqual(world.take().slice(-2), ['g1 open t0..t13', '+t13'], 't14 waits behind it');
    world.pass(900);
    assert.equal(world.take().at(-1), 'g2 open t11..t13');
    // Else the next child would follow on t13, and t12 lie in no gap.
    world.do({ kind: 'child_dies', tellsGap: false }).settle();
  });

  it('accounts for every trade with one socket', () => {
    const seen = holds(1);
    assert.ok((seen['open'] ?? 0) > 100 && (seen['healed recent_trades'] ?? 0) > 100, JSON.stringify(seen));
    assert.ok(
      (seen['dropped'] ?? 0) > 50 && (seen['overload healed recent_trades'] ?? 0) > 0,
      JSON.stringify(seen),
    );
  });

  it('accounts for every trade with two sockets', () => {
    const seen = holds(2);
    assert.ok((seen['healed second_socket'] ?? 0) > 0, JSON.stringify(seen));
    assert.ok((seen['open'] ?? 0) > 100 && (seen['healed recent_trades'] ?? 0) > 100, JSON.stringify(seen));
  });
});
