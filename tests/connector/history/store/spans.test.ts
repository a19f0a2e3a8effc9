/** Spans of time add up and are taken away as sets of milliseconds are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  datesOf,
  overlap,
  type Span,
  spanOfDay,
  union,
  without,
} from '../../../../connector/history/store/spans.ts';

const span = fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 })).map(([from, to]) => ({ from, to }));
const spans = fc.array(span, { maxLength: 8, size: 'max' });

function milliseconds(list: readonly Span[]): readonly number[] {
  const all = new Set(
    list.flatMap(({ from, to }) => Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n)),
  );
  return [...all].toSorted((a, b) => a - b);
}

describe('spans', () => {
  it('unite to the same time in the fewest spans', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const joined = union(list);
        assert.deepEqual(milliseconds(joined), milliseconds(list));
        for (const [index, { from, to }] of joined.entries()) {
          assert.ok(from < to);
          assert.ok(index === 0 || (joined[index - 1]?.to ?? to) < from, 'ascending, and not touching');
        }
      }),
    );
  });

  it('leave what is not taken away', () => {
    fc.assert(
      fc.property(span, spans, (whole, holes) => {
        const taken = new Set(milliseconds(holes));
        const left = without(whole, holes);
        assert.deepEqual(
          milliseconds(left),
          milliseconds([whole]).filter((ms) => !taken.has(ms)),
        );
        assert.deepEqual(union(left), left);
      }),
    );
  });

  it('overlap where both are', () => {
    fc.assert(
      fc.property(span, span, (one, other) => {
        const common = overlap(one, other);
        const inBoth = milliseconds([one]).filter((ms) => milliseconds([other]).includes(ms));
        assert.deepEqual(milliseconds(common === undefined ? [] : [common]), inBoth);
      }),
    );
  });

  it('touch days: from the first millisecond to the last', () => {
    const day = spanOfDay('2026-08-01');
    assert.deepEqual(day, { from: Date.UTC(2026, 7, 1), to: Date.UTC(2026, 7, 2) });
    assert.deepEqual(datesOf(day), ['2026-08-01']);
    assert.deepEqual(datesOf({ from: day.from - 1, to: day.to + 1 }), [
      '2026-07-31',
      '2026-08-01',
      '2026-08-02',
    ]);
    assert.deepEqual(datesOf({ from: day.from, to: day.from }), []);
    assert.deepEqual(datesOf({ from: day.to, to: day.from }), []);
  });
});
