import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TopicTable } from '../../../../connector/session/feeds/topic-table.ts';

/** Two pairs with the same hash. */
const alike = ['ydi180xjb', 'hdfe7pmh4', '7vavcfetr', 'w8b6p5ok2'];
const name = fc.oneof(fc.constantFrom(...alike), fc.stringMatching(/^[a-z.0-9A-Z]{0,12}$/), fc.constant('é'));
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), name, value: fc.nat() }),
  fc.record({ kind: fc.constant('delete' as const), name }),
);

describe('a table of topics', () => {
  it('finds by bytes what a map knows by name, wherever the name stands', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.array(name, { minLength: 1 }),
        fc.nat(20),
        (steps, others, before) => {
          const table = new TopicTable<number>();
          const map = new Map<string, number>();
          for (const one of steps) {
            if (one.kind === 'set') {
              table.set(one.name, one.value);
              map.set(one.name, one.value);
            } else {
              table.delete(one.name);
              map.delete(one.name);
            }
          }
          for (const wanted of [...map.keys(), ...others]) {
            const bytes = Buffer.from(`${' '.repeat(before)}${wanted}","ts":1}`);
            assert.equal(table.find(bytes, before), map.get(wanted));
            assert.equal(table.end, before + Buffer.byteLength(wanted));
            assert.equal(table.get(wanted), map.get(wanted));
          }
          assert.deepEqual([...table.values()], [...map.values()]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
