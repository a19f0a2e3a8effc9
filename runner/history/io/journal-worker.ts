/** The thread that writes recorded trades: files of hundreds of symbols, and a disk that has to confirm them, must not hold up the feed. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../shared/errors.ts';
import { historyPolicy } from '../../../shared/history-policy.ts';
import { bootId } from '../../../shared/io/boot-id.ts';
import type { JournalBatch, JournalWritten } from '../messages.ts';
import { JournalFiles } from './journal-files.ts';

assert(parentPort !== null, 'the journal is written by a thread of its own');
const port = parentPort;
const root: unknown = workerData;
assert(typeof root === 'string', 'the thread of the journal is told its folder');
const run = randomBytes(4).toString('hex');
const files = new JournalFiles(root, { boot: bootId(), run, ...historyPolicy().recording });
port.on('message', (batch: JournalBatch) => {
  const written: JournalWritten = files.write(batch);
  port.postMessage({ number: batch.number, written });
});
