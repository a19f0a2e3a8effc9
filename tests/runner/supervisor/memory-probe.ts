/**
 * Runs the supervisor over one fixture in this process and prints how much memory it grew: node --expose-gc memory-probe.ts FIXTURE
 *
 * Memory is heap and buffers after a collection, sampled while the child goes on with what it does; the highest sample
 * counts, against the first one after the child was ready.
 */
import { until } from '../../helpers/until.ts';
import { fixtureCommand, openWorld } from './world.ts';

const ENOUGH_LINES = 600_000;
const ENOUGH_STDERR_BYTES = 100_000_000;
const ENOUGH_MS = 2_500;

const file = process.argv[2] ?? '';
const world = openWorld(fixtureCommand(file));
const { supervisor } = world;
supervisor.start();
await until('the child is ready', () => supervisor.report().ready);
const base = memoryAfterCollection();
let highest = base;
const end = performance.now() + ENOUGH_MS;
while (performance.now() < end) {
  for (let count = 0; count < 200; count += 1) supervisor.send({ command: 'ping', id: 'x'.repeat(200) });
  await new Promise((resolve) => setTimeout(resolve, 100));
  highest = Math.max(highest, memoryAfterCollection());
  const { stderr_bytes } = supervisor.report();
  if (world.lines() > ENOUGH_LINES || stderr_bytes > ENOUGH_STDERR_BYTES) break;
}
const { lines, stderr_bytes, restarts, too_long } = supervisor.report();
await supervisor.stop();
process.stdout.write(
  `${JSON.stringify({ growth_bytes: highest - base, lines, stderr_bytes, restarts, too_long })}\n`,
);

function memoryAfterCollection(): number {
  if (globalThis.gc === undefined) throw new Error('start me with --expose-gc');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
