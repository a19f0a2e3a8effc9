import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coarsened, isWithin, united } from '../../shared/spans.ts';

test('a coarser list holds all of the finer one, begins and ends with it, and is no longer than was asked for', () => {
  const drawn = fc.array(fc.record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 5 }) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(drawn, fc.integer({ min: 1, max: 10 }), (spans, most) => {
      const fine = united(spans.map(({ from, length }) => ({ from, to: from + length })));
      const coarse = coarsened(fine, most);
      assert.equal(coarse.length, Math.min(fine.length, most));
      assert.deepEqual(united(coarse), coarse);
      for (const span of fine) assert.ok(isWithin(span, coarse));
      assert.deepEqual([coarse[0]?.from, coarse.at(-1)?.to], [fine[0]?.from, fine.at(-1)?.to]);
    }),
  );
});

test('what lies close together becomes one first', () => {
  const spans = [
    { from: 0, to: 1 },
    { from: 10, to: 11 },
    { from: 12, to: 13 },
    { from: 30, to: 31 },
  ];
  assert.deepEqual(coarsened(spans, 3), [
    { from: 0, to: 1 },
    { from: 10, to: 13 },
    { from: 30, to: 31 },
  ]);
});
