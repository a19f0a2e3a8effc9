/**
 * Threads for strategies: node:worker_threads behind the `spawn` port.
 *
 * The worker runs plain Node (it strips the types itself, in development as in production), has a memory limit of its own,
 * gets only the environment it is handed, and cannot write to the runner's stdout: what it prints goes to `onOutput`.
 */
import { Worker } from 'node:worker_threads';
import { readLines } from '../../../shared/io/lines.ts';
import { RUNNER_PID } from '../../../shared/io/own-settings.ts';
import type { Clock } from '../../../shared/time.ts';
import type { StrategyPorts, StrategyWorker } from '../ports.ts';

/** A strategy that collects for ever ends with an error of its own instead of taking the runner along. */
const MAX_HEAP_MB = 512;
/** What the handlers of one batch make is garbage at its end: a small nursery costs no time and saves 30 MB a strategy. */
const YOUNG_HEAP_MB = 8;
/** Longer lines that a strategy prints are dropped. */
const MAX_OUTPUT_LENGTH = 10_000;

export type SpawnerOptions = {
  readonly clock: Pick<Clock, 'monoMs' | 'unixMs'>;
  /** What strategies see as process.env. Never hand them keys. */
  readonly env: Readonly<Record<string, string>>;
  /** A line that a strategy printed. */
  readonly onOutput: (file: string, line: string) => void;
};

/** The port that starts workers. */
export function strategySpawner({ clock, env, onOutput }: SpawnerOptions): StrategyPorts['spawn'] {
  return (task, listener): StrategyWorker => {
    const worker = new Worker(new URL('./worker-main.ts', import.meta.url), {
      workerData: task,
      env: { ...env, [RUNNER_PID]: String(process.pid) },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
    });
    let error: string | undefined;
    for (const stream of [worker.stdout, worker.stderr]) {
      readLines(
        stream,
        MAX_OUTPUT_LENGTH,
        (line) => onOutput(task.file, line),
        () => {},
      );
    }
    worker.on('message', (message: unknown) => listener.onMessage(message, clock.monoMs(), clock.unixMs()));
    worker.on('messageerror', () => listener.onMessage(undefined, clock.monoMs(), clock.unixMs()));
    worker.on('error', (cause: unknown) => {
      error = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    });
    worker.on('exit', (code) => listener.onEnd(error ?? `exit code ${code}`, clock.monoMs()));
    return {
      post: (message) => worker.postMessage(message),
      terminate: () => void worker.terminate(),
    };
  };
}
