/** The plan over the sources: cases in words, then random knowledge against a judge that looks at one moment at a time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type PlanInput,
  type PlannedRange,
  planHistory,
  planTotals,
  reasonWords,
} from '../../../../connector/history/plan/plan.ts';
import { dayOf } from '../../../../connector/history/plan/spans.ts';
import type { Span } from '../../../../connector/history/store/spans.ts';
import { historyPolicy } from '../../../../shared/history-policy.ts';
import { environments } from '../../../../shared/market.ts';
import { unixMs } from '../../../../shared/time.ts';

const policy = historyPolicy().plan;
const hour = 3_600_000;
const dayMs = 24 * hour;
/** Midnight before the first day of the cases. */
const first = Date.UTC(2026, 7, 10);
const at = (day: number, hours = 0) => unixMs(first + day * dayMs + hours * hour);
const span = (from: number, to: number): Span => ({ from: unixMs(from), to: unixMs(to) });

function input(changed: Partial<PlanInput>): PlanInput {
  return {
    environment: 'mainnet',
    instrument: { category: 'linear', symbol: 'BTCUSDT' },
    from: at(0),
    to: at(1),
    now: at(5),
    cached: [],
    recorded: [],
    recent: undefined,
    hasArchive: true,
    archiveBegan: at(-1_000),
    missingDays: [],
    klines: true,
    ...changed,
  };
}

const plan = (changed: Partial<PlanInput>) => planHistory(input(changed), policy);
const brief = (ranges: readonly PlannedRange[]) =>
  ranges.map(
    ({ from, to, source, exactness, reason }) =>
      `${(from - first) / hour}-${(to - first) / hour} ${source} ${exactness} ${reason}`,
  );
const stepsOf = (ranges: readonly PlannedRange[]) => ranges.flatMap(({ steps }) => steps);

describe('a finished day', () => {
  it('comes from the archive, and from the cache once it is there', () => {
    const ranges = plan({});
    assert.deepEqual(brief(ranges), ['0-24 archive exact archived']);
    assert.deepEqual(stepsOf(ranges), [
      { kind: 'fetch_archive', date: '2026-08-10' },
      { kind: 'read_cache', date: '2026-08-10', of: 'trades' },
    ]);
    assert.deepEqual(brief(plan({ cached: [span(at(0), at(1))] })), ['0-24 cache exact cached']);
  });

  it('comes from our own recording before it is fetched', () => {
    assert.deepEqual(brief(plan({ recorded: [span(at(0, 3), at(0, 20))] })), [
      '0-3 archive exact archived',
      '3-20 recording exact recorded',
      '20-24 archive exact archived',
    ]);
  });

  it('is told from candles when the archive began later, and is absent where candles are not allowed', () => {
    assert.deepEqual(brief(plan({ archiveBegan: at(1) })), ['0-24 klines approximate before_archive']);
    assert.deepEqual(brief(plan({ archiveBegan: at(1), klines: false })), [
      '0-24 none absent before_archive',
    ]);
  });
});

describe('a 404 of the archive', () => {
  const missing = (atHours: number) => ({ missingDays: [{ date: '2026-08-10', at: at(1, atHours) }] });
  const reason = (changed: Partial<PlanInput>) => {
    const [range] = plan(changed);
    const again = range?.askAgainAt;
    return `${range?.source} ${range?.reason} ${again === undefined ? 'never' : (again - at(1)) / hour}`;
  };

  it('within three days of the end of its day means "not published yet", and is asked again an hour later', () => {
    assert.equal(reason({ now: at(1, 8.5), ...missing(8) }), 'klines archive_not_published 9');
    assert.equal(reason({ now: at(1, 9), ...missing(8) }), 'archive archived never');
    assert.equal(reason({ now: at(3, 23.9), ...missing(71.5) }), 'klines archive_not_published 72.5');
  });

  it('that was seen later means that there is none', () => {
    assert.equal(reason({ now: at(900), ...missing(72) }), 'klines archive_has_none never');
    assert.equal(reason({ now: at(900), klines: false, ...missing(72) }), 'none archive_has_none never');
  });

  it('that was seen early is not believed for ever: it is asked for once more after the three days', () => {
    assert.equal(reason({ now: at(900), ...missing(8) }), 'archive archived never');
  });

  it('counts by the latest of several, and not when it is of another day or of the future', () => {
    const days = [8, 2, 3].map((hours) => ({ date: '2026-08-10', at: at(1, hours) }));
    assert.equal(reason({ now: at(1, 8.5), missingDays: days }), 'klines archive_not_published 9');
    const other = [{ date: '2026-08-11', at: at(1, 8) }];
    assert.equal(reason({ now: at(1, 8.5), missingDays: other }), 'archive archived never');
    assert.equal(reason({ now: at(1, 7), ...missing(8) }), 'archive archived never');
  });
});

describe('today', () => {
  const today = { from: at(5), to: at(6), now: at(5, 14) };

  it('is candles, marked approximate, before the first recording; then the recording; then the newest trades', () => {
    const ranges = plan({
      ...today,
      recorded: [span(at(5, 10), at(5, 13))],
      recent: span(at(5, 13), at(5, 14)),
    });
    assert.deepEqual(brief(ranges), [
      '120-130 klines approximate day_not_over',
      '130-133 recording exact recorded',
      '133-134 recent exact newest_trades',
      '134-144 none absent not_yet',
    ]);
    assert.equal(ranges[0]?.askAgainAt, at(6));
  });

  it('is asked of no archive, not even when a file says that the future is known', () => {
    const ranges = plan({ ...today, cached: [span(at(5, 13), at(7))], klines: false });
    assert.deepEqual(brief(ranges), [
      '120-133 none absent day_not_over',
      '133-134 cache exact cached',
      '134-144 none absent not_yet',
    ]);
  });

  it('reads whole minutes of candles: those at the ends hold trades of the neighbours, too', () => {
    const ranges = plan({
      ...today,
      to: unixMs(today.now),
      recorded: [span(at(5) + 90_500, at(5, 14))],
    });
    assert.deepEqual(ranges[0]?.steps, [
      { kind: 'read_klines', interval: '1', date: '2026-08-15', from: at(5), to: at(5) + 120_000 },
    ]);
    assert.equal(ranges[0]?.to, at(5) + 90_500);
  });
});

describe('environments', () => {
  it('testnet never reads an archive: those files are of another market', () => {
    assert.deepEqual(brief(plan({ environment: 'testnet' })), ['0-24 klines approximate no_archive']);
  });

  it('demo, paper and the simulated exchange do, and none does without an address of its own market', () => {
    for (const environment of ['mainnet', 'demo', 'paper', 'simulated'] as const) {
      assert.deepEqual(brief(plan({ environment })), ['0-24 archive exact archived']);
      assert.deepEqual(brief(plan({ environment, hasArchive: false })), [
        '0-24 klines approximate no_archive',
      ]);
    }
  });
});

it('several days are several ranges, each with its own file; nothing is planned for an empty range', () => {
  const ranges = plan({ from: at(0, 12), to: at(2, 6) });
  assert.deepEqual(brief(ranges), [
    '12-24 archive exact archived',
    '24-48 archive exact archived',
    '48-54 archive exact archived',
  ]);
  assert.deepEqual(planTotals(ranges), { exactMs: 42 * hour, approximateMs: 0, absentMs: 0, archiveDays: 3 });
  assert.deepEqual(plan({ from: at(1), to: at(1) }), []);
  assert.throws(() => plan({ from: at(-4_000) }), /a plan of 4001 days; 3700 are the limit/);
});

const moment = fc.oneof(
  fc.integer({ min: first, max: first + 4 * dayMs }),
  fc.nat(4 * 24).map((hours) => first + hours * hour),
);
const spans = fc.array(
  fc.tuple(moment, moment).map(([one, other]) => span(Math.min(one, other), Math.max(one, other))),
  { maxLength: 6, size: 'max' },
);
const knowledge: fc.Arbitrary<PlanInput> = fc
  .record({
    environment: fc.constantFrom(...environments),
    ends: fc.tuple(moment, moment),
    now: moment,
    cached: spans,
    cachedKlines: spans,
    recorded: spans,
    recent: fc.option(spans, { nil: undefined }),
    hasArchive: fc.boolean(),
    archiveBegan: moment,
    missingDays: fc.array(fc.record({ day: fc.nat(3), at: moment }), { maxLength: 4 }),
    klines: fc.boolean(),
  })
  .map(({ ends, now, archiveBegan, missingDays, recent, ...rest }) =>
    input({
      ...rest,
      from: unixMs(Math.min(...ends)),
      to: unixMs(Math.max(...ends)),
      now: unixMs(now),
      archiveBegan: unixMs(archiveBegan),
      missingDays: missingDays.map((missing) => ({
        date: dayOf(first + missing.day * dayMs).date,
        at: unixMs(missing.at),
      })),
      recent: recent?.[0],
    }),
  );

/** What the task says of one moment, without any stretches. */
function judge(known: PlanInput, t: number): string {
  const within = (list: readonly Span[]) => list.some(({ from, to }) => from <= t && t < to);
  const day = dayOf(t);
  const seen = known.missingDays.filter((missing) => missing.date === day.date && missing.at <= known.now);
  const latest = Math.max(Number.NEGATIVE_INFINITY, ...seen.map((missing) => missing.at));
  const isMissing = latest >= day.to + 3 * dayMs || known.now < latest + hour;
  const hasFile =
    known.hasArchive &&
    known.environment !== 'testnet' &&
    day.to <= known.now &&
    known.archiveBegan < day.to &&
    !isMissing;
  if (t >= known.now) return 'none absent';
  if (within(known.cached)) return 'cache exact';
  if (within(known.recorded)) return 'recording exact';
  if (hasFile) return 'archive exact';
  if (known.recent !== undefined && within([known.recent])) return 'recent exact';
  if (within(known.cachedKlines ?? [])) return 'cache approximate';
  return known.klines ? 'klines approximate' : 'none absent';
}

const runs = { numRuns: 1_000 };

describe('whatever is known', () => {
  it('the ranges cover what was asked for, without a hole, an overlap or a day border inside', () => {
    fc.assert(
      fc.property(knowledge, (known) => {
        const ranges = planHistory(known, policy);
        let reached: number = known.from;
        for (const { from, to, reason } of ranges) {
          assert.equal(from, reached);
          assert.ok(to > from && to <= dayOf(from).to);
          assert.ok(reasonWords[reason].length > 0);
          reached = to;
        }
        assert.equal(reached, known.to);
      }),
      runs,
    );
  });

  it('each moment comes from the best source that has it', () => {
    fc.assert(
      fc.property(
        knowledge,
        fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true })),
        (known, places) => {
          const ranges = planHistory(known, policy);
          const moments = [
            ...places.map((place) => known.from + Math.floor(place * (known.to - known.from - 1))),
            ...ranges.flatMap(({ from, to }) => [from, to - 1]),
          ];
          for (const t of moments) {
            const range = ranges.find(({ from, to }) => from <= t && t < to);
            if (range === undefined) assert.equal(known.from, known.to);
            else assert.equal(`${range.source} ${range.exactness}`, judge(known, t));
          }
        },
      ),
      runs,
    );
  });

  it('the order and the cutting of what is known change nothing', () => {
    const cut = (list: readonly Span[]): readonly Span[] =>
      list
        .flatMap(({ from, to }) => {
          const middle = Math.floor((from + to) / 2);
          return [span(middle, to), span(from, middle), span(from, from)];
        })
        .toReversed();
    fc.assert(
      fc.property(knowledge, (known) => {
        const other = {
          ...known,
          cached: cut(known.cached),
          cachedKlines: cut(known.cachedKlines ?? []),
          recorded: cut(known.recorded),
          missingDays: known.missingDays.toReversed(),
        };
        assert.deepEqual(planHistory(other, policy), planHistory(known, policy));
      }),
      runs,
    );
  });

  it('a plan that was carried out is followed by one that reads the cache alone, and that one by itself', () => {
    fc.assert(
      fc.property(knowledge, (known) => {
        const before = planHistory(known, policy);
        const done = carriedOut(known, before);
        const after = planHistory(done, policy);
        assert.ok(after.every(({ source }) => source === 'cache' || source === 'none'));
        const steps = stepsOf(after).map(({ kind }) => kind);
        assert.ok(steps.every((kind) => kind === 'read_cache'));
        const { archiveDays: _, ...totals } = planTotals(before);
        assert.deepEqual(planTotals(after), { ...totals, archiveDays: 0 });
        assert.deepEqual(planHistory(carriedOut(done, after), policy), after);
      }),
      runs,
    );
  });
});

/** What is known when every step has succeeded. */
function carriedOut(known: PlanInput, ranges: readonly PlannedRange[]): PlanInput {
  const of = (...sources: readonly string[]) => ranges.filter(({ source }) => sources.includes(source));
  return {
    ...known,
    cached: [...known.cached, ...of('recording', 'recent'), ...of('archive').map(({ from }) => dayOf(from))],
    cachedKlines: [...(known.cachedKlines ?? []), ...of('klines')],
  };
}
