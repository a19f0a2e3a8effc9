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

describe('a trade line', () => {
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
