/** The executor of plans with a source and a store in memory: what is asked of whom, what follows a failure, what is told of each range. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backfillWithCache } from '../../../../connector/history/run/iterate-trades.ts';
import { type DayOutcome, exitCodeOf } from '../../../../connector/history/run/outcome.ts';
import { type RunPorts, runDays } from '../../../../connector/history/run/run-days.ts';
import { spanOfDay } from '../../../../connector/history/store/spans.ts';
import { DAY_MS, dayStart } from '../../../../shared/day-totals.ts';
import { unixMs } from '../../../../shared/time.ts';
import { type FakeWorld, fakeWorld, noon } from './fakes.ts';

const instrument = { category: 'linear', symbol: 'BTCUSDT' } as const;
const hour = 3_600_000;

function fetch(
  world: FakeWorld,
  from: string,
  to: string,
  more: Partial<RunPorts> = {},
): Promise<readonly DayOutcome[]> {
  const wish = { instrument, from: unixMs(dayStart(from)), to: unixMs(dayStart(to) + DAY_MS) };
  return runDays([wish], { ...world.ports, jobs: 1, ...more });
}

/** `from-to source exactness`, in hours of the day. */
function told(days: readonly DayOutcome[]): readonly string[] {
  return days.flatMap(({ ranges, date }) =>
    ranges.map(({ from, to, source, exactness, failure }) => {
      const [begin, end] = [from, to].map((at) => (at - dayStart(date)) / hour);
      return `${date.slice(-2)} ${begin}-${end} ${source} ${exactness}${failure === undefined ? '' : ` ${failure.code}`}`;
    }),
  );
}

describe('a day', () => {
  it('is fetched once, and found the next time', async () => {
    const world = fakeWorld();
    assert.deepEqual(told(await fetch(world, '2026-08-06', '2026-08-06')), ['06 0-24 archive exact']);
    assert.deepEqual(world.asked, ['archive 2026-08-06', 'import 2026-08-06', 'drop 2026-08-06']);
    world.asked.length = 0;
    assert.deepEqual(told(await fetch(world, '2026-08-06', '2026-08-06')), ['06 0-24 cache exact']);
    assert.deepEqual(world.asked, ['drop 2026-08-06'], 'a run that was killed may have left the file');
  });

  it('that the archive does not have is remembered, and candles stand in', async () => {
    const world = fakeWorld();
    world.archives.set('2026-08-07', [{ code: 'not_found', message: 'there is no such file' }]);
    const days = await fetch(world, '2026-08-07', '2026-08-07');
    assert.deepEqual(told(days), ['07 0-24 klines approximate']);
    assert.equal(days[0]?.ranges[0]?.reason, 'archive_not_published');
    assert.deepEqual(world.missing, [{ date: '2026-08-07', at: noon }]);
    assert.equal(exitCodeOf(days), 0);
    world.asked.length = 0;
    assert.deepEqual(told(await fetch(world, '2026-08-07', '2026-08-07')), ['07 0-24 cache approximate']);
    assert.deepEqual(world.asked, [], 'nobody is asked again before it makes sense');
  });

  it('is taken from the recording first, and the archive fills the rest and has the last word', async () => {
    const world = fakeWorld();
    const spans = [{ from: dayStart('2026-08-06') + 2 * hour, to: dayStart('2026-08-06') + 5 * hour }];
    world.recordings.set('2026-08-06', { files: ['f'], spans, gaps: [], missed: [] });
    assert.deepEqual(told(await fetch(world, '2026-08-06', '2026-08-06')), ['06 0-24 archive exact']);
    assert.deepEqual(world.asked.slice(0, 2), ['append recording 2026-08-06', 'archive 2026-08-06']);
  });

  it('is made anew when the recorder took something back', async () => {
    const world = fakeWorld();
    const at = dayStart('2026-08-08');
    const file = { files: ['f'], gaps: [] };
    world.recordings.set('2026-08-08', { ...file, spans: [{ from: at, to: at + 6 * hour }], missed: [] });
    await fetch(world, '2026-08-08', '2026-08-08');
    const missed = [{ from: at + hour, to: at + 2 * hour }];
    const spans = [
      { from: at, to: at + hour },
      { from: at + 2 * hour, to: at + 6 * hour },
    ];
    world.recordings.set('2026-08-08', { ...file, spans, missed });
    const days = await fetch(world, '2026-08-08', '2026-08-08');
    assert.deepEqual(told(days).slice(0, 3), [
      '08 0-1 recording exact',
      '08 1-2 klines approximate',
      '08 2-6 recording exact',
    ]);
  });

  it('that cannot be made anew does not claim what was taken back, nor in a dry run', async () => {
    const at = dayStart('2026-08-06');
    const file = { files: ['f'], gaps: [] };
    const missed = [{ from: at + hour, to: at + 2 * hour }];
    const begun = (options: { readonly dry?: boolean } = {}): FakeWorld => {
      const world = fakeWorld({ klines: false, ...options });
      world.hasArchive = false;
      world.days.set('2026-08-06', { trades: [spanOfDay('2026-08-06')], isArchive: false, candles: [] });
      world.recordings.set('2026-08-06', { ...file, spans: [], missed });
      return world;
    };
    const busy = { source: 'archive', code: 'store_busy', message: 'written by process 7' } as const;
    const hold: RunPorts['hold'] = () => Promise.resolve({ kind: 'busy', failure: busy });
    const held = begun();
    assert.deepEqual(told(await fetch(held, '2026-08-06', '2026-08-06', { hold })), [
      '06 0-1 cache exact',
      '06 1-2 none absent store_busy',
      '06 2-24 cache exact',
    ]);
    assert.deepEqual(held.asked, [], 'whoever has the symbol takes it back');

    const refused = begun();
    refused.retraction = { code: 'write_failed', message: 'the folder cannot be written' };
    assert.deepEqual(told(await fetch(refused, '2026-08-06', '2026-08-06')), [
      '06 0-1 cache exact',
      '06 1-2 none absent write_failed',
      '06 2-24 cache exact',
    ]);
    assert.deepEqual(refused.asked, ['retract 2026-08-06']);

    const dry = begun({ dry: true });
    assert.equal(told(await fetch(dry, '2026-08-06', '2026-08-06'))[1], '06 1-2 none absent');
    assert.deepEqual(dry.asked, []);

    const archived = begun({ dry: true });
    archived.days.set('2026-08-06', { trades: [spanOfDay('2026-08-06')], isArchive: true, candles: [] });
    assert.deepEqual(told(await fetch(archived, '2026-08-06', '2026-08-06')), ['06 0-24 cache exact']);
  });

  it('of today: the newest trades are exact, candles stand in up to them, and what has not happened is not asked for', async () => {
    const world = fakeWorld();
    const spans = [{ from: noon - 0.5 * hour, to: noon }];
    world.recent = { ok: true, value: { files: ['r'], spans, gaps: [], missed: [] } };
    const days = await fetch(world, '2026-08-08', '2026-08-08');
    assert.deepEqual(told(days), [
      '08 0-11.5 klines approximate',
      '08 11.5-12 recent exact',
      '08 12-24 none absent',
    ]);
    assert.equal(days[0]?.ranges[2]?.reason, 'not_yet');
    assert.ok(!world.asked.includes('archive 2026-08-08'));
    assert.equal(exitCodeOf(days), 0);
  });

  it('without candles is absent where there are no trades, and says when to ask again', async () => {
    const world = fakeWorld({ klines: false });
    const [day] = await fetch(world, '2026-08-08', '2026-08-08');
    const [range] = day?.ranges ?? [];
    assert.deepEqual(
      [range?.exactness, range?.reason, range?.askAgainAt],
      ['absent', 'day_not_over', noon + 12 * hour],
    );
    assert.ok(!world.asked.includes('klines'));
    assert.equal(exitCodeOf(day === undefined ? [] : [day]), 75, 'nothing at all was had yet');
  });
});

describe('a source that fails', () => {
  const down = { code: 'unreachable', message: 'connect ECONNREFUSED' };

  it('costs its own day only; the range says what, why and that it can be had later', async () => {
    const world = fakeWorld({ klines: false });
    world.archives.set('2026-08-05', [down]);
    const days = await fetch(world, '2026-08-04', '2026-08-06');
    assert.deepEqual(told(days), [
      '04 0-24 archive exact',
      '05 0-24 none absent unreachable',
      '06 0-24 archive exact',
    ]);
    assert.equal(days[1]?.ranges[0]?.failure?.message, down.message);
    assert.equal(exitCodeOf(days), 75);
    assert.deepEqual(told(await fetch(world, '2026-08-04', '2026-08-06')).at(1), '05 0-24 archive exact');
  });

  it('is followed by the next best, and is told all the same', async () => {
    const world = fakeWorld();
    world.archives.set('2026-08-05', [down]);
    const days = await fetch(world, '2026-08-05', '2026-08-05');
    assert.deepEqual(told(days), ['05 0-24 klines approximate unreachable']);
    assert.equal(exitCodeOf(days), 75);
  });

  it('a damaged download is fetched once more, and then given up', async () => {
    const world = fakeWorld({ klines: false });
    const damaged = { code: 'gzip_damaged', message: 'cut off' };
    world.imports.set('2026-08-05', [damaged]);
    assert.deepEqual(told(await fetch(world, '2026-08-05', '2026-08-05')), ['05 0-24 archive exact']);
    assert.equal(world.asked.filter((one) => one === 'archive 2026-08-05').length, 2);
    world.imports.set('2026-08-04', [damaged, damaged, damaged]);
    const days = await fetch(world, '2026-08-04', '2026-08-04');
    assert.deepEqual(told(days), ['04 0-24 none absent gzip_damaged']);
    assert.equal(world.asked.filter((one) => one === 'archive 2026-08-04').length, 2);
  });

  it('a full disk keeps the download for the next time; a file that cannot be used is dropped, and no later call helps', async () => {
    const world = fakeWorld({ klines: false });
    world.imports.set('2026-08-05', [{ code: 'disk_full', message: 'no room' }]);
    assert.equal(exitCodeOf(await fetch(world, '2026-08-05', '2026-08-05')), 75);
    assert.ok(!world.asked.includes('drop 2026-08-05'));
    world.imports.set('2026-08-04', [{ code: 'symbol_wrong', message: 'it is of ETHUSDT' }]);
    assert.equal(exitCodeOf(await fetch(world, '2026-08-04', '2026-08-04')), 65);
    assert.ok(world.asked.includes('drop 2026-08-04'));
  });

  it('that shuts this address out is asked nothing more; what is left says why', async () => {
    const world = fakeWorld();
    world.archives.set('2026-08-03', [{ code: 'banned', message: 'shut out until 12:10' }]);
    const days = await fetch(world, '2026-08-03', '2026-08-06');
    assert.deepEqual(
      world.asked.filter((one) => one.startsWith('archive')),
      ['archive 2026-08-03'],
    );
    assert.deepEqual(
      told(days).slice(1),
      ['04', '05', '06'].map((day) => `${day} 0-24 none absent banned`),
    );
    assert.equal(exitCodeOf(days), 75);
  });
});

describe('many days', () => {
  it('are done so many at a time, and told in their order', async () => {
    const world = fakeWorld();
    const gates: (() => void)[] = [];
    world.onFetch = () => new Promise((resolve) => gates.push(resolve));
    const running = fetch(world, '2026-08-01', '2026-08-07', { jobs: 3 });
    // The last to begin is the first to end.
    for (let days = 0; days < 7; days += 1) {
      for (let turns = 0; turns < 100; turns += 1) await Promise.resolve();
      gates.pop()?.();
    }
    const days = await running;
    assert.equal(world.fetching.most, 3);
    assert.deepEqual(
      days.map(({ date }) => date),
      ['01', '02', '03', '04', '05', '06', '07'].map((day) => `2026-08-${day}`),
    );
  });

  it('that are stopped keep what is done; the rest says so, and the next call goes on', async () => {
    const world = fakeWorld();
    world.onFetch = (date) => {
      if (date === '2026-08-03') world.stop.abort();
      return Promise.resolve();
    };
    world.archives.set('2026-08-03', [{ code: 'cancelled', message: 'it was cancelled' }]);
    const days = await fetch(world, '2026-08-02', '2026-08-05');
    assert.deepEqual(told(days), [
      '02 0-24 archive exact',
      '03 0-24 none absent cancelled',
      '04 0-24 none absent cancelled',
      '05 0-24 none absent cancelled',
    ]);
  });

  it('are only planned in a dry run', async () => {
    const world = fakeWorld({ dry: true });
    assert.deepEqual(told(await fetch(world, '2026-08-06', '2026-08-06')), ['06 0-24 archive exact']);
    assert.deepEqual(world.asked, []);
  });

  it('of a symbol that another program fetches are told as busy; it is held once and given back', async () => {
    const world = fakeWorld({ klines: false });
    const failure = { source: 'archive', code: 'store_busy', message: 'written by process 7' } as const;
    const busy = await fetch(world, '2026-08-04', '2026-08-05', {
      hold: () => Promise.resolve({ kind: 'busy', failure }),
    });
    assert.deepEqual(told(busy), ['04 0-24 none absent store_busy', '05 0-24 none absent store_busy']);
    const held: string[] = [];
    const hold: RunPorts['hold'] = () => {
      held.push('held');
      return Promise.resolve({ kind: 'held', release: () => Promise.resolve(void held.push('released')) });
    };
    const wish = (from: string) => ({
      instrument,
      from: unixMs(dayStart(from)),
      to: unixMs(dayStart(from) + DAY_MS),
    });
    await runDays([wish('2026-08-01'), wish('2026-08-03')], { ...world.ports, jobs: 2, hold });
    assert.deepEqual(held, ['held', 'released']);
  });

  it('can be asked for by a program', async () => {
    const world = fakeWorld();
    const wish = {
      instrument,
      from: unixMs(dayStart('2026-08-04') + hour),
      to: unixMs(dayStart('2026-08-05') + hour),
    };
    assert.deepEqual(told(await backfillWithCache(wish, world.ports)), [
      '04 1-24 archive exact',
      '05 0-1 archive exact',
    ]);
  });
});
