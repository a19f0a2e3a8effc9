/** Decimals of numbers as the database counts them are those of their shortest texts, and integers of them are exact. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { Database } from '../../../../connector/history/io/database.ts';
import {
  decimalsOf,
  EXACT_INTEGER_MAX,
  haveDecimals,
  integerOf,
  mostDecimals,
} from '../../../../connector/history/store/decimals.ts';
import { fitsSql, integersOf } from '../../../../connector/history/store/totals-sql.ts';

/** Numbers of at most 15 digits, and any others. */
const short = fc
  .record({ mantissa: fc.integer({ min: 1, max: 10 ** 15 - 1 }), places: fc.nat({ max: 22 }) })
  .map(({ mantissa, places }) => Number(`${mantissa}e-${places}`));
const any = fc.double({ min: 1e-300, max: 1e300, noNaN: true });

describe('decimals in the database', () => {
  let db: Database;
  before(async () => {
    db = await Database.open({ threads: 1, memoryMb: 64, tempFolder: path.join(tmpdir(), 'towline-none') });
  });
  after(() => db.close());

  const table = async (values: readonly number[]): Promise<void> => {
    await db.run('CREATE OR REPLACE TEMP TABLE numbers (x DOUBLE)');
    // The text of a double and the double are one and the same, there and here.
    await db.run(`INSERT INTO numbers VALUES ${values.map((value) => `('${value}'::DOUBLE)`).join(', ')}`);
  };

  it('are those of the shortest texts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(short, any), { minLength: 1, maxLength: 300, size: 'max' }),
        async (values) => {
          await table(values);
          const row = await db.one(`SELECT ${mostDecimals('x')} AS most FROM numbers`);
          assert.equal(row.number('most'), Math.max(...values.map(decimalsOf)));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are proved for all rows or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(short, { minLength: 1, maxLength: 30, size: 'max' }),
        fc.nat({ max: 24 }),
        async (values, decimals) => {
          await table(values);
          const row = await db.one(`SELECT ${haveDecimals('x', decimals)} AS proved FROM numbers`);
          const most = Math.max(...values.map(decimalsOf));
          const fits = decimals <= 22 && Math.max(...values) * 10 ** decimals <= EXACT_INTEGER_MAX;
          if (row.boolean('proved')) assert.ok(most <= decimals, `${most} > ${decimals}`);
          else assert.ok(most > decimals || !fits, `${values} have ${decimals}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('make exact integers wherever the database may add up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(short, { minLength: 1, maxLength: 100, size: 'max' }), async (values) => {
        const decimals = Math.max(...values.map(decimalsOf));
        const exact = values.filter((value) =>
          fitsSql({ rows: 1, price: value, qty: 1 }, { price_decimals: decimals, qty_decimals: 0 }),
        );
        if (exact.length === 0) return;
        await table(exact);
        const rows = await db.rows(`SELECT ${integersOf('x', decimals)} AS n FROM numbers`);
        assert.deepEqual(
          rows.map((row) => row.bigint('n')),
          exact.map((value) => integerOf(value, decimals)),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('an integer of decimals', () => {
  it('is that of the shortest text, or of a decimal text', () => {
    assert.equal(integerOf(1e-7, 8), 10n);
    assert.equal(integerOf(93_500.1, 3), 93_500_100n);
    assert.equal(integerOf('0.25', 2), 25n);
    assert.equal(integerOf(1e21, 1), 10n ** 22n);
    assert.throws(() => integerOf(0.25, 1), /0\.25 is no decimal of 1 places/);
    assert.throws(() => integerOf('tick', 1), /is no decimal/);
  });
});
