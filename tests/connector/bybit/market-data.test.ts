/** What counts as a number of the exchange: plain decimals, and nothing that only looks like one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTrades } from '../../../connector/bybit/market-data.ts';
import { unixMicros } from '../../../shared/time.ts';

const plain = /^\d{1,20}(\.\d{1,20})?$/;

function priceOf(p: unknown): number | undefined {
  const frame = { kind: 'data', topic: 'x', type: 'snapshot', ts: 1, cts: undefined } as const;
  const row = { T: 1, S: 'Buy', i: 'a', v: '1', s: 'BTCUSDT', p };
  const instrument = { category: 'linear', symbol: 'BTCUSDT' } as const;
  return readTrades({ ...frame, data: [row] }, instrument, unixMicros(1)).rows[0]?.price;
}

test('a price is a plain decimal above zero with at most 20 digits on each side of the point', () => {
  const signs = fc
    .array(fc.constantFrom('0', '7', '9', '.', '-', '+', 'e', 'x', ' ', '\n', '٣'), { maxLength: 8 })
    .map((list) => list.join(''));
  const digits = fc
    .tuple(fc.integer({ min: 0, max: 22 }), fc.option(fc.integer({ min: 0, max: 22 }), { nil: undefined }))
    .map(([before, behind]) => '7'.repeat(before) + (behind === undefined ? '' : `.${'3'.repeat(behind)}`));
  fc.assert(
    fc.property(fc.oneof(signs, digits, fc.string()), (text) => {
      assert.equal(priceOf(text), plain.test(text) && Number(text) > 0 ? Number(text) : undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('what `Number` would take and the exchange never says is no price', () => {
  for (const text of ['', ' 1', '1 ', '0x10', '1e5', '1e400', '.5', '5.', '1.2.3', '-1', 'NaN', 5, null])
    assert.equal(priceOf(text), undefined, String(text));
});
