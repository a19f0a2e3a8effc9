/** The task `fetch`: brings days into a folder, or says what would be brought. */
import { exitCodes } from '../../../../shared/errors.ts';
import { instrumentKey } from '../../../../shared/market.ts';
import { rangeEvents } from '../events.ts';
import type { HistoryTask } from '../options.ts';
import { banOf, type DayOutcome, exitCodeOf, isWorthRepeating, type SourceFailure } from '../outcome.ts';
import { daysOf, type RunPorts, runDays } from '../run-days.ts';
import { outcomeTable } from '../table.ts';
import { holdSymbol } from './fetch-folder.ts';
import type { HistoryWorld } from './run-history.ts';
import { openTeller } from './teller.ts';

type FetchTask = Extract<HistoryTask, { kind: 'fetch' }>;

export async function fetchHistory(world: HistoryWorld, task: FetchTask): Promise<number> {
  const { store, emit, clock, options, log } = world;
  const source = await world.source();
  const terminal = process.stdout.isTTY ? process.stdout : undefined;
  const ports = await runPorts(world, task.klines);
  if (task.dryRun) {
    const planned = await runDays(task.wishes, { ...ports, dry: true });
    if (terminal === undefined) for (const event of rangeEvents(planned, 'planned')) emit(event);
    else terminal.write(outcomeTable(planned, true));
    return exitCodes.done;
  }
  const days = task.wishes.flatMap((wish) => daysOf(wish, { source })).length;
  const teller = openTeller({
    days,
    clock,
    bytes: () => world.polite.snapshot().archive.bytes,
    terminal,
    emit,
  });
  const legacy: SourceFailure[] = [];
  const onDay = async (day: DayOutcome): Promise<void> => {
    if (task.format === 'legacy' && day.rows !== undefined && !world.signal.aborted) {
      const written = await store.trades.writeLegacy({ environment: source.environment, ...day });
      if (!written.ok) legacy.push({ source: 'cache', ...written.failure });
    }
    logFailures(world, day);
    await teller.onDay(day);
  };
  let outcomes: readonly DayOutcome[];
  try {
    outcomes = await runDays(task.wishes, { ...ports, onStage: teller.onStage, onDay });
  } finally {
    teller.end();
  }
  if (terminal === undefined) for (const event of rangeEvents(outcomes, 'done')) emit(event);
  else terminal.write(`\n${outcomeTable(outcomes)}\n`);
  for (const { code, message } of legacy) log.error({ event: 'history_legacy_failed', code }, message);
  log.info(
    { event: 'history_done', folder: world.root, days, environment: options.settings.environment },
    world.signal.aborted ? 'stopped; the same call goes on from here' : 'done',
  );
  if (outcomes.some((day) => banOf(day) !== undefined)) tellBan(world);
  for (const name of withoutAny(outcomes))
    log.warn(
      { event: 'history_nothing_found', instrument: name },
      `nothing was found of ${name} in that time: is the symbol right, and was it traded then?`,
    );
  if (world.signal.aborted || legacy.length > 0) return exitCodes.tryAgain;
  return exitCodeOf(outcomes);
}

/** Whoever calls again before then makes it longer. */
function tellBan({ polite, log }: HistoryWorld): void {
  const { rest, archive } = polite.snapshot();
  const until = Math.max(rest.banned_until ?? 0, archive.banned_until ?? 0);
  const when = until > 0 ? `until ${new Date(until).toISOString()}` : 'for ten minutes at least';
  log.error(
    { event: 'history_banned', until },
    `the exchange has shut this address out ${when}: nothing more was asked; run it again after that, it goes on from here`,
  );
}

/** Instruments of which nothing could be had. */
function withoutAny(days: readonly DayOutcome[]): readonly string[] {
  const isAbsent = ({ ranges }: DayOutcome): boolean =>
    ranges.every(
      ({ exactness, failure }) =>
        exactness === 'absent' && (failure === undefined || !isWorthRepeating(failure.code)),
    );
  const found = new Set(days.filter((day) => !isAbsent(day)).map(instrumentKey));
  return [...new Set(days.map(instrumentKey))].filter((name) => !found.has(name));
}

/** What went wrong on the way to a day, whether or not something else gave its rows. */
export function logFailures(
  { log, told }: HistoryWorld,
  { category, symbol, date, failures }: DayOutcome,
): void {
  for (const { source, code, message } of failures) {
    if (told.has(message)) continue;
    told.add(message);
    log.warn({ event: 'history_source_failed', category, symbol, date, source, code }, message);
  }
}

/** What `runDays` needs, but for who hears of it. */
export async function runPorts(world: HistoryWorld, klines: boolean): Promise<RunPorts> {
  const { options, store, root, signal, clock } = world;
  const { policy } = options.settings;
  return {
    source: await world.source(),
    store: store.days,
    policy: policy.plan,
    signal,
    klines,
    jobs: options.jobs,
    hold: (key) => holdSymbol(root, key, policy.store.lockWaitMs, clock.unixMs()),
  };
}
