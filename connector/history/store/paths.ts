/**
 * Where the files of the cache are: `{root}/{environment}/{category}/{SYMBOL}/trades_2026-08-01.parquet`, and beside each Parquet
 * file its manifest of the same name (.json).
 *
 * A manifest that is about to take its place waits as `.json.next`: the Parquet file is renamed between the two, so at every
 * moment one of the two manifests fits the Parquet file that is there (see trust.ts).
 */
import path from 'node:path';
import { dayStart } from '../../../shared/day-totals.ts';
import { assert } from '../../../shared/errors.ts';
import { historyFolder } from '../../../shared/history-files.ts';
import {
  categories,
  type Environment,
  environments,
  type Instrument,
  symbolPattern,
} from '../../../shared/market.ts';

/** A symbol in a market of one network: what a folder of the cache is of. */
export type FolderKey = Instrument & { readonly environment: Environment };
/** One UTC day of it; `date` as 2026-08-01. */
export type DayKey = FolderKey & { readonly date: string };

/** What a file holds: our trades, one-minute candles, or trades in the columns T,i,p,q,s,m of older programs. */
export const seriesNames = { trades: 'trades', klines: 'klines_1m', legacy: 'backfill' } as const;
export type Series = keyof typeof seriesNames;

export type DayFiles = {
  readonly folder: string;
  readonly parquet: string;
  readonly manifest: string;
  /** A manifest on its way: it counts when it fits and `manifest` does not. */
  readonly nextManifest: string;
};

/** Throws for what is no symbol: it would lead out of the cache. */
export function symbolFolder(root: string, { environment, category, symbol }: FolderKey): string {
  assert(environments.includes(environment), `${environment} is no environment`);
  assert(categories.includes(category), `${category} is no category`);
  assert(symbolPattern.test(symbol), `${JSON.stringify(symbol)} is no symbol`);
  return historyFolder(root, environment, { category, symbol });
}

export function dayFiles(root: string, key: DayKey, series: Series): DayFiles {
  assert(!Number.isNaN(dayStart(key.date)), `${JSON.stringify(key.date)} is no UTC day`);
  const folder = symbolFolder(root, key);
  const stem = path.join(folder, `${seriesNames[series]}_${key.date}`);
  return {
    folder,
    parquet: `${stem}.parquet`,
    manifest: `${stem}.json`,
    nextManifest: `${stem}.json.next`,
  };
}

const partial = '.partial';

/** The name under which a file is written before it takes its place: in the same folder, hidden from patterns such as *.parquet. */
export function partialName(file: string, token: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${token}${partial}`);
}

/** Only files of ours that no reader ever looks at. */
export function isPartial(name: string): boolean {
  return /^\.(trades|klines_1m|backfill)_\d{4}-\d\d-\d\d\./.test(name) && name.endsWith(partial);
}

/** The days of whose series a folder with these names has a Parquet file, ascending. */
export function datesAmong(names: readonly string[], series: Series): readonly string[] {
  const pattern = new RegExp(`^${seriesNames[series]}_(\\d{4}-\\d\\d-\\d\\d)\\.parquet$`);
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .filter((date) => !Number.isNaN(dayStart(date)))
    .toSorted();
}

/** The day of a file of the cache; undefined of one on its way, and of what is not ours. */
export function dateOfCacheFile(name: string): string | undefined {
  return /^(?:trades|klines_1m|backfill)_(\d{4}-\d\d-\d\d)\.(?:parquet|json|json\.next)$/.exec(name)?.[1];
}

/** Files of the cache: what may be removed when the cache is cleared. Others in its folders are not ours. */
export function isCacheFile(name: string): boolean {
  return isPartial(name) || dateOfCacheFile(name) !== undefined;
}
