/** Price bins: floor(price / width) without drift, for any width, and bins of bins. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import {
  type BinSize,
  binOf,
  commonSize,
  edgeOf,
  parseBinSize,
  regrouped,
  tenTimes,
} from '../../../../runner/context/day/bin-size.ts';

function size(text: string): BinSize {
  const parsed = parseBinSize(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

const widths = fc.constantFrom(
  '0.1',
  '0.01',
  '0.5',
  '0.25',
  '1',
  '5',
  '10',
  '0.0001',
  '0.00000001',
  '7',
  '0.03',
);
const price = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 9 }))
    .map(([mantissa, decimals]) => Number(`${mantissa}e-${decimals}`)),
  fc
    .tuple(fc.integer({ min: 1, max: 999_999 }), widths)
    .map(([count, width]) => Number(new Big(width).times(count))),
);

describe('the bin of a price', () => {
  it('is as the definition says: 101.505 at 0.1 is bin 101.5, 0.3 at 0.1 is 0.3', () => {
    const tick = size('0.1');
    for (const [of, expected] of [
      [101.505, 101.5],
      [0.3, 0.3],
      [0.7, 0.7],
      [65_000.1, 65_000.1],
      [65_000.19, 65_000.1],
      [0.05, 0],
    ] as const) {
      assert.equal(edgeOf(binOf(of, tick), tick), expected, String(of));
    }
  });

  it('equals exact division, for all prices and widths', () => {
    fc.assert(
      fc.property(price, widths, (of, width) => {
        const expected = new Big(String(of)).div(width).round(0, Big.roundDown);
        const index = binOf(of, size(width));
        if (expected.gt(Number.MAX_SAFE_INTEGER)) return assert.ok(Number.isNaN(index));
        assert.equal(index, Number(expected.toFixed()));
        assert.equal(edgeOf(index, size(width)), Number(expected.times(width).toFixed()));
      }),
      { numRuns: 1_000 },
    );
  });

  it('has no number where no double could tell it from the next', () => {
    assert.ok(Number.isNaN(binOf(1e14, size('0.0000001'))));
    assert.equal(binOf(9e14, size('0.1')), 9e15);
  });
});

describe('bins of bins', () => {
  it('are those of the prices in them, when one width is a part of the other', () => {
    fc.assert(
      fc.property(price, widths, widths, (of, a, b) => {
        const common = commonSize(size(a), size(b));
        assert.ok(common !== undefined);
        fc.pre(of < 9e7);
        for (const part of [a, b])
          assert.equal(regrouped(binOf(of, size(part)), size(part), common), binOf(of, common));
      }),
      { numRuns: 500 },
    );
  });

  it('have the least common width', () => {
    for (const [a, b, expected] of [
      ['0.1', '0.1', '0.1'],
      ['0.1', '0.01', '0.1'],
      ['0.1', '0.25', '0.5'],
      ['2', '3', '6'],
      ['10', '0.5', '10'],
    ] as const) {
      assert.equal(commonSize(size(a), size(b))?.text, expected);
    }
    assert.equal(tenTimes(size('0.5'))?.text, '5');
    assert.equal(tenTimes(size('100000000000000')), undefined);
  });

  it('are read from a text, in one form', () => {
    assert.deepEqual(size('0.10'), { mantissa: 1, decimals: 1, text: '0.1' });
    assert.deepEqual(size('10.0'), { mantissa: 10, decimals: 0, text: '10' });
    for (const text of ['0', '-1', '', 'tick', '0.1e3', `1${'0'.repeat(15)}`, `0.${'0'.repeat(22)}1`])
      assert.equal(parseBinSize(text), undefined, text);
  });
});
