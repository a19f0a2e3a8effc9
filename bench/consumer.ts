/**
 * The end of the way in every client: counts trades, checks their order, measures how late they came.
 *
 * The same code in all four, so that it costs all four the same: a few nanoseconds a trade, and a clock reading a trade
 * while frames are paced.
 */
import { connect } from 'node:net';
import { CONTROL_PORT, type Latency, type Phase, readLines, writeLine } from './control.ts';
import { bookHash } from './frames.ts';

type Book = Parameters<typeof bookHash>[0];

/** What a client calls with the id of each trade, as a number. `book` is asked once all trades of a phase have come. */
export function startConsumer(book?: () => Book): (id: number) => void {
  const socket = connect(Number(process.env[CONTROL_PORT]), '127.0.0.1');
  let phase: Phase | undefined;
  let latencies = new Float64Array(0);
  let seen = 0;
  let jumps = 0;
  let expectedId = 0;
  const offsetMs = monotonicOffsetMs();

  writeLine(socket, { kind: 'hello' });
  readLines(socket, (value) => {
    phase = value as Phase;
    latencies = new Float64Array(phase.paced === null ? 0 : phase.trades);
    seen = 0;
    jumps = 0;
    expectedId = phase.firstId;
    writeLine(socket, { kind: 'armed' });
  });

  const finish = (lastId: number): void => {
    const told = { kind: 'done', trades: seen, lastId, jumps, latency: summary(latencies) } as const;
    const heapBytes = process.memoryUsage().heapUsed;
    writeLine(socket, { ...told, bookHash: book === undefined ? null : bookHash(book()), heapBytes });
  };

  return (id) => {
    if (phase === undefined) return;
    if (id !== expectedId) jumps += 1;
    expectedId = id + 1;
    if (phase.paced !== null) {
      const frame = 2 * Math.floor((id - phase.firstId) / phase.tradesPerFrame) + 1;
      const dueMs = phase.paced.startNs / 1e6 + (frame * 1e3) / phase.paced.framesPerSecond;
      latencies[seen] = performance.now() + offsetMs - dueMs;
    }
    seen += 1;
    if (seen === phase.trades) finish(id);
    else if (seen % phase.reportEvery === 0) writeLine(socket, { kind: 'progress', trades: seen });
  };
}

/**
 * What makes the system's monotonic clock of performance.now(), which is cheaper than hrtime. The smallest of some
 * differences counts: the first call loads code, and a thread may be interrupted between two readings.
 */
function monotonicOffsetMs(): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const now = performance.now();
    smallest = Math.min(smallest, Number(process.hrtime.bigint()) / 1e6 - now);
  }
  return smallest;
}

function summary(latencies: Float64Array): Latency | null {
  if (latencies.length === 0) return null;
  const sorted = latencies.toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
