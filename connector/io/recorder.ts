/**
 * Writes frames to a file, one JSON object a line, in the form that `replay` reads: `{t: connect|send|recv, at, frame}` with
 * `at` in microseconds since the epoch.
 *
 * The disk never slows the stream: when more than the limit waits to be written, or when hardly any room is left on it, frames are
 * left out, and how many is written into the file at that very place (`{"t":"lost","frames":n}`), with the next frame that is
 * written or at the end, so that a replay knows about its hole. Only a process that is killed leaves that out.
 */
import { createWriteStream, openSync } from 'node:fs';
import { UsageError } from '../command-line.ts';
import type { RecordedFrame } from '../flight/tap.ts';

const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export type Recorder = {
  readonly record: (entry: RecordedFrame) => void;
  readonly close: () => Promise<void>;
};

export type RecorderPorts = {
  /** Gets one sentence when nothing more is written. */
  readonly onError: (reason: string) => void;
  /** The file ends when it is this long. */
  readonly maxBytes: number;
  /** True while the disk has no room for what can be spared. Asked for each frame. */
  readonly isDiskLow: () => boolean;
};

/**
 * Opens the file for writing. Throws a UsageError when it exists already (a recording is never overwritten) or cannot be made.
 */
export function openRecorder(file: string, { onError, maxBytes, isDiskLow }: RecorderPorts): Recorder {
  const stream = createWriteStream(file, { fd: openNew(file) });
  let hasEnded = false;
  let lost = 0;
  let lostAt: number | undefined;
  let bytes = 0;
  stream.on('error', (error) => {
    hasEnded = true;
    onError(`recording stopped: ${error.message}`);
  });
  const write = (line: string): void => {
    bytes += line.length;
    stream.write(line);
  };
  const markLost = (at: number | undefined): void => {
    if (lost > 0 && at !== undefined) write(`{"t":"lost","at":${at},"frames":${lost}}\n`);
    lost = 0;
  };
  return {
    record: (entry) => {
      if (hasEnded) return;
      if (stream.writableLength > MAX_WAITING_BYTES || isDiskLow()) {
        lost += 1;
        lostAt = entry.at;
        return;
      }
      markLost(entry.at);
      write(`${JSON.stringify(entry)}\n`);
      if (bytes < maxBytes) return;
      hasEnded = true;
      stream.end();
      onError(`recording stopped: ${file} has reached its limit of ${maxBytes} bytes; start another one`);
    },
    close: () =>
      new Promise((resolve) => {
        if (stream.closed) resolve();
        else if (hasEnded) stream.on('close', () => resolve());
        else {
          // A line of some 50 bytes finds room where frames no longer do; where it does not, `onError` hears of it.
          markLost(lostAt);
          stream.end(() => resolve());
        }
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
