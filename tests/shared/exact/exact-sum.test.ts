/** Exact sums: equal to a library's decimals for numbers of all sizes, in any order and any parts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import { DecimalReader, decimalText } from '../../../shared/exact/decimal.ts';
import { ExactSum } from '../../../shared/exact/exact-sum.ts';
import { SumTable } from '../../../shared/exact/sum-table.ts';
import { anyDouble, marketNumber, ordinaryTrade, signedNumber } from './numbers.ts';

const big = (value: number): Big => new Big(String(value));
const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed());

type Trade = { readonly price: number; readonly qty: number };
const trades = fc.array(
  fc.oneof(
    ordinaryTrade,
    fc.record({ price: marketNumber, qty: signedNumber }),
    fc.record({ price: anyDouble, qty: anyDouble }),
  ),
  { size: 'max', maxLength: 60 },
);

/** Sum of qty, of price * qty, of price * price * qty. */
function sums(of: readonly Trade[]): readonly [ExactSum, ExactSum, ExactSum] {
  const volume = new ExactSum();
  const notional = new ExactSum();
  const squares = new ExactSum();
  for (const { price, qty } of of) {
    volume.add(qty);
    notional.addProduct(price, qty);
    squares.addSquare(price, qty);
  }
  return [volume, notional, squares];
}

describe('an exact sum', () => {
  it('equals the sum of decimals of a library', () => {
    fc.assert(
      fc.property(trades, (list) => {
        const expected = [new Big(0), new Big(0), new Big(0)] as [Big, Big, Big];
        for (const { price, qty } of list) {
          expected[0] = expected[0].plus(big(qty));
          expected[1] = expected[1].plus(big(price).times(big(qty)));
          expected[2] = expected[2].plus(big(price).times(big(price)).times(big(qty)));
        }
        assert.deepEqual(
          sums(list).map((sum) => sum.toText()),
          expected.map(text),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is the same in any order, and in any parts that are added up, also as texts', () => {
    const shuffled = trades.chain((list) =>
      fc.record({
        list: fc.constant(list),
        order: fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
        cut: fc.nat(list.length),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ list, order, cut }) => {
        const whole = sums(list);
        const front = sums(order.slice(0, cut));
        const rest = sums(order.slice(cut));
        for (const [index, sum] of front.entries()) {
          const other = rest[index] ?? new ExactSum();
          const viaText = new ExactSum();
          viaText.addText(other.toText());
          viaText.addText(sum.toText());
          sum.addSum(other);
          assert.equal(sum.toText(), whole[index]?.toText());
          assert.equal(viaText.toText(), whole[index]?.toText());
        }
      }),
      { numRuns: 200 },
    );
  });

  it('takes back what was added', () => {
    fc.assert(
      fc.property(trades, (list) => {
        const [volume, notional, squares] = sums(list);
        for (const { price, qty } of list) {
          volume.add(-qty);
          notional.addProduct(price, -qty);
          squares.addSquare(price, -qty);
        }
        assert.deepEqual(
          [volume, notional, squares].map((sum) => sum.toText()),
          ['0', '0', '0'],
        );
      }),
      { numRuns: 100 },
    );
  });

  it('adds tenths as tenths', () => {
    const sum = new ExactSum();
    for (let count = 0; count < 10; count += 1) sum.add(0.1);
    assert.equal(sum.toText(), '1');
    sum.add(-1e-12);
    assert.equal(sum.toText(), '0.999999999999');
    sum.add(1e15);
    assert.equal(sum.toText(), '1000000000000000.999999999999');
  });

  it('refuses what is no decimal', () => {
    const sum = new ExactSum();
    assert.throws(() => sum.add(Number.NaN), RangeError);
    assert.throws(() => sum.addProduct(1, Number.POSITIVE_INFINITY), RangeError);
    assert.throws(() => sum.addSquare(Number.NaN, 1), RangeError);
    assert.throws(() => sum.addText('1e3'), /not a decimal: 1e3/);
    assert.equal(sum.toText(), '0');
  });

  it('stays exact far beyond what one double holds: 3,000 trades of ten coins at 65,000.1', () => {
    const price = new DecimalReader();
    const qty = new DecimalReader();
    assert.ok(price.read(65_000.1) && qty.read(10.001));
    const table = new SumTable(1);
    const weight = price.mantissa * qty.mantissa;
    for (let count = 0; count < 3_000; count += 1)
      table.addProduct(0, price.mantissa, weight, price.decimals * 2 + qty.decimals);
    assert.equal(decimalText(table.decimal(0)), big(65_000.1).pow(2).times('10.001').times(3_000).toFixed());
  });
});

describe('a table of sums', () => {
  const added = fc.array(fc.tuple(fc.nat(4), fc.maxSafeInteger(), fc.nat(24)), {
    size: 'max',
    maxLength: 60,
  });

  it('keeps each sum for itself, whatever scales and sizes come', () => {
    fc.assert(
      fc.property(added, (list) => {
        const table = new SumTable(2);
        const expected = Array.from({ length: 5 }, () => new Big(0));
        table.extend(5);
        for (const [slot, mantissa, decimals] of list) {
          table.add(slot, mantissa, decimals);
          expected[slot] = (expected[slot] ?? new Big(0)).plus(new Big(`${mantissa}e-${decimals}`));
        }
        for (const [slot, sum] of expected.entries()) {
          assert.equal(decimalText(table.decimal(slot)), text(sum));
          const units = table.units(slot);
          const isSmall =
            units >= BigInt(Number.MIN_SAFE_INTEGER) && units <= BigInt(Number.MAX_SAFE_INTEGER);
          assert.equal(table.smallUnits(slot), isSmall ? Number(units) : Number.NaN);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps its sums when it is extended', () => {
    const table = new SumTable(1);
    for (let count = 0; count < 5; count += 1) table.addProduct(0, 2 ** 52, 2 ** 52, 0);
    table.extend(100);
    table.add(99, 7, 0);
    assert.equal(table.units(0), 5n * 2n ** 104n);
    assert.equal(table.units(99), 7n);
    assert.equal(table.capacity, 100);
  });
});
