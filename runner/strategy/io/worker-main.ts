/** The thread of one strategy: imports the user's file, then works off batches until it is ended. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Result } from '../../../shared/errors.ts';
import type { Strategy } from '../api.ts';
import { type PackedBatch, unpackBatch } from '../batch-codec.ts';
import type { BatchMessage, WorkerMessage, WorkerTask } from '../messages.ts';
import { strategyOf, unusable } from '../strategy-module.ts';
import { describeError, StrategyRun } from '../strategy-run.ts';

/** Within a batch, a word that we are alive after this long: slow is not stuck. */
const ALIVE_EVERY_MS = 250;

const task = workerData as WorkerTask;

function say(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

async function load(): Promise<Result<Strategy, string>> {
  const { file, instruments } = task;
  if (!existsSync(file)) return unusable(file, 'does not exist; look at STRATEGIES');
  try {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    return strategyOf(module, file, { instruments });
  } catch (error) {
    return unusable(file, `cannot be loaded: ${describeError(error, file)}`);
  }
}

function workOff(run: StrategyRun, { batch, events }: BatchMessage): void {
  let saidAt = performance.now();
  for (const [index, event] of events.entries()) {
    run.deliver(event);
    if (performance.now() - saidAt > ALIVE_EVERY_MS) {
      say({ kind: 'alive', batch, done: index + 1 });
      saidAt = performance.now();
    }
  }
  say(run.answer(batch));
}

const loaded = await load();
if (loaded.ok) {
  const run = new StrategyRun(loaded.value, task.file);
  parentPort?.on('message', (message: PackedBatch) => workOff(run, unpackBatch(message)));
  const { name, needs } = loaded.value;
  say({ kind: 'loaded', name, ...(needs === undefined ? {} : { needs: [...needs] }) });
} else {
  say({ kind: 'unusable', reason: loaded.failure });
}
