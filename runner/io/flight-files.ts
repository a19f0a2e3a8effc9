/** The files of the flight recorder below DATA_DIR: written, counted, listed. */
import path from 'node:path';
import { DUMP_FOLDER, readDumpName } from '../../shared/dump-files.ts';
import { fail, type Result } from '../../shared/errors.ts';
import { pruneDumps, writeDumpFile } from '../../shared/io/dump-file.ts';
import type { FreeDisk } from '../../shared/io/free-disk.ts';
import { filesOf } from '../../shared/io/retention.ts';
import type { RetentionLimits } from '../../shared/policy.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { DumpView } from '../api/views.ts';

export type FlightFilesOptions = {
  readonly dataDir: string;
  readonly disk: FreeDisk;
  readonly limits: RetentionLimits;
  readonly censor: (text: string) => string;
  readonly nowMs: () => UnixMs;
};

export type FlightFiles = {
  readonly write: (name: string, lines: readonly string[]) => Promise<Result<{ readonly file: string }>>;
  /** Newest first. */
  readonly list: () => readonly DumpView[];
};

export function flightFiles({ dataDir, disk, limits, censor, nowMs }: FlightFilesOptions): FlightFiles {
  const folder = path.join(dataDir, DUMP_FOLDER);
  return {
    write: async (name, lines) => {
      await disk.look();
      const fault = disk.fault();
      if (fault !== null) return fail('dump_failed', fault);
      const written = await writeDumpFile(folder, name, [Buffer.from(censor(lines.join('')))]);
      pruneDumps(folder, limits, nowMs());
      return written;
    },
    list: () =>
      filesOf(folder, (name) => readDumpName(name) !== undefined)
        .flatMap(({ name, bytes }) => {
          const read = readDumpName(name);
          return read === undefined ? [] : [{ ...read, bytes }];
        })
        .toSorted((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1)),
  };
}
