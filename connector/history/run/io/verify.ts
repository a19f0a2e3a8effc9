/**
 * The task `verify`: what was recorded here of a day, held against the exchange's archive of that day.
 *
 * The archive's file is fetched when it is not there, and takes the place of the recording in the cache. The journal of the runner stays as it
 * is, so a day can be verified again as long as it is kept; the result is kept beside the day.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exitCodes } from '../../../../shared/errors.ts';
import type { VerificationEvent } from '../../../../shared/events/history-events.ts';
import { instrumentKey } from '../../../../shared/market.ts';
import { HistoryStore } from '../../io/history-store.ts';
import { isFromArchive } from '../../store/merge.ts';
import { type DayKey, dayFiles } from '../../store/paths.ts';
import type { HistoryTask } from '../options.ts';
import { isWorthRepeating } from '../outcome.ts';
import type { HistorySource, LinesFile, PortResult } from '../ports.ts';
import { timeText } from '../table.ts';
import { holdSymbol } from './fetch-folder.ts';
import { keepVerification, keptVerification, verificationEvent } from './kept-verification.ts';
import type { HistoryWorld } from './run-history.ts';

type VerifyTask = Extract<HistoryTask, { kind: 'verify' }>;

export async function verifyDays(world: HistoryWorld, task: VerifyTask): Promise<number> {
  const { environment } = world.options.settings;
  let code: number = exitCodes.done;
  for (const { category, symbol } of task.instruments) {
    for (const date of task.dates) {
      if (world.signal.aborted) return exitCodes.tryAgain;
      const key = { environment, category, symbol, date };
      const found = await verifyDay(world, key);
      const of = tell(world, key, found);
      // Missing rows are what the caller asks about; a day that could not be verified is worse than that.
      if (code === exitCodes.done || (code === exitCodes.failed && of !== exitCodes.done)) code = of;
    }
  }
  return code;
}

function tell({ emit, clock }: HistoryWorld, key: DayKey, found: PortResult<VerificationEvent>): number {
  const { category, symbol } = key;
  if (!found.ok) {
    const { code, message } = found.failure;
    emit({
      type: 'error',
      error: message,
      code,
      retryable: isWorthRepeating(code),
      at: clock.unixMs(),
      category,
      symbol,
    });
    return isWorthRepeating(code) ? exitCodes.tryAgain : exitCodes.dataError;
  }
  const event = found.value;
  if (process.stdout.isTTY) process.stdout.write(reportOf(event));
  else emit(event);
  return event.missing > 0 ? exitCodes.failed : exitCodes.done;
}

/** For people. */
export function reportOf(event: VerificationEvent): string {
  const { date, percentage, expected, missing, extra, different, recorded, archived, matched_by } = event;
  const rows = event.missing_rows.map(
    ({ timestamp, price, qty, side, id }) => `  ${timeText(timestamp)}  ${side}  ${qty} at ${price}  ${id}\n`,
  );
  const more = missing > rows.length && rows.length > 0 ? `  and ${missing - rows.length} more\n` : '';
  return [
    `${instrumentKey(event)} ${date}: ${percentage === null ? 'nothing was recorded' : `${percentage} %`} of ${expected} trades while we recorded`,
    ` (${recorded} recorded, ${archived} in the archive, matched by ${matched_by === 'id' ? 'id' : 'time, price, quantity and side'})\n`,
    missing === 0 ? 'nothing is missing\n' : `${missing} missing:\n${rows.join('')}${more}`,
    extra > 0 ? `${extra} were recorded that the archive does not have\n` : '',
    different > 0 ? `${different} differ in time, price, quantity or side\n` : '',
  ].join('');
}

async function verifyDay(world: HistoryWorld, key: DayKey): Promise<PortResult<VerificationEvent>> {
  const { root, clock, options } = world;
  const held = await holdSymbol(root, key, options.settings.policy.store.lockWaitMs, clock.unixMs());
  if (held.kind === 'busy') return { ok: false, failure: held.failure };
  try {
    return await compare(world, key, await world.source());
  } finally {
    await held.release();
  }
}

async function compare(
  world: HistoryWorld,
  key: DayKey,
  source: HistorySource,
): Promise<PortResult<VerificationEvent>> {
  const { root, store, clock, signal } = world;
  const recording = await source.recording(key);
  if (!recording.ok) return recording;
  const lines = recording.value?.files.length === 0 ? undefined : recording.value;
  const trust = await store.trades.judge(key);
  const hasArchive = trust.kind === 'trusted' && isFromArchive(trust.manifest);
  const kept = await keptVerification(root, key);
  if (lines === undefined && kept !== undefined && (hasArchive || trust.kind !== 'trusted'))
    return { ok: true, value: kept };
  if (lines === undefined && (hasArchive || trust.kind !== 'trusted')) return nothingRecorded(world, key);
  if (!hasArchive) {
    if (lines !== undefined) {
      const appended = await store.days.appendLines(key, lines, 'recording', source.now());
      if (!appended.ok) return appended;
    }
    const fetched = await source.archive(key, { signal, onProgress: () => undefined });
    if (!fetched.ok)
      return fetched.failure.code === 'not_found' ? notPublished(key, fetched.failure.message) : fetched;
    const imported = await store.days.importArchive(key, fetched.value);
    if (imported.ok) await source.dropArchive(key);
    if (!imported.ok) return imported;
    if (imported.value !== null)
      return { ok: true, value: verificationEvent(key, imported.value, clock.unixMs()) };
  }
  return lines === undefined ? nothingRecorded(world, key) : await compareJournal(world, key, lines);
}

/** The journal as a day's file of its own, which is held against the archive's in the cache. */
async function compareJournal(
  { root, store, clock }: HistoryWorld,
  key: DayKey,
  lines: LinesFile,
): Promise<PortResult<VerificationEvent>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'towline-verify-'));
  const journal = new HistoryStore({ root: folder, unixMs: clock.unixMs });
  try {
    const stored = await journal.appendLines({
      key,
      ...lines,
      source: 'recording',
      fetchedAt: clock.unixMs(),
    });
    if (!stored.ok) return stored;
    const recording = { file: dayFiles(folder, key, 'trades').parquet, spans: stored.value.manifest.spans };
    const archive = { file: dayFiles(root, key, 'trades').parquet, category: key.category };
    const found = await store.trades.verify(recording, archive);
    if (!found.ok) return found;
    const event = verificationEvent(key, found.value, clock.unixMs());
    await keepVerification(root, key, event);
    return { ok: true, value: event };
  } finally {
    await journal.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function nothingRecorded({ options }: HistoryWorld, key: DayKey): PortResult<never> {
  const where = path.join(options.dataDir, 'recording', key.environment, key.category, key.symbol);
  const message = `nothing was recorded of ${instrumentKey(key)} on ${key.date} (${where}): there is nothing to verify. Is DATA_DIR the runner's?`;
  return { ok: false, failure: { code: 'not_stored', message } };
}

function notPublished({ date }: DayKey, why: string): PortResult<never> {
  const message = `the archive has no file of ${date} (${why}): it appears during the next day, so try again later`;
  return { ok: false, failure: { code: 'file_empty', message } };
}
