/** Point of control and value area by their definition: ties, neighbours, seventy per cent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bigInts, numbers, valueArea } from '../../../../runner/context/day/value-area.ts';

const area = (volumes: readonly number[]) => valueArea(volumes, numbers);

describe('the value area', () => {
  it('of nothing is nothing', () => {
    assert.equal(area([]), undefined);
  });

  it('begins at the bin with the most volume, of equals the lower one', () => {
    assert.deepEqual(area([1, 9, 9, 1]), { poc: 1, low: 1, high: 2 });
    assert.deepEqual(area([5]), { poc: 0, low: 0, high: 0 });
  });

  it('grows to the side with more volume, and down when they are equal', () => {
    assert.deepEqual(area([10, 20, 40, 21, 9]), { poc: 2, low: 1, high: 3 });
    assert.deepEqual(area([0, 30, 40, 30, 0]), { poc: 2, low: 1, high: 2 });
  });

  it('is wide enough when it holds exactly 70 %, not a unit less', () => {
    assert.deepEqual(area([10, 70, 20]), { poc: 1, low: 1, high: 1 });
    assert.deepEqual(area([10, 69, 21]), { poc: 1, low: 1, high: 2 });
    // 0.1 + 0.6 is 0.7 of 1 in exact units, whatever doubles would say.
    assert.deepEqual(area([1, 6, 3]), { poc: 1, low: 1, high: 2 });
  });

  it('goes on on one side when the other has ended', () => {
    assert.deepEqual(area([50, 20, 10, 10, 10]), { poc: 0, low: 0, high: 1 });
    assert.deepEqual(area([10, 10, 10, 20, 50]), { poc: 4, low: 3, high: 4 });
    assert.deepEqual(area([10, 10, 10, 20, 49]), { poc: 4, low: 2, high: 4 });
  });

  it('is the same in BigInts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { size: 'max', maxLength: 30 }), (volumes) => {
        assert.deepEqual(valueArea(volumes.map(BigInt), bigInts), area(volumes));
      }),
    );
  });
});
