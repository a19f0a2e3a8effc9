/** Sums of a day as they pass from one program to another: what is taken and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dayStart, dayTotalsSchema, emptyDayTotals, utcDateOf } from '../../shared/day-totals.ts';

const empty = emptyDayTotals({
  category: 'linear',
  symbol: 'BTCUSDT',
  date: '2026-08-01',
  bin_size: '0.1',
});

const oneTrade = {
  ...empty,
  trades: 1,
  volume: '0.25',
  notional: '16250.025',
  squares: '1056253250.00250',
  bins: [[650_001, '0.25', '0']],
};

function isTaken(totals: unknown): boolean {
  return dayTotalsSchema.safeParse(totals).success;
}

describe('sums of a day', () => {
  it('of no trades are valid', () => {
    assert.deepEqual(dayTotalsSchema.parse(empty), empty);
  });

  it('must have canonical decimals, so that equal sums are equal texts', () => {
    assert.equal(isTaken(oneTrade), false, 'a trailing zero');
    assert.equal(isTaken({ ...oneTrade, squares: '1056253250.0025' }), true);
    for (const text of ['', '-1', '+1', '1e3', '.5', '1.', '01', '0.0', 'NaN', `1${'0'.repeat(400)}`])
      assert.equal(isTaken({ ...empty, volume: text }), false, text.slice(0, 10));
  });

  it('must have bins that ascend, with canonical volumes', () => {
    const withBins = (bins: unknown) => isTaken({ ...empty, bins });
    assert.equal(
      withBins([
        [0, '1', '0'],
        [5, '0', '2.5'],
      ]),
      true,
    );
    assert.equal(
      withBins([
        [5, '1', '0'],
        [5, '0', '2'],
      ]),
      false,
    );
    assert.equal(withBins([[-1, '1', '0']]), false);
    assert.equal(withBins([[1.5, '1', '0']]), false);
    assert.equal(withBins([[1, '1.0', '0']]), false);
    assert.equal(withBins([[1, '1']]), false);
    assert.equal(withBins([1, 2]), false);
    assert.equal(withBins('none'), false);
  });

  it('are of a day that there is, and of a bin that has a width', () => {
    assert.equal(isTaken({ ...empty, date: '2028-02-29' }), true);
    assert.equal(isTaken({ ...empty, date: '2026-02-29' }), false);
    assert.equal(isTaken({ ...empty, date: '2026-8-1' }), false);
    assert.equal(isTaken({ ...empty, bin_size: '0' }), false);
  });

  it('are refused, not thrown at, whatever else comes', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(empty)), (value, field) => {
        isTaken(value);
        isTaken({ ...empty, [field]: value });
        isTaken({ ...empty, bins: [value] });
      }),
      { numRuns: 500 },
    );
  });

  it('know when their day begins', () => {
    assert.equal(dayStart('2026-08-01'), Date.UTC(2026, 7, 1));
    assert.ok(Number.isNaN(dayStart('2026-02-30')));
    assert.equal(utcDateOf(Date.UTC(2026, 7, 2) - 1), '2026-08-01');
  });
});
