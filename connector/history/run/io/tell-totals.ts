/**
 * The task of a history child of the runner (--day-totals): makes the asked days as complete as they can be had, and tells the sums of
 * what is stored, the candles that stand in for the rest, and where everything came from. It answers one request and ends.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describeIssues } from '../../../../shared/describe-issues.ts';
import { exitCodes } from '../../../../shared/errors.ts';
import { type HistoryRequest, historyRequestSchema } from '../../../../shared/history-request.ts';
import { unixMs } from '../../../../shared/time.ts';
import { without } from '../../plan/spans.ts';
import { type DayKey, symbolFolder } from '../../store/paths.ts';
import { spanOfDay, union } from '../../store/spans.ts';
import { rangeEvent } from '../events.ts';
import { type DayOutcome, exitCodeOf, isWorthRepeating } from '../outcome.ts';
import type { HistorySource } from '../ports.ts';
import { type HistoryWish, runDays } from '../run-days.ts';
import {
  candlesNeeded,
  klineEvent,
  lastMinuteOf,
  spansToTell,
  totalsEvents,
  type Wanted,
} from '../totals-events.ts';
import { edgesOf } from './edge-sums.ts';
import { logFailures, runPorts } from './fetch.ts';
import type { JournalCut } from './journal.ts';
import { keptVerification, removeVerifications } from './kept-verification.ts';
import type { HistoryWorld, Line } from './run-history.ts';
import { dayName } from './sources.ts';
import { openTeller } from './teller.ts';

/** What is asked of one day of one instrument. */
type AskedDay = Wanted & { readonly key: DayKey; readonly binSize: string; readonly withSums: boolean };

export async function tellTotals(world: HistoryWorld, said: unknown): Promise<number> {
  const { emit, clock, options } = world;
  const parsed = historyRequestSchema.safeParse(said);
  if (!parsed.success) {
    const error = `the request cannot be read: ${describeIssues(parsed.error.issues)}; see docs/history.md`;
    emit({ type: 'error', error, code: 'bad_command', retryable: false, at: clock.unixMs() });
    return exitCodes.usage;
  }
  const source = await world.source(cutsOf(parsed.data));
  const withKlines = parsed.data.klines ?? true;
  const asked = askedDays(parsed.data, source, withKlines);
  const byKey = new Map(asked.map((one) => [dayName(one.key), one]));
  const teller = openTeller({
    days: asked.length,
    clock,
    bytes: () => world.polite.snapshot().archive.bytes,
    terminal: undefined,
    emit: (line) => emit({ ...line, polite: world.polite.snapshot() }),
  });
  const onDay = async (day: DayOutcome): Promise<void> => {
    const one = byKey.get(dayName(day));
    if (one !== undefined) await tellDay(world, source, one, day);
    logFailures(world, day);
    await teller.onDay(day);
  };
  const ports = {
    ...(await runPorts(world, withKlines)),
    jobs: options.jobs,
    onStage: teller.onStage,
    onDay,
  };
  const run = (days: readonly AskedDay[]) => runDays(days.map(wishOf), ports);
  // A day that goes on comes first: somebody waits for it, and it takes no file that must be fetched.
  const open = asked.filter(({ until, day }) => until < day.to);
  const outcomes = [...(await run(open))];
  // The feed was there from before the day: only candles are asked for.
  for (const { key } of open.filter(({ until, day }) => until <= day.from)) await onDay(nothingOf(key));
  const lastMinutes = withKlines ? tellLastMinutes(world, source, open) : undefined;
  outcomes.push(...(await run(asked.filter((one) => !open.includes(one)))));
  await lastMinutes;
  if (parsed.data.keep_from !== undefined) await removeOld(world, asked, parsed.data.keep_from);
  teller.end();
  return world.signal.aborted ? exitCodes.tryAgain : exitCodeOf(outcomes);
}

/** What cannot be removed now is removed the next time. */
async function removeOld(
  { store, root, log }: HistoryWorld,
  asked: readonly AskedDay[],
  before: string,
): Promise<void> {
  const folders = new Map(asked.map(({ key }) => [symbolFolder(root, key), key]));
  for (const key of folders.values()) {
    const removed = await store.trades.clear(key, before);
    await removeVerifications(root, key, before);
    if (!removed.ok)
      log.warn({ event: 'history_not_removed', code: removed.failure.code }, removed.failure.message);
    else if (removed.value > 0)
      log.info(
        { event: 'history_removed', files: removed.value, before },
        `old days of ${key.symbol} were removed`,
      );
  }
}

function askedDays(
  { instruments }: HistoryRequest,
  { environment }: HistorySource,
  withKlines: boolean,
): readonly AskedDay[] {
  return instruments.flatMap(({ category, symbol, bin_size, days }) =>
    days.map(({ date, until, known = [], candles = [], sums: withSums = true }) => {
      const day = spanOfDay(date);
      const key = { environment, category, symbol, date };
      const before = Math.max(day.from, Math.min(until ?? day.to, day.to));
      const minutes = withKlines ? union(candles) : [];
      return { key, day, until: before, known, binSize: bin_size, withSums, minutes };
    }),
  );
}

/** How far the recordings count, by day. */
function cutsOf({ instruments }: HistoryRequest): ReadonlyMap<string, JournalCut> {
  return new Map(
    instruments.flatMap(({ category, symbol, days }) =>
      days.flatMap(({ date, journal }) =>
        journal === undefined || journal === null
          ? []
          : [
              [
                dayName({ category, symbol, date }),
                { tradesBytes: journal.trades_bytes, spansBytes: journal.spans_bytes },
              ] as const,
            ],
      ),
    ),
  );
}

function wishOf({ key: { category, symbol, date }, until }: AskedDay): HistoryWish {
  return { instrument: { category, symbol }, from: unixMs(spanOfDay(date).from), to: unixMs(until) };
}

async function tellDay(
  world: HistoryWorld,
  source: HistorySource,
  asked: AskedDay,
  day: DayOutcome,
): Promise<void> {
  const { emit, root } = world;
  for (const range of day.ranges) emit(rangeEvent(day, range, 'done'));
  const hasMinutes = await fetchMinutes(world, source, asked);
  const isTold = (!asked.withSums || (await tellSums(world, asked))) && hasMinutes;
  const verification = await keptVerification(root, asked.key);
  if (verification !== undefined) emit(verification);
  const { category, symbol, date } = day;
  const failed = day.ranges.some(({ failure }) => failure !== undefined && isWorthRepeating(failure.code));
  emit({ type: 'history_day', category, symbol, date, retryable: failed || !isTold });
}

/** A day of which nothing is asked but candles. */
function nothingOf({ category, symbol, date }: DayKey): DayOutcome {
  return { category, symbol, date, ranges: [], rows: 0, bytes: 0, verification: undefined, failures: [] };
}

/** The candles that are told in any case are stored. False when they could not be had. */
async function fetchMinutes(
  { emit, store, clock }: HistoryWorld,
  source: HistorySource,
  { key, minutes }: AskedDay,
): Promise<boolean> {
  if (minutes.length === 0) return true;
  const { candles } = await store.days.look(key);
  for (const span of without(minutes, union(candles))) {
    const read = await source.candles(key, span);
    const written = read.ok && read.value.length > 0 ? await store.days.writeCandles(key, read.value) : read;
    if (written.ok) continue;
    emit(problem(key, written.failure, clock.unixMs()));
    return false;
  }
  return true;
}

/** False when something could not be read. */
async function tellSums(world: HistoryWorld, asked: AskedDay): Promise<boolean> {
  const { emit, store, clock } = world;
  const { key, binSize } = asked;
  const stored = await store.days.look(key);
  for (const span of spansToTell(stored.trades, asked)) {
    const totals = await store.trades.dayTotals(key, binSize, span);
    const edges = totals.ok ? await edgesOf(store.trades, key, binSize, span) : totals;
    if (!totals.ok || !edges.ok) {
      const failure = totals.ok ? edges : totals;
      if (!failure.ok) emit(problem(key, failure.failure, clock.unixMs()));
      return false;
    }
    for (const event of totalsEvents(totals.value, span, edges.value)) {
      await world.drained();
      emit(event);
    }
  }
  const candles = await store.candles.read(key);
  if (!candles.ok) emit(problem(key, candles.failure, clock.unixMs()));
  else for (const candle of candlesNeeded(candles.value, stored.trades, asked)) emit(klineEvent(key, candle));
  return candles.ok;
}

function problem(
  key: DayKey,
  { code, message }: { readonly code: string; readonly message: string },
  at: number,
): Line {
  const { category, symbol } = key;
  return { type: 'error', error: message, code, retryable: isWorthRepeating(code), at, category, symbol };
}

/**
 * The minute in which the live feed began is mostly not over when we are asked. Its candle is the last thing that is told, so that nobody
 * waits a minute for all the rest.
 */
async function tellLastMinutes(
  world: HistoryWorld,
  source: HistorySource,
  asked: readonly AskedDay[],
): Promise<void> {
  const { signal, emit, store } = world;
  const open = asked.flatMap((one) => {
    const minute = lastMinuteOf(one.until);
    return minute === undefined || !one.withSums ? [] : [{ ...one, minute }];
  });
  for (const one of open.toSorted((a, b) => a.minute.to - b.minute.to)) {
    const { key, minute } = one;
    const known = await store.days.look(key);
    if (candlesNeeded([{ start: minute.from }], known.trades, one).length === 0) continue;
    if (known.candles.some(({ from, to }) => from <= minute.from && to >= minute.to)) continue;
    // Only a minute that is about to end: a time in the future is not waited for.
    const left = minute.to + CLOSED_AFTER_MS - source.now();
    if (left > LAST_MINUTE_MS || signal.aborted) continue;
    if (left > 0) await wait(left, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const read = await source.candles(key, minute);
    if (!read.ok) continue;
    await store.days.writeCandles(key, read.value);
    for (const candle of read.value.filter(({ start }) => start === minute.from))
      emit(klineEvent(key, candle));
  }
}

/** A candle counts as closed so long after its end (DESIGN 6), and the exchange needs a moment to list it. */
const CLOSED_AFTER_MS = 2_000;
const LAST_MINUTE_MS = 65_000;
