import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashOf, IdTable } from '../../../runner/intake/id-table.ts';
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

describe('the table of ids', () => {
  it('holds what a set would hold, also where all ids share one chain', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('add', 'remove'), fc.nat(60)), {
      maxLength: 200,
      size: 'max',
    });
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(
          hashOf,
          () => 5,
          (id: string) => -Number(id),
        ),
        (done, hash) => {
          const table = new IdTable();
          const places = new Map<string, number>();
          for (const [step, number] of done) {
            const id = `${number}`;
            const place = places.get(id);
            if (step === 'add' && place === undefined) places.set(id, table.add(id, hash(id)));
            if (step === 'remove' && place !== undefined) {
              table.remove(place);
              places.delete(id);
            }
            for (let any = 0; any <= 60; any += 1)
              assert.equal(table.has(`${any}`, hash(`${any}`)), places.has(`${any}`), `${any}`);
          }
          assert.equal(new Set(places.values()).size, places.size, 'each has a place of its own');
        },
      ),
    );
  });
});
