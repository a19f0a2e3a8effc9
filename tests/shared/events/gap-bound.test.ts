import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapBound, gapBoundSchema } from '../../../shared/events/process-events.ts';

test('the bound of a gap is the place of a trade and nothing else of it', () => {
  const trade = { id: 'a', timestamp: 5, price: 1, qty: 2 };
  for (const more of [{}, { seq: 7 }]) {
    const bound = gapBound({ ...trade, ...more });
    assert.deepEqual(bound, { id: 'a', timestamp: 5, ...more });
    assert.deepEqual(gapBoundSchema.parse(bound), bound);
  }
  assert.deepEqual(
    gapBound({ ...trade, seq: undefined }),
    { id: 'a', timestamp: 5 },
    'no empty field in a line',
  );
});
