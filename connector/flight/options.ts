/** What the flight recorder is told by the command line and the environment, in the same words as in the runner's table. */
import { DUMP_FOLDER } from '../../shared/dump-files.ts';
import { wholeNumber } from '../../shared/settings/words.ts';
import { type Environ, option, readText, variable } from '../settings.ts';

export type FlightOptions = {
  /** Of memory; 0: there is no flight recorder. */
  readonly maxBytes: number;
  /** Where dumps go. */
  readonly folder: string;
  /** Somebody named that folder, or one above it: files may be made there without being asked for each time. */
  readonly isFolderNamed: boolean;
  /** With less than this on the disk nothing is written that can be spared. */
  readonly minFreeBytes: number;
};

const MIB = 1024 * 1024;

/** Below --dump-dir, else below the folder of the state, else below the folder that the runner would use (`dataDir`). */
export function readFlightOptions(
  dumpDir: string | undefined,
  { stateDir, dataDir }: { readonly stateDir: string | undefined; readonly dataDir: string },
  env: Environ,
  problems: string[],
): FlightOptions {
  const megabytes = (name: string, most: number, standard: number): number =>
    (readText(variable(env, name), wholeNumber(0, most), problems) ?? standard) * MIB;
  const named = option('--dump-dir', dumpDir || undefined)?.text;
  return {
    maxBytes: megabytes('FLIGHT_RECORDER_MB', 1_024, 16),
    folder: named ?? `${stateDir ?? dataDir}/${DUMP_FOLDER}`,
    isFolderNamed: named !== undefined || stateDir !== undefined,
    minFreeBytes: megabytes('MIN_FREE_DISK_MB', 1_000_000, 500),
  };
}
