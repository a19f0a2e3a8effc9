/**
 * What history costs with us: an archive file becomes a stored day, that becomes levels in the classes of the runner, by the lines in which
 * they travel; and one minute is read. Arguments: the task, the folder of the cache, the archive file.
 */
import { HistoryStore } from '../../connector/history/io/history-store.ts';
import { rowsOf } from '../../connector/history/io/trade-rows.ts';
import { edgesOf } from '../../connector/history/run/io/edge-sums.ts';
import { totalsEvents } from '../../connector/history/run/totals-events.ts';
import { HistoryRun } from '../../runner/backfill/history-run.ts';
import { InstrumentDays } from '../../runner/context/day/instrument-days.ts';
import { dayStart } from '../../shared/day-totals.ts';
import { openLog } from '../../shared/io/log.ts';
import { DATE, HALF_DAY_MS, SYMBOL } from './archive.ts';
import { type Figures, MINUTE_QUERIES, minuteOf, tell } from './figures.ts';

const [task = '', root = '', file = ''] = process.argv.slice(2);
const instrument = { category: 'linear', symbol: SYMBOL } as const;
const key = { environment: 'mainnet', ...instrument, date: DATE } as const;
const store = new HistoryStore({ root, unixMs: Date.now });
const began = performance.now();
let figures: Figures = { ms: 0, rows: 0 };
if (task === 'convert' || task === 'levels') figures = { ...figures, ...(await convert()) };
if (task === 'levels' || task === 'cached') figures = { ...figures, ...(await levels()) };
if (task === 'minute') figures = { ...figures, ...(await minute()) };
await store.close();
tell({ ...figures, ms: task === 'minute' ? figures.ms : performance.now() - began });

async function convert(): Promise<Partial<Figures>> {
  const stored = await store.importArchive({ key, file, url: null, fetchedAt: Date.now() });
  if (!stored.ok) throw new Error(stored.failure.message);
  return { rows: stored.value.manifest.rows };
}

/** `longestMs`: of the steps that the runner's thread takes without a pause. */
async function levels(): Promise<Partial<Figures>> {
  const start = dayStart(DATE);
  const span = { from: start, to: start + HALF_DAY_MS };
  const totals = await store.dayTotals(key, '0.1', span);
  const edges = await edgesOf(store, key, '0.1', span);
  if (!totals.ok || !edges.ok) throw new Error('the stored day cannot be added up');
  const lines = totalsEvents(totals.value, span, edges.value).map((event) => JSON.stringify(event));
  const days = new InstrumentDays(instrument, span.to + 1_000, { profileTickSize: '0.1' });
  const counts = { trades: 0, candles: 0, refused: 0, badLines: 0 };
  const run = new HistoryRun([{ instrument, date: DATE }], counts, {
    log: openLog({ level: 'warn', program: 'bench', secrets: [] }),
    days: () => days,
    onDay: () => undefined,
  });
  let longestMs = 0;
  for (const line of lines) {
    const at = performance.now();
    run.onLine(line);
    longestMs = Math.max(longestMs, performance.now() - at);
  }
  const at = performance.now();
  const { today } = days.figures();
  longestMs = Math.max(longestMs, performance.now() - at);
  if (counts.refused > 0 || counts.badLines > 0) throw new Error('the sums were not joined');
  return { rows: counts.trades, longestMs, vwap: today.vwap.value ?? 0, poc: today.poc.value ?? 0 };
}

/** The median of several; the first one opens the file. */
async function minute(): Promise<Partial<Figures>> {
  const times: number[] = [];
  let rows = 0;
  for (let query = 0; query < MINUTE_QUERIES; query += 1) {
    const at = performance.now();
    for await (const batch of store.tradesOf(key, minuteOf(query))) for (const _ of rowsOf(batch)) rows += 1;
    times.push(performance.now() - at);
  }
  const [first = 0] = times;
  return { ms: times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0, firstMs: first, rows };
}
