import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keepWithin } from '../../../runner/context/candle-budget.ts';

class Row {
  length: number;
  readonly #least: number;
  constructor(length: number, least = 1) {
    this.length = length;
    this.#least = Math.min(length, least);
  }
  keepNewest(count: number): void {
    this.length = Math.min(this.length, Math.max(count, this.#least));
  }
}

/** One at a time from the longest: slow, and plainly right. */
function naive(budget: number, lengths: readonly number[]): readonly number[] {
  const left = [...lengths];
  const sum = () => left.reduce((total, length) => total + length, 0);
  while (sum() > budget) {
    const longest = left.indexOf(Math.max(...left));
    left[longest] = (left[longest] ?? 0) - 1;
  }
  return left.toSorted((a, b) => a - b);
}

describe('the budget of candles', () => {
  it('takes from the longest, and no more than a round from all of them at once', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12, size: 'max' });
    fc.assert(
      fc.property(lengths, fc.nat(200), (all, more) => {
        const budget = all.length + more;
        const rows = all.map((length) => new Row(length));
        keepWithin(budget, rows);
        const expected = naive(budget, all);
        const got = rows.map(({ length }) => length).toSorted((a, b) => a - b);
        assert.ok(got.reduce((sum, length) => sum + length, 0) <= budget);
        for (const [index, length] of got.entries()) {
          const exact = expected[index] ?? 0;
          assert.ok(length === exact || length === exact - 1, `${got} is not ${expected}`);
        }
      }),
    );
  });

  it('leaves everything as it is while it is not used up', () => {
    const rows = [new Row(5), new Row(3)];
    keepWithin(8, rows);
    assert.deepEqual(
      rows.map(({ length }) => length),
      [5, 3],
    );
  });
});
