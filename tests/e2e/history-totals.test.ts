/**
 * What a history child answers to the runner: it is joined by the runner's own classes, from a recording with a hole and candles around it,
 * and from the archive when that has the day.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { openHistory } from '../../connector/history/run/io/open-history.ts';
import { iterateTrades } from '../../connector/history/run/iterate-trades.ts';
import type { TradeRow } from '../../connector/history/store/verification.ts';
import { InstrumentDays } from '../../runner/context/day/instrument-days.ts';
import { DAY_MS, dayStart } from '../../shared/day-totals.ts';
import {
  type DayTotalsEvent,
  type HistoryEvent,
  historyEventSchema,
} from '../../shared/events/history-events.ts';
import { ExactSum } from '../../shared/exact/exact-sum.ts';
import {
  changeFlow,
  cleanEnv,
  type Exchange,
  type Program,
  startExchange,
  startProgram,
  temporaryFolder,
} from '../helpers/processes.ts';
import { spanLine } from '../helpers/recordings.ts';

const yesterday = '2026-08-07';
const today = '2026-08-08';
const instrument = { category: 'linear', symbol: 'BTCUSDT' } as const;
const midnight = dayStart(yesterday);
/** What was recorded of yesterday: two spans that begin and end within minutes. */
const recorded = [
  { from: midnight + 10_123, to: midnight + 6 * 3_600_000 + 30_567 },
  { from: midnight + 7 * 3_600_000 + 45_001, to: midnight + 12 * 3_600_000 },
];

let exchange: Exchange;
let truth: readonly TradeRow[];
/** Its twin, a day later: what all trades of yesterday are. */
before(async () => {
  const options = ['--history-trades', '20000'];
  const late = await startExchange('--seed', 'totals', ...options, '--clock', '2026-08-09T14:00:00Z');
  const history = await openHistory({
    environment: 'simulated',
    root: temporaryFolder(),
    env: cleanEnv({ BYBIT_REST_BASE_URL: late.url }),
  });
  const { backfillWithCache } = await import('../../connector/history/run/iterate-trades.ts');
  const { unixMs } = await import('../../shared/time.ts');
  const [from, to] = [unixMs(midnight), unixMs(midnight + DAY_MS)];
  const days = await backfillWithCache({ instrument, from, to }, history.ports);
  assert.deepEqual(
    days.flatMap(({ ranges }) => ranges.map(({ source, exactness }) => `${source} ${exactness}`)),
    ['archive exact'],
  );
  const rows: TradeRow[] = [];
  for await (const row of iterateTrades({ ...history, instrument, from, to })) rows.push(row);
  await history.close();
  await late.stop();
  truth = rows;
  exchange = await startExchange('--seed', 'totals', ...options, '--clock', '2026-08-08T02:00:50Z');
  // Otherwise it depends on how fast we are how far the list of the newest trades goes.
  await changeFlow(exchange, { paused: true });
});

function child(root: string, dataDir: string): Program {
  return startProgram(['connector/main.ts', 'history', '--environment', 'simulated', '--day-totals'], {
    BYBIT_REST_BASE_URL: exchange.url,
    BACKFILL_CACHE_DIR: root,
    DATA_DIR: dataDir,
  });
}

async function answers(program: Program, request: object): Promise<readonly HistoryEvent[]> {
  program.child.stdin?.write(`${JSON.stringify(request)}\n`);
  const code = await program.ended;
  assert.equal(code, 0, `${program.stderr.join('\n')}\n${program.stdout.slice(-3).join('\n')}`);
  return program.stdout.map((line) => historyEventSchema.parse(JSON.parse(line)));
}

/** As the runner records it. */
function record(dataDir: string, rows: readonly TradeRow[]): void {
  const folder = path.join(dataDir, 'recording/simulated/linear/BTCUSDT');
  mkdirSync(folder, { recursive: true });
  const seen = rows.filter(({ timestamp: at }) => recorded.some(({ from, to }) => at >= from && at < to));
  const line = ({ timestamp, seq, id, price, qty, side }: TradeRow): string =>
    `${JSON.stringify({ timestamp, seq, id, price, qty, side })}\n`;
  writeFileSync(path.join(folder, `${yesterday}.jsonl`), seen.map(line).join(''));
  writeFileSync(path.join(folder, `${yesterday}.spans.jsonl`), recorded.map(spanLine).join(''));
}

/** Feeds a day as the runner does. Answers what was refused. */
function join(days: InstrumentDays, events: readonly HistoryEvent[]): readonly string[] {
  const refused: string[] = [];
  const parts: DayTotalsEvent[] = [];
  for (const event of events) {
    if (event.type === 'day_totals') {
      parts.push(event);
      if (event.part < event.parts) continue;
      const bins = parts.flatMap(({ totals }) => totals.bins);
      const { spans, edges, totals } = event;
      const refusal = days.join({ totals: { ...totals, bins }, spans, edges });
      if (refusal !== undefined) refused.push(refusal);
      parts.length = 0;
    }
    if (event.type === 'kline') {
      const date = new Date(event.start).toISOString().slice(0, 10);
      if (days.joinKlines(date, [event]) > 0) refused.push(`kline ${event.start}`);
    }
  }
  return refused;
}

function volumeOf(rows: readonly TradeRow[]): string {
  const sum = new ExactSum();
  for (const { qty } of rows) sum.add(qty);
  return sum.toText();
}

describe('the sums of a day', () => {
  const root = temporaryFolder();
  const dataDir = temporaryFolder();

  it('come from the recording, with candles for exactly the rest, until the archive has the day', async () => {
    record(dataDir, truth);
    const until = dayStart(today) + 2 * 3_600_000 + 53_000;
    const request = {
      request: 'day_totals',
      instruments: [{ ...instrument, bin_size: '0.1', days: [{ date: yesterday }, { date: today, until }] }],
    };
    const program = child(root, dataDir);
    const told = await answers(program, request);
    const days = new InstrumentDays(instrument, until + 120_000, { profileTickSize: '0.1' });
    assert.deepEqual(join(days, told), []);
    const { previous, today: now } = days.figures();
    assert.deepEqual(
      previous.coverage.map(({ source }) => source),
      ['klines', 'trades', 'klines', 'trades', 'klines'],
    );
    // Volume and notional of candles are exact, and so are they of what is left of a minute.
    const sums = new InstrumentDays(instrument, until + 120_000, { profileTickSize: '0.1' });
    for (const row of truth) sums.add(row, until);
    assert.deepEqual(previous.vwap.value, sums.figures().previous.vwap.value);
    assert.equal(previous.high.value, sums.figures().previous.high.value);
    assert.equal(now.coverage[0]?.source, 'klines');
    const ranges = told.flatMap((event) => (event.type === 'history_range' ? [event] : []));
    assert.deepEqual(
      ranges
        .filter(({ date }) => date === yesterday)
        .map(({ source, exactness }) => `${source} ${exactness}`),
      [
        'klines approximate',
        'recording exact',
        'klines approximate',
        'recording exact',
        'klines approximate',
      ],
    );
    assert.deepEqual(
      ranges
        .filter(({ date, exactness }) => date === today && exactness !== 'absent')
        .map(({ source, exactness }) => `${source} ${exactness}`),
      ['klines approximate', 'recent exact'],
    );
    // The minute in which the feed began was not over: its candle is told last.
    const minutes = told.flatMap((event) => (event.type === 'kline' ? [event.start] : []));
    assert.equal(minutes.at(-1), until - 53_000);
  });

  it('are exact when the archive has the day, and say how the recording compares', async () => {
    await fetch(`${exchange.url}/sim/clock`, {
      method: 'POST',
      body: JSON.stringify({ advance_ms: 4 * 3_600_000 }),
    });
    const request = {
      request: 'day_totals',
      instruments: [{ ...instrument, bin_size: '0.1', days: [{ date: yesterday }] }],
    };
    const told = await answers(child(root, dataDir), request);
    const [range, ...more] = told.flatMap((event) => (event.type === 'history_range' ? [event] : []));
    assert.deepEqual(more, []);
    assert.deepEqual([range?.exactness, range?.is_archive, range?.to], ['exact', true, midnight + DAY_MS]);
    const totals = told.flatMap((event) => (event.type === 'day_totals' ? [event] : []));
    assert.equal(totals[0]?.totals.volume, volumeOf(truth));
    assert.equal(totals[0]?.totals.trades, truth.length);
    assert.deepEqual(
      told.filter(({ type }) => type === 'kline'),
      [],
    );
    const [verified] = told.flatMap((event) => (event.type === 'verification' ? [event] : []));
    assert.deepEqual([verified?.percentage, verified?.missing, verified?.extra], [100, 0, 0]);
  });

  it('are not told of minutes that the feed missed: their candles are, also of a day that began before', async () => {
    const at = dayStart(today) + 3 * 3_600_000;
    const candles = [{ from: at, to: at + 120_000 }];
    const days = [{ date: today, until: dayStart(yesterday) + 5, candles }];
    const request = { request: 'day_totals', instruments: [{ ...instrument, bin_size: '0.1', days }] };
    const told = await answers(child(root, dataDir), request);
    assert.deepEqual(
      told.flatMap((event) => (event.type === 'kline' ? [event.start - at] : [])),
      [0, 60_000],
    );
    assert.deepEqual(
      told.flatMap((event) => (event.type === 'history_day' ? [[event.date, event.retryable]] : [])),
      [[today, false]],
    );
    assert.ok(!told.some(({ type }) => type === 'day_totals'));
  });

  it('go with days that are older than is wanted', async () => {
    const stored = path.join(root, 'simulated/linear/BTCUSDT');
    const ofYesterday = () => readdirSync(stored).filter((name) => name.includes(yesterday));
    assert.ok(ofYesterday().length > 2, 'trades, their manifest, a comparison');
    const days = [{ date: today, until: dayStart(today) + 60_000 }];
    const request = { request: 'day_totals', instruments: [{ ...instrument, bin_size: '0.1', days }] };
    await answers(child(root, dataDir), { ...request, keep_from: yesterday });
    assert.ok(ofYesterday().length > 2);
    await answers(child(root, dataDir), { ...request, keep_from: today });
    assert.deepEqual(ofYesterday(), []);
  });

  it('of a wish that cannot be read are refused with what is wrong', async () => {
    for (const [line, problem] of [
      [
        '{"request":"day_totals","instruments":[{"category":"linear","symbol":"BTCUSDT","bin_size":"0","days":[]}]}',
        /bin_size/,
      ],
      ['nonsense', /cannot be read/],
    ] as const) {
      const program = child(root, dataDir);
      program.child.stdin?.end(`${line}\n`);
      assert.equal(await program.ended, 64);
      assert.match(program.stdout.join('\n'), problem);
    }
    const program = child(root, dataDir);
    program.child.stdin?.end();
    assert.equal(await program.ended, 64);
    assert.match(program.stdout.join('\n'), /no request came/);
  });
});
