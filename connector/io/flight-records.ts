/** What `stream` writes down of what passes: the flight recorder always, a recording when `--record` asks for it. */
import path from 'node:path';
import { FreeDisk } from '../../shared/io/free-disk.ts';
import type { Logger } from '../../shared/io/log.ts';
import { secretsOf } from '../../shared/settings/secret-texts.ts';
import type { Clock } from '../../shared/time.ts';
import type { Flight, FlightTap } from '../flight/tap.ts';
import type { StreamOptions } from '../stream-options.ts';
import { openFlight } from './flight-recorder.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import type { HttpGet } from './rest-http.ts';

/** Of an answer of the REST interface. */
const MAX_ANSWER_LENGTH = 500;

export type Records = {
  readonly record: Recorder['record'] | undefined;
  /** Undefined when it is switched off (FLIGHT_RECORDER_MB=0). */
  readonly flight: Flight | undefined;
  /** Ends the files; what is being written is waited for. */
  readonly close: () => Promise<void>;
};

export function openRecords(
  { record, flight: wanted, environment, policy, parentPid }: StreamOptions,
  env: NodeJS.ProcessEnv,
  clock: Clock,
  log: Logger,
): Records {
  const { maxBytes, minFreeBytes, isFolderNamed } = wanted;
  const folder = path.resolve(wanted.folder);
  const recorder = record === undefined ? undefined : openRecording(record, minFreeBytes, policy, clock, log);
  const secrets = secretsOf(env);
  const writesFaults = parentPid === undefined && isFolderNamed;
  const flight =
    maxBytes === 0
      ? undefined
      : openFlight({
          maxBytes,
          folder,
          minFreeBytes,
          environment,
          secrets,
          writesFaults,
          policy,
          clock,
          log,
        });
  return {
    record: recorder?.record,
    flight,
    close: async () => {
      await recorder?.close();
      await flight?.close();
    },
  };
}

function openRecording(
  file: string,
  minBytes: number,
  { diskLookEveryMs: everyMs, retention }: StreamOptions['policy'],
  { monoMs }: Clock,
  log: Logger,
): Recorder {
  const disk = new FreeDisk({
    folder: file,
    minBytes,
    everyMs,
    monoMs,
    onChange: (isLow) => {
      if (isLow) log.error({ event: 'record_paused' }, disk.fault() ?? 'the disk has no room');
      else
        log.warn({ event: 'record_goes_on' }, 'the disk has room again: the recording goes on after a hole');
    },
  });
  return openRecorder(file, {
    maxBytes: retention.recording.bytes,
    onError: (reason) => log.error({ event: 'record_failed' }, reason),
    isDiskLow: () => {
      disk.tick();
      return disk.isLow;
    },
  });
}

/** The same questions, each of which is noted with the beginning of its answer. */
export function notedGet(get: HttpGet['get'], note: FlightTap['note'], clock: Clock): HttpGet['get'] {
  return async (target, signal) => {
    const asked = clock.monoMs();
    const noteIt = (status: number | null, answer: string): void => {
      const tookMs = Math.round(clock.monoMs() - asked);
      const shown = answer.slice(0, MAX_ANSWER_LENGTH);
      note('asked', clock.unixMicros(), {
        target,
        status,
        took_ms: tookMs,
        length: answer.length,
        answer: shown,
      });
    };
    try {
      const answer = await get(target, signal);
      noteIt(answer.status, answer.body);
      return answer;
    } catch (error) {
      noteIt(null, error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
}
