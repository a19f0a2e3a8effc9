import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecentTrades } from '../../../runner/intake/recent-trades.ts';
import { T0, trade } from './events.ts';

describe('the memory of recent trades', () => {
  it('holds exactly the newest ids by exchange time, in whatever order they came', () => {
    const times = fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 20 }), (offsets, capacity) => {
        const memory = new RecentTrades(capacity);
        for (const offset of offsets) {
          const next = trade({ id: `${offset}`, timestamp: T0 + offset });
          if (!memory.isBeyondMemory(next)) memory.add(next);
        }
        const newest = offsets.toSorted((a, b) => b - a).slice(0, capacity);
        for (const offset of offsets) assert.equal(memory.has(`${offset}`), newest.includes(offset));
      }),
    );
  });
});
