/** From where on a clock is called wrong, and when nothing can be said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeClock } from '../../../runner/context/clock-judgement.ts';
import { scaledPolicy } from '../../../shared/policy.ts';

const { clock: limits } = scaledPolicy();
const kindOf = (offsetMs: number, errorMs: number | null) => judgeClock({ offsetMs, errorMs }, limits).kind;

test('only what is certain is an alarm, and before signed requests are refused', () => {
  for (const [offsetMs, errorMs, kind] of [
    [500, 0, 'near'],
    [501, 0, 'ahead'],
    [520, 20, 'near'],
    [521, 20, 'ahead'],
    [-1_000, 0, 'near'],
    [-1_001, 0, 'behind'],
    [-1_020, 20, 'near'],
    [-1_021, 20, 'behind'],
    [0, 250, 'near'],
    [0, 251, 'unsure'],
    [3_000, 600, 'ahead'],
    [-3_000, 600, 'behind'],
    [1_000, null, 'near'],
    [1_001, null, 'ahead'],
    [-1_000, null, 'near'],
    [-1_001, null, 'behind'],
  ] as const)
    assert.equal(kindOf(offsetMs, errorMs), kind, `${offsetMs} known to ${errorMs}`);
});

test('a clock that is called near is not refused, wherever within its error it truly is', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -10_000, max: 10_000, noNaN: true }),
      fc.double({ min: 0, max: 2_000, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (offsetMs, errorMs, place) => {
        const truth = offsetMs + place * errorMs;
        const kind = kindOf(offsetMs, errorMs);
        if (kind === 'near') assert.ok(truth <= limits.refusedAheadMs && truth > -5_000);
        if (kind === 'ahead') assert.ok(truth > limits.aheadLimitMs);
        if (kind === 'behind') assert.ok(truth < -limits.behindLimitMs);
      },
    ),
  );
});
