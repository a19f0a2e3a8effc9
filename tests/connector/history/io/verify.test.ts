/** A recording held against an archive: counts as a plain comparison of lists has them, for contracts and for spot. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Span } from '../../../../connector/history/store/spans.ts';
import { percentageOf, type TradeRow } from '../../../../connector/history/store/verification.ts';
import { cacheWorld, linearKey, midnight, parquetOf } from './cache-world.ts';
import { linesOf, recorded } from './lines.ts';

const recordingKey = { ...linearKey, symbol: 'RECORDED' };
const archiveKey = { ...linearKey, symbol: 'ARCHIVED' };

type Counts = {
  readonly expected: number;
  readonly matched: number;
  readonly missing: number;
  readonly extra: number;
};

/** Takes for each row of the archive one of the recording that is the same, if any is left. */
function naive(
  archive: readonly TradeRow[],
  recording: readonly TradeRow[],
  spans: readonly Span[],
  byId: boolean,
): Counts {
  const keyOf = ({ id, timestamp, price, qty, side }: TradeRow): string =>
    byId ? id : [timestamp, price, qty, side].join(' ');
  const left = new Map<string, number>();
  for (const row of recording) left.set(keyOf(row), (left.get(keyOf(row)) ?? 0) + 1);
  const counts = { expected: 0, matched: 0, missing: 0, extra: recording.length };
  for (const row of archive) {
    const isExpected = spans.some(({ from, to }) => row.timestamp >= from && row.timestamp < to);
    const count = left.get(keyOf(row)) ?? 0;
    left.set(keyOf(row), count - 1);
    if (isExpected) counts.expected += 1;
    if (count > 0) {
      counts.matched += 1;
      counts.extra -= 1;
    } else if (isExpected) counts.missing += 1;
  }
  return counts;
}

describe('a recording and an archive', () => {
  const world = cacheWorld({ after });
  const trade = fc.record({
    at: fc.nat({ max: 3 }),
    price: fc.constantFrom(0.1, 0.3),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    where: fc.constantFrom('both', 'both', 'both', 'archive', 'recording'),
  });
  const spans = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })), { maxLength: 2 });

  for (const category of ['linear', 'spot'] as const)
    it(`of ${category} are matched one to one, of what was covered`, async () => {
      const byId = category === 'linear';
      await fc.assert(
        fc.asyncProperty(fc.array(trade, { maxLength: 25, size: 'max' }), spans, async (made, covered) => {
          const rows = made.map(({ at, where, ...row }, index) => ({
            where,
            row: recorded(at, { ...row, id: `t${index}` }),
          }));
          const side = (not: string) => rows.filter(({ where }) => where !== not).map(({ row }) => row);
          // Ids of spot archives count the rows of the file.
          const archive = side('recording').map((row, index) =>
            byId ? row : { ...row, id: `${index + 1}` },
          );
          const recording = side('archive');
          for (const [key, list] of [
            [recordingKey, recording],
            [archiveKey, archive],
          ] as const) {
            assert.ok((await world.store.clear(key)).ok);
            assert.ok((await world.store.appendLines(linesOf(world, [list], { key }))).ok);
          }
          const during = covered.map(([from, to]) => ({ from: midnight + from, to: midnight + to }));
          const found = await world.store.verify(
            { file: parquetOf(world.root, recordingKey), spans: during },
            { file: parquetOf(world.root, archiveKey), category },
            3,
          );
          assert.ok(found.ok, JSON.stringify(found));
          const { expected, matched, missing, extra } = found.value;
          const counts = naive(archive, recording, during, byId);
          assert.deepEqual({ expected, matched, missing, extra }, counts);
          assert.equal(found.value.different, 0);
          assert.deepEqual([found.value.recorded, found.value.archived], [recording.length, archive.length]);
          assert.equal(found.value.percentage, percentageOf(counts.expected, counts.missing));
          assert.deepEqual(
            [found.value.missing_rows.length, found.value.extra_rows.length],
            [Math.min(3, missing), Math.min(3, extra)],
          );
          for (const row of found.value.extra_rows) assert.ok(recording.some(({ id }) => id === row.id));
        }),
        { numRuns: process.env['PROVE'] === undefined ? 6 : 200 },
      );
    });
});
