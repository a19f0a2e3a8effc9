/** Spreads seeds over processes: a run is one thread's work, and a run shares nothing with another. */
import { fork } from 'node:child_process';
import path from 'node:path';
import type { Outcome } from '../../tests/simulation/run.ts';

/** Young objects of a run die together; with room for them the collector has little to do (a tenth of the time). */
const FLAGS = ['--max-semi-space-size=32'];
const program = path.join(import.meta.dirname, 'worker.ts');

export type Series = {
  readonly seeds: readonly string[];
  readonly workers: number;
  /** Hears of each run as it ends. */
  readonly onOutcome: (outcome: Outcome) => void;
};

/** Runs all seeds. Rejects when a worker ends before its work. */
export async function runSeries({ seeds, workers, onOutcome }: Series): Promise<void> {
  const waiting = [...seeds];
  await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, () => work(waiting, onOutcome)));
}

function work(waiting: string[], onOutcome: Series['onOutcome']): Promise<void> {
  const worker = fork(program, { execArgv: FLAGS, serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    let current: string | undefined;
    const next = (): void => {
      current = waiting.shift();
      if (current === undefined) worker.disconnect();
      else worker.send(current);
    };
    worker.on('message', (outcome: Outcome) => {
      onOutcome(outcome);
      next();
    });
    worker.on('exit', (code, signal) => {
      if (current === undefined) resolve();
      else reject(new Error(`the process that ran seed ${current} ended with ${signal ?? code}`));
    });
    next();
  });
}
