/** The small values that machines are made of: backoff, ring, wall clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffDelay } from '../../shared/backoff.ts';
import { Ring } from '../../shared/ring.ts';
import { WallClock } from '../../shared/wall-clock.ts';

const backoff = { baseMs: 500, capMs: 10_000, floorMs: 50 };

test('a backoff doubles its ceiling up to the cap and draws evenly below it', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 50].map((failures) => backoffDelay(failures, backoff, () => 1));
  assert.deepEqual(ceilings, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(
    backoffDelay(3, backoff, () => 0),
    50,
    'never below the floor',
  );
  assert.equal(
    backoffDelay(3, backoff, () => 0.5),
    2_000,
  );
});

test('a ring keeps the newest in order and tells who leaves', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat()), (capacity, values) => {
      const ring = new Ring<number>(capacity);
      const left = values.map((value) => ring.push(value)).filter((value) => value !== undefined);
      assert.deepEqual([...ring], values.slice(-capacity));
      assert.deepEqual(left, values.slice(0, Math.max(0, values.length - capacity)));
      assert.equal(ring.newest(), values.at(-1));
      assert.equal(ring.at(0), values.slice(-capacity)[0]);
      assert.equal(ring.newest(capacity), undefined);
    }),
  );
});

test('a ring without room is a mistake of ours', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN]) assert.throws(() => new Ring(capacity), RangeError);
});

test('the wall clock in microseconds never runs backwards when it is corrected, and tells how far it was moved', () => {
  const clock = new WallClock({ wallMs: 1_000_000, monoMs: 0 }, 2_000);
  assert.equal(clock.micros(1.5), 1_000_001_500);
  assert.equal(clock.needsAnchor(999), false);
  assert.equal(clock.needsAnchor(1_000), true);
  const before = clock.micros(1_000);
  assert.equal(clock.anchor({ wallMs: 999_000, monoMs: 1_000 }), -2_000, 'corrected by two seconds');
  assert.equal(clock.micros(1_001), before);
  assert.equal(clock.anchor({ wallMs: 1_060_000, monoMs: 2_000 }), 60_000, 'asleep for a minute');
});

test('the wall clock in microseconds follows a clock that was set back, instead of standing still for an hour', () => {
  const clock = new WallClock({ wallMs: 5_000_000, monoMs: 0 }, 2_000);
  assert.equal(clock.micros(1_000), 5_001_000_000);
  assert.equal(clock.anchor({ wallMs: 1_401_000, monoMs: 1_000 }), -3_600_000);
  assert.equal(clock.micros(1_000), 1_401_000_000);
  assert.equal(clock.micros(1_500), 1_401_500_000);
});
