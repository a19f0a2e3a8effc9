import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type RegimeInputs, regimeOf, TREND_THRESHOLD } from '../../../../runner/context/flow/regime.ts';

function inputs(fields: Partial<RegimeInputs> = {}): RegimeInputs {
  return { vwap: 100, poc: 100, delta: 0, volume: 10, largestBins: [5, 3, 2, 0], session: 'off', ...fields };
}

describe('the regime', () => {
  it('follows the weights of the facts', () => {
    const cases: readonly [string, Partial<RegimeInputs>, trend: number, range: number, string][] = [
      ['all at one price', {}, 0, 0.8, 'RANGE'],
      ['in london', { session: 'london' }, 0, 0.92, 'RANGE'],
      ['in the overlap', { session: 'overlap' }, 0, 0.88, 'RANGE'],
      ['all one way', { delta: -10 }, 0.5, 0.8, 'RANGE'],
      ['half a percent away', { vwap: 100.5 }, 0.15, 0.6, 'RANGE'],
      ['over a percent away, below', { vwap: 98 }, 0.3, 0.4, 'RANGE'],
      ['away and one way', { vwap: 98, delta: 10 }, 0.8, 0.4, 'TREND'],
      [
        'spread over many bins',
        { vwap: 98, delta: 5, largestBins: [1, 1, 0.5, 0.5] },
        0.25 + 0.3 + 0.15,
        0.1,
        'TREND',
      ],
    ];
    for (const [name, fields, trend, range, regime] of cases) {
      const view = regimeOf(inputs(fields));
      assert.ok(Math.abs((view.trend_score ?? 0) - trend) < 1e-12, `${name}: trend ${view.trend_score}`);
      assert.ok(Math.abs((view.range_score ?? 0) - range) < 1e-12, `${name}: range ${view.range_score}`);
      assert.equal(view.regime, regime, name);
      assert.deepEqual(view.missing, []);
    }
  });

  it('is a trend only when that beats the range by more than the threshold', () => {
    // Away and one way: 0.8 to 0.4.
    const view = (threshold: number) => regimeOf(inputs({ vwap: 98, delta: 10 }), threshold).regime;
    assert.equal(view(0.39), 'TREND');
    assert.equal(view(0.41), 'RANGE');
    assert.equal(regimeOf(inputs()).threshold, TREND_THRESHOLD);
  });

  it('is not guessed while something is not known', () => {
    const cases: readonly [Partial<RegimeInputs>, readonly string[]][] = [
      [{ delta: null }, ['delta']],
      [{ vwap: null, poc: null }, ['vwap', 'poc']],
      [{ volume: 0 }, ['volume']],
      [{ volume: null }, ['volume']],
      [{ largestBins: [] }, ['profile']],
      [{ largestBins: null, delta: null }, ['delta', 'profile']],
    ];
    for (const [fields, missing] of cases) {
      const view = regimeOf(inputs({ vwap: 98, ...fields }));
      assert.deepEqual(
        [view.regime, view.trend_score, view.range_score, view.parts],
        [null, null, null, null],
      );
      assert.deepEqual(view.missing, missing);
    }
  });

  it('has scores between 0 and 1, whatever a day looks like', () => {
    const day = fc.record({
      bins: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 20 }),
      bought: fc.double({ min: 0, max: 1, noNaN: true }),
      vwap: fc.integer({ min: 1, max: 1_000 }),
      poc: fc.integer({ min: 1, max: 1_000 }),
      session: fc.constantFrom('london' as const, 'overlap' as const, 'off' as const),
    });
    fc.assert(
      fc.property(day, ({ bins, bought, ...rest }) => {
        const volume = bins.reduce((sum, one) => sum + one, 0);
        const largestBins = bins.toSorted((a, b) => b - a);
        const view = regimeOf({ ...rest, volume, largestBins, delta: volume * (2 * bought - 1) });
        assert.notEqual(view.regime, null);
        for (const score of [view.trend_score, view.range_score])
          assert.ok(score !== null && score >= 0 && score <= 1 + 1e-9, `${score}`);
      }),
    );
  });
});
