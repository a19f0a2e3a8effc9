/**
 * Loaded into every measured process by NODE_OPTIONS=--import: on SIGUSR2 it collects garbage and writes its memory down.
 *
 * Collecting needs --expose-gc (also in NODE_OPTIONS); it changes nothing before it is used.
 */
import { EventEmitter } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** The environment variable that names the folder for the answers, one file `<pid>.json` a process. */
const PROBE_FOLDER = 'BENCH_PROBE_FOLDER';

/** What a process holds after a forced collection; of its main thread, but for `rss`. Bytes and counts. */
export type Held = {
  readonly heapUsed: number;
  /** Outside of the heap: buffers, native objects. */
  readonly external: number;
  readonly rss: number;
  /** What keeps the process alive, by kind: sockets, pipes, timers ... */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners on the process and on everything that keeps it alive. */
  readonly listeners: number;
};

const folder = process.env[PROBE_FOLDER];
if (isMainThread && folder !== undefined) {
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const held: Held = { heapUsed, external, rss, resources: countResources(), listeners: countListeners() };
    // Whoever waits for the file must not read half of it.
    const file = path.join(folder, `${process.pid}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(held));
    renameSync(`${file}.new`, file);
  });
}

function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function countListeners(): number {
  // Not documented, and the only way to the objects themselves.
  const getHandles: unknown = Reflect.get(process, '_getActiveHandles');
  const handles: unknown = typeof getHandles === 'function' ? Reflect.apply(getHandles, process, []) : [];
  let listeners = 0;
  for (const emitter of [process, ...(Array.isArray(handles) ? (handles as readonly unknown[]) : [])]) {
    if (!(emitter instanceof EventEmitter)) continue;
    for (const name of emitter.eventNames()) listeners += emitter.listenerCount(name);
  }
  return listeners;
}
