/** Numbers as decimals: found without a text, the same as by the text; canonical texts; rounded quotients. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import {
  compareDecimals,
  type Decimal,
  DecimalReader,
  decimalText,
  minus,
  parseDecimal,
  plus,
  shortestDecimal,
  times,
} from '../../../shared/exact/decimal.ts';
import { quotientNumber, roundedQuotient } from '../../../shared/exact/quotient.ts';
import { anyDouble, marketNumber, signedNumber } from './numbers.ts';

/** What the shortest text of a number says, by a library. */
function oracleText(value: number): string {
  const text = new Big(String(value)).toFixed();
  return text === '-0' ? '0' : text;
}

function read(text: string): Decimal {
  const decimal = parseDecimal(text);
  assert.ok(decimal !== undefined, text);
  return decimal;
}

describe('reading a number as a decimal', () => {
  it('finds the same without a text as by the shortest text, in any order of numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(signedNumber, anyDouble), { minLength: 1, size: 'max', maxLength: 40 }),
        (values) => {
          const reader = new DecimalReader();
          for (const value of values) {
            const decimal = reader.read(value)
              ? { mantissa: BigInt(reader.mantissa), decimals: reader.decimals }
              : shortestDecimal(value);
            assert.equal(decimalText(decimal), oracleText(value));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('needs no text for up to 15 digits and 22 decimals', () => {
    fc.assert(
      fc.property(marketNumber, (value) => {
        assert.equal(new DecimalReader().read(value), shortestDecimal(value).decimals <= 22);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps to one scale, and is not spoilt by one number of many decimals', () => {
    const reader = new DecimalReader();
    const reading = (value: number) => (reader.read(value) ? [reader.mantissa, reader.decimals] : undefined);
    assert.deepEqual(reading(65_000.1), [650_001, 1]);
    assert.deepEqual(reading(65_000), [650_000, 1]);
    assert.deepEqual(reading(1e-12), [1, 12]);
    assert.deepEqual(reading(65_000.1), [650_001, 1], 'too large for twelve decimals, so read with its own');
  });

  it('reads what does not fit from its text', () => {
    const reader = new DecimalReader();
    for (const value of [0.1 + 0.2, 1e21, 123_456_789_012_345_680, 5e-324]) {
      assert.equal(reader.read(value), false, String(value));
      assert.equal(decimalText(shortestDecimal(value)), oracleText(value));
    }
    assert.equal(decimalText(shortestDecimal(0.1 + 0.2)), '0.30000000000000004');
  });

  it('takes no infinity and no NaN for a number', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.equal(new DecimalReader().read(value), false);
      assert.throws(() => shortestDecimal(value), /is no decimal/);
    }
  });
});

describe('decimal texts', () => {
  it('are canonical: equal values, equal texts', () => {
    for (const [text, canonical] of [
      ['0', '0'],
      ['-0', '0'],
      ['0.000', '0'],
      ['007.50', '7.5'],
      ['-12.3400', '-12.34'],
      ['100', '100'],
      ['0.05', '0.05'],
    ] as const) {
      assert.equal(decimalText(read(text)), canonical);
    }
  });

  it('are refused when they are something else', () => {
    for (const text of ['', '.', '1.', '.5', '1e3', '+1', ' 1', '1,0', '0x1', 'NaN', '1'.repeat(3_000)])
      assert.equal(parseDecimal(text), undefined, text.slice(0, 10));
  });

  it('add, subtract and multiply as those of a library', () => {
    fc.assert(
      fc.property(signedNumber, signedNumber, (a, b) => {
        const [left, right] = [shortestDecimal(a), shortestDecimal(b)];
        const [x, y] = [new Big(String(a)), new Big(String(b))];
        for (const [ours, theirs] of [
          [plus(left, right), x.plus(y)],
          [minus(left, right), x.minus(y)],
          [times(left, right), x.times(y)],
        ] as const) {
          assert.equal(decimalText(ours), theirs.eq(0) ? '0' : theirs.toFixed());
        }
      }),
    );
  });

  it('compare by value', () => {
    assert.equal(compareDecimals(read('1.50'), read('1.5')), 0);
    assert.ok(compareDecimals(read('-2'), read('0.1')) < 0);
    assert.ok(compareDecimals(read('0.10000000000000000001'), read('0.1')) > 0);
  });
});

describe('a rounded quotient', () => {
  it('equals that of a library, half-even, to 12 digits', () => {
    const precise = Big();
    precise.DP = 120;
    fc.assert(
      fc.property(signedNumber, marketNumber, fc.integer({ min: 1, max: 15 }), (a, b, digits) => {
        const quotient = roundedQuotient(shortestDecimal(a), shortestDecimal(b), digits);
        assert.ok(quotient !== undefined);
        const expected = new precise(String(a)).div(new precise(String(b))).prec(digits, 2);
        assert.equal(decimalText(quotient), expected.toFixed() === '-0' ? '0' : expected.toFixed());
      }),
      { numRuns: 500 },
    );
  });

  it('rounds ties to the even digit, both ways', () => {
    for (const [numerator, expected] of [
      ['100000000000.5', '100000000000'],
      ['100000000001.5', '100000000002'],
      ['100000000000.50000000000000000000000001', '100000000001'],
      ['999999999999.5', '1000000000000'],
      ['-100000000001.5', '-100000000002'],
    ] as const) {
      const quotient = roundedQuotient(read(numerator), read('1'));
      assert.equal(quotient === undefined ? undefined : decimalText(quotient), expected);
    }
  });

  it('is a number that keeps its digits', () => {
    assert.equal(quotientNumber(read('200001'), read('3')), 66_667);
    assert.equal(quotientNumber(read('200000'), read('3')), 66_666.6666667);
    assert.equal(quotientNumber(read('0'), read('3')), 0);
    assert.equal(quotientNumber(read('1'), read('0')), null);
  });
});
