/** What a stream needs of its process where a test does not look at that: a reader that always reads, and nothing to measure. */
import { memoryConnectionLog } from '../../connector/connection-budget.ts';
import type { StreamPorts } from '../../connector/stream.ts';

export function quietProcess(): Pick<
  StreamPorts,
  'connectionLog' | 'isBlocked' | 'readProcess' | 'record' | 'onShutdown'
> {
  return {
    connectionLog: memoryConnectionLog(300_000),
    isBlocked: () => false,
    readProcess: () => ({ cpuMicros: 1, wallMicros: 1, rssBytes: 1, heapBytes: 1 }),
    record: undefined,
    onShutdown: () => undefined,
  };
}
