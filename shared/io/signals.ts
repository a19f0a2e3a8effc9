/**
 * How the world tells a program to end: SIGTERM and SIGINT mean stop in order, a second one means end at once.
 *
 * One Ctrl-C may arrive several times: from the terminal, from npm and from bin/towline.mjs, which both pass signals on. What
 * comes within a second of the first is the same wish.
 */
import { constants } from 'node:os';
import type { Millis } from '../time.ts';

export type StopSignal = 'SIGTERM' | 'SIGINT';

const SAME_WISH_MS: Millis = 1_000;

/** What ending at once needs of the process. */
export type LastResort = {
  /** Milliseconds that never run backwards. */
  readonly monoMs: () => number;
  readonly exit: (code: number) => void;
};

const ownProcess: LastResort = { monoMs: () => performance.now(), exit: (code) => process.exit(code) };

/**
 * Calls `stop` at the first signal. A later one ends the process with 128 plus the signal's number, as a shell reports it:
 * whoever asks twice does not want to wait. Answers how to listen no more.
 */
export function onStopSignal(
  stop: (signal: StopSignal) => void,
  { monoMs, exit }: LastResort = ownProcess,
): () => void {
  let firstAt: number | undefined;
  const hear = (signal: StopSignal): void => {
    const now = monoMs();
    if (firstAt === undefined) {
      firstAt = now;
      stop(signal);
    } else if (now - firstAt >= SAME_WISH_MS) {
      exit(128 + constants.signals[signal]);
    }
  };
  const onTerm = (): void => hear('SIGTERM');
  const onInt = (): void => hear('SIGINT');
  process.on('SIGTERM', onTerm);
  process.on('SIGINT', onInt);
  return () => {
    process.off('SIGTERM', onTerm);
    process.off('SIGINT', onInt);
  };
}
