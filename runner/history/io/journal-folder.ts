/** All recordings of trades below one folder: how far they go, and which of them are kept. */
import { readdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { DAY_MS, dayStart } from '../../../shared/day-totals.ts';
import { surplus } from '../../../shared/io/retention.ts';
import type { Environment } from '../../../shared/market.ts';
import {
  dateOfRecording,
  instrumentOfFolder,
  type RecordedInstrument,
  recordingFolder,
  spansFileOf,
  tradesFileOf,
} from '../../../shared/recording-files.ts';
import type { JournalPosition, JournalWritten, Keep } from '../messages.ts';

/** Sizes of all files of one environment. */
export function positionsOf(root: string, environment: Environment): readonly JournalPosition[] {
  return instrumentsIn(root, [environment]).flatMap((of) => daysOf(root, of));
}

/**
 * Removes the oldest days, of whatever instrument, until the rest is neither too old nor too large. Today's files are never removed:
 * they count, and when they alone are too large that is told.
 */
export function keepWithin(root: string, { bytes, ageMs, now }: Keep): NonNullable<JournalWritten['kept']> {
  const days = instrumentsIn(root, namesIn(root)).flatMap((of) => daysOf(root, of));
  const old = days.filter(({ date }) => dayStart(date) + DAY_MS <= now);
  const sum = (list: readonly JournalPosition[]): number =>
    list.reduce((total, { tradesBytes, spansBytes }) => total + tradesBytes + spansBytes, 0);
  // Today stands for one file, the newest, which stays whatever it is.
  const today = { name: '', bytes: sum(days) - sum(old), modifiedAt: now };
  const byName = new Map(old.map((day) => [path.join(recordingFolder(root, day), day.date), day]));
  const files = [...byName].map(([name, day]) => ({
    name,
    bytes: day.tradesBytes + day.spansBytes,
    modifiedAt: dayStart(day.date) + DAY_MS,
  }));
  let left = sum(days);
  let removed = 0;
  for (const { name, bytes: size } of surplus([today, ...files], { files: Infinity, bytes, ageMs }, now)) {
    const day = byName.get(name);
    if (day === undefined || !removeDay(root, day)) continue;
    left -= size;
    removed += 1;
  }
  return { bytes: left, removed, isOver: left > bytes };
}

function removeDay(root: string, day: JournalPosition): boolean {
  const folder = recordingFolder(root, day);
  try {
    // The claims first: what is left when this is interrupted claims nothing.
    for (const name of [spansFileOf(day.date), tradesFileOf(day.date)])
      if (statSync(path.join(folder, name), { throwIfNoEntry: false }) !== undefined)
        unlinkSync(path.join(folder, name));
  } catch {
    return false;
  }
  try {
    rmdirSync(folder);
  } catch {
    // Other days are in it.
  }
  return true;
}

function instrumentsIn(root: string, environments: readonly string[]): readonly RecordedInstrument[] {
  return environments.flatMap((environment) =>
    namesIn(path.join(root, environment)).flatMap((category) =>
      namesIn(path.join(root, environment, category)).flatMap(
        (symbol) => instrumentOfFolder(environment, category, symbol) ?? [],
      ),
    ),
  );
}

function daysOf(root: string, of: RecordedInstrument): readonly JournalPosition[] {
  const folder = recordingFolder(root, of);
  const dates = new Set(namesIn(folder).flatMap((name) => dateOfRecording(name) ?? []));
  const size = (name: string): number =>
    statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return [...dates].toSorted().map((date) => ({
    ...of,
    date,
    tradesBytes: size(tradesFileOf(date)),
    spansBytes: size(spansFileOf(date)),
  }));
}

/** None when there is no such folder. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
