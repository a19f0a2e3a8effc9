/** The recorder of trades in the real world: its files below DATA_DIR, the thread that writes them, and what it asks the runner. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyPolicy } from '../../../shared/history-policy.ts';
import type { FreeDisk } from '../../../shared/io/free-disk.ts';
import type { Logger } from '../../../shared/io/log.ts';
import { RECORDING_FOLDER } from '../../../shared/recording-files.ts';
import type { Clock } from '../../../shared/time.ts';
import type { Config } from '../../config/config.ts';
import type { Intake, IntakeCounts } from '../../intake/intake.ts';
import { isNamed } from '../../symbols/symbol-set.ts';
import { Recorder } from '../recorder.ts';
import { journalThread } from './journal-thread.ts';

/** The last write may take so long. Not scaled: disks are not. */
const STOP_WITHIN_MS = 5_000;

export type RecorderSources = {
  readonly config: Pick<Config, 'dataDir' | 'recording' | 'timeScale' | 'connector'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Knows by what an instrument is wanted (symbols/symbol-set.ts). */
  readonly symbols: { readonly desk: { readonly sources: ReadonlyMap<string, string> } };
  readonly flight: { readonly disk: Pick<FreeDisk, 'fault'> };
  /** Asked only once the app is there. */
  readonly app: () => { readonly intake: Pick<Intake, 'counts'> };
};

export type Recording = {
  readonly recorder: Recorder;
  /** Writes what waits and ends the thread; a disk that hangs is not waited for. */
  readonly stop: () => Promise<void>;
};

/** Undefined when nothing is recorded (RECORD_TRADES=off). */
export function openRecorder(around: RecorderSources): Recording | undefined {
  const { config, clock, log, symbols, flight, app } = around;
  const { trades, keep } = config.recording;
  if (trades === 'off') return undefined;
  const { environment, clock: kind } = config.connector;
  const thread = journalThread(path.join(config.dataDir, RECORDING_FOLDER));
  const recorder = new Recorder({
    policy: historyPolicy(config.timeScale).recording,
    keep,
    clock,
    log,
    write: thread.write,
    isWanted: trades === 'all' ? () => true : (instrument) => isNamed(instrument, symbols.desk.sources),
    diskFault: () => flight.disk.fault(),
    unread: () => unreadOf(app().intake.counts()),
    expected: { environment, clock: kind },
  });
  const stop = async (): Promise<void> => {
    await Promise.race([recorder.stop(), sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    await thread.close();
  };
  return { recorder, stop };
}

/** A line that could not be read, or whose number is missing, may have been a trade; one that is too old was perhaps never told. */
function unreadOf({ bad_lines, jumps, too_old }: IntakeCounts): number {
  return bad_lines + jumps + too_old;
}
