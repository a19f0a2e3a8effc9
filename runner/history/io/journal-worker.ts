/** The thread that writes recorded trades: a disk that has to confirm some hundred files a second must not hold up the feed. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../shared/errors.ts';
import type { JournalBatch, JournalWritten } from '../messages.ts';
import { JournalFiles } from './journal-files.ts';

assert(parentPort !== null, 'the journal is written by a thread of its own');
const port = parentPort;
const root: unknown = workerData;
assert(typeof root === 'string', 'the thread of the journal is told its folder');
const files = new JournalFiles(root);
port.on('message', (batch: JournalBatch) => {
  const written: JournalWritten = files.write(batch);
  port.postMessage({ number: batch.number, written });
});
