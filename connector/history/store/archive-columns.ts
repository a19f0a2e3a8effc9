/** Which column of an archive file is what: found by the names in its first line, so that files of all years are read. */
import type { ArchiveLayout } from '../../bybit/archive-layout.ts';
import { refuse, type StoreResult } from './failures.ts';

export type ArchiveColumns = {
  /** All columns of the file, in its order. */
  readonly names: readonly string[];
  /** Newer files have one. */
  readonly hasRpi: boolean;
};

/** Reads the first line of the file. The failure says which columns are missing. */
export function readHeader(line: string, layout: ArchiveLayout): StoreResult<ArchiveColumns> {
  const names = line
    .replace(/^\uFEFF/, '')
    .trim()
    .split(',');
  const needed = [layout.time, layout.symbol, layout.side, layout.price, layout.qty, layout.id];
  const missing = needed.filter((name) => name !== null && !names.includes(name));
  if (missing.length > 0)
    return refuse(
      'header_unknown',
      `the first line of the file lacks ${missing.join(', ')}; it begins with ${JSON.stringify(line.slice(0, 80))}. ` +
        'The exchange answered with something else than trades, or has changed its files',
    );
  if (new Set(names).size < names.length || !names.every((name) => /^\w{1,60}$/.test(name)))
    return refuse(
      'header_unknown',
      `the first line of the file is no list of columns: ${JSON.stringify(line.slice(0, 120))}`,
    );
  return { ok: true, value: { names, hasRpi: names.includes(layout.rpi) } };
}
