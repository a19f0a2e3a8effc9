/** The small values that machines are made of: backoff, ring, wall clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffDelay } from '../../shared/backoff.ts';
import { Ring } from '../../shared/ring.ts';

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
