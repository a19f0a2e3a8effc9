/** The thread of the journal behind a port: started when the first batch is to be written, and anew after it has ended. */
import { Worker } from 'node:worker_threads';
import { ok, type Result } from '../../../shared/errors.ts';
import type { JournalWritten, WriteJournal } from '../messages.ts';

/** Of a batch of the most trades that may wait the texts take some 50 MB; it is seldom more than one. */
const MAX_HEAP_MB = 256;
/** Texts live for one batch: a small nursery costs no time. */
const YOUNG_HEAP_MB = 8;

type Answer = { readonly number: number; readonly written: JournalWritten };
type Waiting = Map<number, (result: Result<JournalWritten, string>) => void>;

export type JournalThread = {
  readonly write: WriteJournal;
  /** Ends the thread, whatever it is doing. */
  readonly close: () => Promise<void>;
};

/** `root`: the folder of all recordings. */
export function journalThread(root: string): JournalThread {
  const waiting: Waiting = new Map();
  let worker: Worker | undefined;
  return {
    write: (batch) => {
      const thread = worker ?? startThread(root, waiting, () => (worker = undefined));
      worker = thread;
      // An answer that somebody waits for is a reason to go on living.
      thread.ref();
      return new Promise((resolve) => {
        waiting.set(batch.number, (result) => {
          if (waiting.size === 0) thread.unref();
          resolve(result);
        });
        thread.postMessage(batch);
      });
    },
    close: async () => {
      await worker?.terminate();
    },
  };
}

function startThread(root: string, waiting: Waiting, ended: () => void): Worker {
  const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), {
    workerData: root,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
  });
  let cause = 'its thread ended';
  worker.on('message', ({ number, written }: Answer) => {
    const resolve = waiting.get(number);
    waiting.delete(number);
    resolve?.(ok(written));
  });
  worker.on('error', (error: unknown) => {
    cause = error instanceof Error ? error.message : String(error);
  });
  worker.on('exit', () => {
    ended();
    const lost = [...waiting.values()];
    waiting.clear();
    for (const resolve of lost) resolve({ ok: false, failure: cause });
  });
  return worker;
}
