/** What a run tells people: the table at its end, and how far it is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DayOutcome, RangeOutcome } from '../../../../connector/history/run/outcome.ts';
import { bytesText, durationText, ProgressMeter } from '../../../../connector/history/run/progress.ts';
import { outcomeTable } from '../../../../connector/history/run/table.ts';
import { spanOfDay } from '../../../../connector/history/store/spans.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';

const of = { category: 'linear', symbol: 'BTCUSDT' } as const;

function day(date: string, more: Partial<RangeOutcome> = {}, rows: number | null = 1_000): DayOutcome {
  const range: RangeOutcome = {
    ...{ ...of, date, ...spanOfDay(date), source: 'archive', exactness: 'exact', reason: 'archived' },
    ...{ isArchive: true, askAgainAt: undefined, failure: undefined, ...more },
  };
  return {
    ...of,
    date,
    ranges: [range],
    rows: rows ?? undefined,
    bytes: 1,
    verification: undefined,
    failures: [],
  };
}

describe('the table', () => {
  it('has a line for days that fared alike, with their rows, and says why something is missing', () => {
    const failure = { source: 'archive', code: 'unreachable', message: 'connect ECONNREFUSED' } as const;
    const none = { source: 'none', exactness: 'absent', isArchive: false } as const;
    const { from } = spanOfDay('2026-08-04');
    const text = outcomeTable([
      day('2026-08-01'),
      day('2026-08-02'),
      day('2026-08-03', { ...none, reason: 'no_archive', failure }, null),
      day('2026-08-04', {
        ...none,
        to: from + 3_600_000,
        reason: 'day_not_over',
        askAgainAt: unixMs(from + 86_400_000),
      }),
    ]);
    assert.equal(
      text,
      [
        'instrument      from        to                    source   exactness   rows  what came of it',
        'linear:BTCUSDT  2026-08-01  2026-08-03            archive  exact      2,000  the archive has the file of that day',
        'linear:BTCUSDT  2026-08-03  2026-08-04            none     absent            failed: connect ECONNREFUSED',
        'linear:BTCUSDT  2026-08-04  2026-08-04T01:00:00Z  none     absent     1,000  the archive has a day only after its end, and nothing was recorded here; ask again from 2026-08-05 on',
        '',
      ].join('\n'),
    );
  });
});

describe('progress', () => {
  const key = { environment: 'simulated', ...of, date: '2026-08-01' } as const;

  it('counts days, and half a day for a file that has come; from that it says how long the rest takes', () => {
    const meter = new ProgressMeter(4, monoMs(1_000));
    assert.equal(meter.tell(monoMs(1_000), 0).etaMs, undefined);
    meter.day(day('2026-07-31'));
    meter.stage(key, 'download', { bytes: 500, total: 500 });
    const { daysDone, etaMs, rows, bytesPerSecond, now } = meter.tell(monoMs(4_000), 600);
    assert.deepEqual([daysDone, etaMs, rows, bytesPerSecond], [1, 5_000, 1_000, 200]);
    assert.deepEqual(now, ['linear:BTCUSDT 2026-08-01 download']);
    for (const date of ['2026-08-01', '2026-08-02', '2026-08-03']) meter.day(day(date));
    assert.deepEqual([meter.tell(monoMs(9_000), 600).etaMs, meter.tell(monoMs(9_000), 600).now], [0, []]);
  });

  it('is told in words that people use', () => {
    assert.deepEqual(
      [bytesText(0), bytesText(999), bytesText(1_500), bytesText(85_000_000)],
      ['0 B', '999 B', '1.5 kB', '85.0 MB'],
    );
    assert.deepEqual(
      [durationText(undefined), durationText(65_000), durationText(7_265_000)],
      ['-', '1:05', '2:01:05'],
    );
  });
});
