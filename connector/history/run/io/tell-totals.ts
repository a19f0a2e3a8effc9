/**
 * The task of a history child of the runner (--day-totals): makes the asked days as complete as they can be had, and tells the sums of
 * what is stored, the candles that stand in for the rest, and where everything came from. It reads one request from stdin, answers and ends.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describeIssues } from '../../../../shared/describe-issues.ts';
import { exitCodes } from '../../../../shared/errors.ts';
import { type HistoryRequest, historyRequestSchema } from '../../../../shared/history-request.ts';
import { unixMs } from '../../../../shared/time.ts';
import type { DayKey } from '../../store/paths.ts';
import { spanOfDay } from '../../store/spans.ts';
import { rangeEvent } from '../events.ts';
import { type DayOutcome, exitCodeOf, isWorthRepeating } from '../outcome.ts';
import type { HistorySource } from '../ports.ts';
import { type HistoryWish, runDays } from '../run-days.ts';
import { candlesNeeded, klineEvent, lastMinuteOf, spansToTell, totalsEvents } from '../totals-events.ts';
import { edgesOf } from './edge-sums.ts';
import { logFailures, runPorts } from './fetch.ts';
import type { JournalCut } from './journal.ts';
import { keptVerification } from './kept-verification.ts';
import { readRequest } from './read-request.ts';
import type { HistoryWorld, Line } from './run-history.ts';
import { dayName } from './sources.ts';
import { openTeller } from './teller.ts';

/** What is asked of one day of one instrument. */
type AskedDay = { readonly key: DayKey; readonly until: number; readonly binSize: string };

export async function tellTotals(world: HistoryWorld): Promise<number> {
  const { emit, clock, options } = world;
  const said = await readRequest(world);
  if (said === undefined) return world.signal.aborted ? exitCodes.tryAgain : exitCodes.usage;
  const parsed = historyRequestSchema.safeParse(said);
  if (!parsed.success) {
    const error = `the request cannot be read: ${describeIssues(parsed.error.issues)}; see docs/history.md`;
    emit({ type: 'error', error, code: 'bad_command', retryable: false, at: clock.unixMs() });
    return exitCodes.usage;
  }
  const source = await world.source(cutsOf(parsed.data));
  const asked = askedDays(parsed.data, source);
  const wishes = asked.map(wishOf);
  const byKey = new Map(asked.map((one) => [dayName(one.key), one]));
  const withKlines = parsed.data.klines ?? true;
  const teller = openTeller({
    days: wishes.length,
    clock,
    bytes: () => world.polite.snapshot().archive.bytes,
    terminal: undefined,
    emit,
  });
  const onDay = async (day: DayOutcome): Promise<void> => {
    const one = byKey.get(dayName(day));
    if (one !== undefined) await tellDay(world, one, day);
    logFailures(world, day);
    await teller.onDay(day);
  };
  const ports = await runPorts(world, withKlines);
  const outcomes = await runDays(wishes, { ...ports, jobs: options.jobs, onStage: teller.onStage, onDay });
  if (withKlines) await tellLastMinutes(world, source, asked);
  teller.end();
  return world.signal.aborted ? exitCodes.tryAgain : exitCodeOf(outcomes);
}

function askedDays({ instruments }: HistoryRequest, { environment }: HistorySource): readonly AskedDay[] {
  return instruments.flatMap(({ category, symbol, bin_size, days }) =>
    days.map(({ date, until }) => {
      const day = spanOfDay(date);
      const key = { environment, category, symbol, date };
      return { key, until: Math.max(day.from, Math.min(until ?? day.to, day.to)), binSize: bin_size };
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
  { key, until, binSize }: AskedDay,
  day: DayOutcome,
): Promise<void> {
  const { emit, store, clock, root } = world;
  for (const range of day.ranges) emit(rangeEvent(day, range, 'done'));
  const stored = await store.days.look(key);
  for (const span of spansToTell(stored.trades, until)) {
    const totals = await store.trades.dayTotals(key, binSize, span);
    const edges = totals.ok ? await edgesOf(store.trades, key, binSize, span) : totals;
    if (!totals.ok || !edges.ok) {
      const failure = totals.ok ? edges : totals;
      if (!failure.ok) emit(problem(key, failure.failure, clock.unixMs()));
      return;
    }
    for (const event of totalsEvents(totals.value, span, edges.value)) {
      await world.drained();
      emit(event);
    }
  }
  const candles = await store.candles.read(key);
  if (!candles.ok) emit(problem(key, candles.failure, clock.unixMs()));
  else for (const candle of candlesNeeded(candles.value, stored.trades, until)) emit(klineEvent(key, candle));
  const verification = await keptVerification(root, key);
  if (verification !== undefined) emit(verification);
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
    return minute === undefined ? [] : [{ ...one, minute }];
  });
  for (const { key, minute, until } of open.toSorted((one, other) => one.minute.to - other.minute.to)) {
    const known = await store.days.look(key);
    if (candlesNeeded([{ start: minute.from }], known.trades, until).length === 0) continue;
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
