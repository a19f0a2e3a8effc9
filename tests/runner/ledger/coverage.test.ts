import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StoredGap, StoredSpan } from '../../../runner/ledger/changes.ts';
import { coverageOf } from '../../../runner/ledger/coverage.ts';
import { candleEnd, unseenOf } from '../../../runner/ledger/unseen.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap } from '../intake/events.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 6, 5);
const HOUR = 3_600_000;
const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };

/** Hours from the start of the day. */
function span(from: number, until: number | null, topic = trades): StoredSpan {
  return {
    topic,
    since: unixMs(START + from * HOUR),
    until: until === null ? null : unixMs(START + until * HOUR),
  };
}

let ids = 0;
function hole(from: number, to: number | null, more: Partial<GapEvent> = {}, changed = 0): StoredGap {
  const bound = (hours: number | null) =>
    hours === null ? null : { id: 'x', timestamp: START + hours * HOUR };
  ids += 1;
  return {
    run: 'n',
    gap: gap({ gap_id: `g${ids}`, from: bound(from), to: bound(to), ...more }),
    changedAt: unixMs(START + changed * HOUR),
  };
}

function percents(spans: readonly StoredSpan[], gaps: readonly StoredGap[], nowHours = 48) {
  const { topics, total } = coverageOf(
    { spans, gaps: gaps.map(unseenOf) },
    START,
    START + DAY,
    START + nowHours * HOUR,
  );
  return [...topics, total].map(({ followedMs, livePercent, percent }) => [
    followedMs / HOUR,
    livePercent,
    percent,
  ]);
}

test('a day that was followed and had no gap is covered wholly; one that was not followed has no percentage', () => {
  assert.deepEqual(percents([span(-5, null)], []), [
    [24, 100, 100],
    [24, 100, 100],
  ]);
  assert.deepEqual(percents([], [hole(1, 2)]), [[0, null, null]]);
  assert.deepEqual(percents([span(30, null)], []), [[0, null, null]]);
});

test('each missing moment counts once, however many gaps hold it, and only while the topic was followed', () => {
  const gaps = [hole(2, 8), hole(4, 6), hole(6, 9), hole(-3, 1), hole(22, 30)];
  assert.deepEqual(percents([span(0, 24)], gaps)[0], [24, (100 * 14) / 24, (100 * 14) / 24]);
  assert.deepEqual(percents([span(6, 12), span(20, null)], gaps)[0], [10, 50, 50]);
});

test('an open gap without an end reaches until now, and the day ends at now', () => {
  assert.deepEqual(percents([span(0, null)], [hole(9, null)], 12)[0], [12, 75, 75]);
  assert.deepEqual(percents([span(0, null)], [hole(9, null)], 36)[0], [24, 37.5, 37.5]);
});

test('what was healed is covered but was not live; what only a snapshot healed is neither', () => {
  const gaps = [
    hole(0, 6, { state: 'healed', healed_by: 'recent_trades' }),
    hole(6, 12, { state: 'healed', healed_by: 'snapshot' }),
    hole(12, 13, { state: 'lost' }),
    hole(11, 12, { state: 'healed', healed_by: 'archive' }),
  ];
  assert.deepEqual(percents([span(0, null)], gaps)[0], [24, (100 * 11) / 24, (100 * 17) / 24]);
});

test('a gap that ended without an event after it lasts until it was closed', () => {
  const given = hole(6, null, { state: 'lost' }, 12);
  const healed = hole(12, null, { state: 'healed', healed_by: 'recent_trades' }, 18);
  assert.deepEqual(percents([span(0, null)], [given, healed])[0], [24, 50, 75]);
});

test('the total weighs each topic by the time that it was followed', () => {
  const gaps = [hole(0, 12), hole(0, 6, { channel: 'depth', depth: 50 })];
  assert.deepEqual(percents([span(0, null), span(0, 6, book)], gaps), [
    [6, 0, 0],
    [24, 50, 50],
    [30, 40, 40],
  ]);
});

test('any intervals give what counting each hour gives', () => {
  const interval = fc.tuple(fc.integer({ min: -5, max: 30 }), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 8 }),
      fc.array(interval, { maxLength: 12 }),
      (follows, holes) => {
        const spans = follows.map(([from, hours]) => span(from, from + hours));
        const gaps = holes.map(([from, hours]) => hole(from, from + hours));
        const inside = (list: readonly (readonly [number, number])[], hour: number): boolean =>
          list.some(([from, hours]) => hour >= from && hour < from + hours);
        const hours = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => inside(follows, hour));
        const seen = hours.filter((hour) => !inside(holes, hour));
        const { total } = coverageOf(
          { spans, gaps: gaps.map(unseenOf) },
          START,
          START + DAY,
          START + 2 * DAY,
        );
        assert.equal(total.followedMs, hours.length * HOUR);
        if (hours.length > 0)
          assert.ok(Math.abs((total.percent ?? Number.NaN) - (100 * seen.length) / hours.length) < 1e-9);
      },
    ),
  );
});

test('of candles the missing ones are not covered, however far apart their starts are', () => {
  const hourly: Topic = { channel: 'kline', ...bitcoin, interval: '60' };
  const missing = hole(9, 11, { ...hourly });
  assert.deepEqual(percents([span(0, null, hourly)], [missing])[0], [24, (100 * 23) / 24, (100 * 23) / 24]);
  const daily: Topic = { channel: 'kline', ...bitcoin, interval: 'D' };
  assert.deepEqual(percents([span(-72, null, daily)], [hole(-48, 0, { ...daily })])[0], [24, 100, 100]);
  assert.deepEqual(
    [candleEnd(Date.UTC(2026, 0, 1), 'M'), candleEnd(START, 'W'), candleEnd(START, '3')],
    [Date.UTC(2026, 1, 1), START + 7 * DAY, START + 180_000],
  );
});

test('where it is known how long the line could not see, that counts, not how far apart its trades are', () => {
  const known = (gap: StoredGap, from: number, until: number | null): StoredGap => ({
    ...gap,
    unseen: {
      from: unixMs(START + from * HOUR),
      until: until === null ? null : unixMs(START + until * HOUR),
    },
  });
  assert.deepEqual(percents([span(0, null)], [known(hole(0, 6), 2, 3)])[0], [
    24,
    (100 * 23) / 24,
    (100 * 23) / 24,
  ]);
  assert.deepEqual(percents([span(0, null)], [known(hole(0, null), 18, null)])[0], [24, 75, 75]);
  assert.deepEqual(percents([span(0, null)], [known(hole(0, null), 18, 19)])[0], [
    24,
    (100 * 23) / 24,
    (100 * 23) / 24,
  ]);
  assert.deepEqual(percents([span(0, null)], [known(hole(0, 6, {}, 12), 6, null)])[0], [24, 75, 75]);
});
