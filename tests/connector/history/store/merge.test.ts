/** What is covered, what is missing and who gave the rows adds up; the archive's day stays. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Manifest, ManifestSource } from '../../../../connector/history/store/manifest.ts';
import {
  addCoverage,
  addSource,
  emptyCoverage,
  growthOf,
  wholeDay,
} from '../../../../connector/history/store/merge.ts';
import { type Span, spanOfDay } from '../../../../connector/history/store/spans.ts';
import { percentageOf } from '../../../../connector/history/store/verification.ts';

const date = '2026-08-01';
const { from: start, to: end } = spanOfDay(date);
const spans = (list: readonly Span[]) => ({
  spans: list.map(({ from, to }) => ({ from, to, exactness: 'exact' as const })),
  gaps: [],
});

describe('coverage', () => {
  it('ends at the ends of the day, and is no gap', () => {
    const one = spans([{ from: start - 50, to: start + 10 }]);
    const gap = { from: start + 5, to: start + 20, cause: 'runner_stopped' };
    assert.deepEqual(
      addCoverage(date, one, { spans: [], gaps: [gap, { ...gap, from: end - 1, to: end + 9 }] }),
      {
        spans: [{ from: start, to: start + 10, exactness: 'exact' }],
        gaps: [
          { ...gap, from: start + 10 },
          { ...gap, from: end - 1, to: end },
        ],
      },
    );
  });

  it('of the whole day leaves no gap', () => {
    const gaps = [{ from: start, to: start + 5, cause: 'a' }];
    assert.deepEqual(addCoverage(date, { spans: [], gaps }, wholeDay(date)), wholeDay(date));
  });

  it('adds up in any order, and twice as once', () => {
    const part = fc.record({
      from: fc.nat({ max: 60 }),
      length: fc.nat({ max: 20 }),
      cause: fc.constantFrom('', 'a', 'b'),
    });
    const coverage = fc.array(part, { maxLength: 6, size: 'max' }).map((parts) => {
      const placed = parts.map(({ from, length, cause }) => ({
        from: start + from,
        to: start + from + length,
        cause,
      }));
      return {
        spans: spans(placed.filter(({ cause }) => cause === '')).spans,
        gaps: placed.filter(({ cause }) => cause !== ''),
      };
    });
    fc.assert(
      fc.property(coverage, coverage, coverage, (a, b, c) => {
        const add = addCoverage.bind(undefined, date);
        assert.deepEqual(add(a, b), add(b, a));
        assert.deepEqual(add(add(a, b), c), add(a, add(b, c)));
        assert.deepEqual(add(add(a, b), b), add(a, b));
        const once = add(a, emptyCoverage);
        for (const gap of once.gaps)
          assert.ok(
            !once.spans.some(({ from, to }) => from < gap.to && gap.from < to),
            'covered is not missing',
          );
      }),
    );
  });
});

describe('sources', () => {
  const recording: ManifestSource = {
    source: 'recording',
    rows: 5,
    url: null,
    bytes: null,
    sha256: null,
    fetched_at: 1,
  };

  it('are one entry each, with the rows of all that they gave', () => {
    const more = { ...recording, rows: 3, fetched_at: 2 };
    const recent: ManifestSource = { ...recording, source: 'recent', rows: 0 };
    assert.deepEqual(addSource(addSource([recording], recent), more), [{ ...more, rows: 8 }, recent]);
  });

  it('say whose a day is: lines are added to all but the archive', () => {
    const manifest: Manifest = {
      version: 1,
      ...{
        environment: 'mainnet',
        category: 'linear',
        symbol: 'BTCUSDT',
        date,
        rows: 5,
        first: null,
        last: null,
      },
      ...{ price_decimals: 0, qty_decimals: 0, bytes: 1, sha256: 'a'.repeat(64), doubles: 0, made_at: 1 },
      ...emptyCoverage,
      sources: [recording],
    } as const;
    const trusted = (sources: readonly ManifestSource[]) =>
      growthOf({
        kind: 'trusted',
        manifest: { ...manifest, sources: [...sources] },
        isNext: false,
      }).kind;
    assert.equal(trusted([recording]), 'grow');
    assert.equal(trusted([]), 'grow');
    assert.equal(trusted([{ ...recording, source: 'archive' }]), 'keep');
    assert.equal(growthOf({ kind: 'absent' }).kind, 'new');
    assert.equal(growthOf({ kind: 'untrusted', reason: 'it has no manifest' }).kind, 'new');
  });
});

describe('the percentage of a comparison', () => {
  it('is 100 only when nothing is missing', () => {
    assert.equal(percentageOf(2_000_000, 0), 100);
    assert.equal(percentageOf(2_000_000, 1), 99.9999);
    assert.equal(percentageOf(1_000_000_000, 1), 99.9999);
    assert.equal(percentageOf(3, 1), 66.6666);
    assert.equal(percentageOf(3, 3), 0);
    assert.equal(percentageOf(0, 0), null);
  });
});
