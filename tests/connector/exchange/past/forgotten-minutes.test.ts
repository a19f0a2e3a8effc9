/** Candles of lived minutes that the live series has forgotten: the same as when they were young, or none where the log is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInArchive } from '../../../../connector/exchange/archive/archive.ts';
import { textOf } from '../../../../connector/exchange/archive/day-file.ts';
import { Harness } from '../harness.ts';

const BIRTH = Date.UTC(2026, 7, 1, 22, 58, 30, 123);
const DAY_MS = 86_400_000;

function rowsOf(harness: Harness, query: string): readonly string[][] {
  const json = harness.get(`/v5/market/kline?symbol=BTCUSDT&${query}&limit=1000`).json();
  return (json['result'] as { list: string[][] }).list;
}

const day = Date.UTC(2026, 7, 1);
const queries = ['1', '5', '60', '240', 'D'].map(
  (interval) => `interval=${interval}&start=${day}&end=${day + DAY_MS - 1}`,
);

test('a jump of days makes the live series forget; the candles of the lived day stay what they were', () => {
  const harness = new Harness({ historyTrades: 2000, startAt: BIRTH, seed: 'forget' });
  harness.pass(70_000);
  harness.control('POST', '/sim/clock', { to: new Date(day + DAY_MS + 60_000).toISOString() });
  harness.pass(2000);
  const young = queries.map((query) => rowsOf(harness, query));
  assert.deepEqual(
    young.map(({ length }) => length),
    [1000, 288, 24, 6, 1],
  );
  harness.control('POST', '/sim/clock', { advance_ms: 3 * DAY_MS });
  harness.pass(2000);
  const feed = harness.exchange.feed('linear', 'BTCUSDT');
  assert.ok((feed?.statistics.candles.firstStart ?? 0) > BIRTH + 3 * DAY_MS, 'the live series has forgotten');
  for (const [index, query] of queries.entries()) assert.deepEqual(rowsOf(harness, query), young[index]);
});

test('days that were jumped over have flat candles at the last price, and a file without trades', () => {
  const harness = new Harness({ historyTrades: 100, startAt: BIRTH, seed: 'flat' });
  harness.pass(5000);
  harness.control('POST', '/sim/flow', { paused: true });
  harness.control('POST', '/sim/clock', { advance_ms: 4 * DAY_MS });
  const [flat] = rowsOf(harness, `interval=D&start=${day + 2 * DAY_MS}&end=${day + 2 * DAY_MS}`);
  const last = rowsOf(harness, `interval=D&start=${day}&end=${day}`)[0]?.[4];
  assert.deepEqual(flat?.slice(1), [last, last, last, last, '0', '0']);
  const feed = harness.exchange.feed('linear', 'BTCUSDT');
  assert.ok(feed);
  const text = [...textOf({ feed, day: day + 2 * DAY_MS, defect: undefined })].join('');
  assert.match(text, /^timestamp,[^\n]*\n$/);
});

test('a lived day that was let go has no candles and no file, and is counted', () => {
  const harness = new Harness({ historyTrades: 100, startAt: BIRTH, seed: 'lost', logBytes: 1000 });
  harness.pass(20_000);
  harness.control('POST', '/sim/clock', { advance_ms: 4 * DAY_MS });
  harness.pass(1000);
  const lived = `interval=1&start=${BIRTH + 60_000}&end=${day + DAY_MS - 1}`;
  assert.deepEqual(rowsOf(harness, lived), []);
  assert.deepEqual(rowsOf(harness, queries.at(-1) ?? ''), [], 'nor the day, of which a part was made up');
  const path = '/trading/BTCUSDT/BTCUSDT2026-08-01.csv.gz';
  const found = findInArchive(harness.exchange, path, undefined, harness.exchange.ownTime(harness.now));
  assert.equal(found.kind === 'text' && found.answer.status, 404);
  const { history } = harness.control('GET', '/sim/stats').json as { history: { lost_days: number } };
  assert.ok(history.lost_days >= 1);
});
