/**
 * Loaded into every measured process by NODE_OPTIONS=--import: on SIGUSR2 it collects garbage and writes its memory down.
 *
 * Collecting needs --expose-gc (also in NODE_OPTIONS); it changes nothing before it is used.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** The environment variable that names the folder for the answers, one file `<pid>.json` a process. */
const PROBE_FOLDER = 'BENCH_PROBE_FOLDER';

const folder = process.env[PROBE_FOLDER];
if (isMainThread && folder !== undefined) {
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed } = process.memoryUsage();
    writeFileSync(path.join(folder, `${process.pid}.json`), JSON.stringify({ heapUsed }));
  });
}
