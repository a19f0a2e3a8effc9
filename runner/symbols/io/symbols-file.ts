/**
 * The file of saved symbols: `symbols-<environment>.json` in DATA_DIR. Written whole to a second file which then takes its place, so
 * that a crash leaves the old one or the new one.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../../shared/io/log.ts';
import { decodeSaved, encodeSaved, nothingSaved, type SavedSymbols } from '../saved-symbols.ts';

export type SymbolsFile = {
  /** What an earlier run left; nothing where there is no file or it cannot be read, which is told. */
  readonly read: () => SavedSymbols;
  /** Writes soon; of several changes at once only the last is written. A disk that fails is told, and tried again with the next change. */
  readonly save: (saved: SavedSymbols) => void;
  /** When all is written. */
  readonly settled: () => Promise<void>;
};

/** `name` keeps environments apart. */
export function symbolsFile(dataDir: string, name: string, log: Logger): SymbolsFile {
  const file = path.join(dataDir, `symbols-${name}.json`);
  let next: SavedSymbols | undefined;
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    while (next !== undefined) {
      const text = encodeSaved(next);
      next = undefined;
      try {
        // Flushed, or a loss of power could leave the new name on an empty file.
        await writeFile(`${file}.new`, text, { flush: true });
        await rename(`${file}.new`, file);
      } catch (error) {
        log.warn(
          { event: 'symbols_unsaved', file, reason: words(error) },
          'the list of symbols could not be written: after a restart the one before is used; make room in DATA_DIR',
        );
      }
    }
    writing = undefined;
  };
  return {
    read: () => readSaved(file, log),
    save: (saved) => {
      next = saved;
      writing ??= writeAll();
    },
    settled: async () => await writing,
  };
}

function readSaved(file: string, log: Logger): SavedSymbols {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      unreadable(file, words(error), log);
    return nothingSaved;
  }
  const decoded = decodeSaved(text);
  if (decoded.ok) return decoded.value;
  unreadable(file, decoded.failure.message, log);
  return nothingSaved;
}

function unreadable(file: string, reason: string, log: Logger): void {
  log.warn(
    { event: 'symbols_unread', file, reason },
    'the saved list of symbols cannot be used: filters wait for the exchange, and what was changed by hand is forgotten',
  );
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
