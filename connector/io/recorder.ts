/**
 * Writes frames to a file, one JSON object a line, in the form that `replay` reads: `{t: connect|send|recv, at, frame}` with
 * `at` in microseconds since the epoch.
 *
 * The disk never slows the stream: when more than the limit waits to be written, frames are left out, and how many is written
 * into the file at that very place (`{"t":"lost","frames":n}`), so that a replay knows about its hole.
 */
import { createWriteStream, openSync } from 'node:fs';
import { UsageError } from '../command-line.ts';
import type { RecordedFrame } from '../flight-recorder-tap.ts';

const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export type Recorder = {
  readonly record: (entry: RecordedFrame) => void;
  readonly close: () => Promise<void>;
};

/**
 * Opens the file for writing. Throws a UsageError when it exists already (a recording is never overwritten) or cannot be
 * made. `onError` gets one sentence when the disk fails later.
 */
export function openRecorder(file: string, onError: (reason: string) => void): Recorder {
  const stream = createWriteStream(file, { fd: openNew(file) });
  let failed = false;
  let lost = 0;
  stream.on('error', (error) => {
    failed = true;
    onError(`recording stopped: ${error.message}`);
  });
  return {
    record: (entry) => {
      if (failed) return;
      if (stream.writableLength > MAX_WAITING_BYTES) {
        lost += 1;
        return;
      }
      if (lost > 0) {
        stream.write(`{"t":"lost","at":${entry.at},"frames":${lost}}\n`);
        lost = 0;
      }
      stream.write(`${JSON.stringify(entry)}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (failed) resolve();
        else stream.end(() => resolve());
      }),
  };
}

function openNew(file: string): number {
  try {
    return openSync(file, 'wx');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'EEXIST' ? 'already exists; choose another name' : `cannot be written: ${String(error)}`;
    throw new UsageError('stream', [`--record: ${file} ${why}`]);
  }
}
