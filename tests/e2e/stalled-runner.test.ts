/**
 * A runner that is stopped for a while (SIGSTOP) finds the same child afterwards, in bounded memory, with line numbers
 * without a jump. 30 s at 5,000 frames/s in full; 8 s in the ordinary run. The depth that waits is given up before any
 * trade, which is why every trade is there afterwards; overload.test.ts goes on until trades find no room either.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLedger } from '../helpers/ledger.ts';
import { residentBytes } from '../helpers/memory.ts';
import {
  changeFlow,
  childOf,
  exchangeStats,
  startExchange,
  startRunnerOn,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const full = process.env['PROVE'] === '1';
const seed = 'stalled-runner';
const stoppedMs = full ? 30_000 : 8_000;

/** What the exchange is asked to send. */
const framesPerSecond = 5_000;
/** A machine that does other things at the same time may make fewer. */
const leastShare = full ? 0.9 : 0.5;

test('SIGSTOP of the runner: the same child, bounded, and every trade afterwards', {
  timeout: 180_000,
  skip: process.platform !== 'linux' && 'reads /proc',
}, async (t) => {
  const flow = ['--rate', String(framesPerSecond), '--trades-per-frame', '4'];
  const exchange = await startExchange(...flow, '--seed', seed);
  const runner = await startRunnerOn(exchange, { WEBSOCKET_BUFFER_SIZE: '200000' });
  await untilReady(runner);
  const before = await childOf(runner);
  assert.ok(before.pid);
  const start = await exchangeStats(exchange);
  process.kill(runner.pid, 'SIGSTOP');
  const stoppedAt = performance.now();
  let peak = 0;
  await until(
    'the runner has slept long enough',
    () => {
      peak = Math.max(peak, residentBytes(before.pid ?? 0));
      return performance.now() >= stoppedAt + stoppedMs;
    },
    stoppedMs + 5_000,
  );
  const seconds = (performance.now() - stoppedAt) / 1_000;
  const frames = (await exchangeStats(exchange)).frames - start.frames;
  process.kill(runner.pid, 'SIGCONT');
  await changeFlow(exchange, { rate: 200 });
  await until('the book is valid again', async () => (await runner.status('/orderbook')) === 200, 60_000);
  const after = await childOf(runner);
  assert.equal(after.pid, before.pid, 'the same child');
  assert.equal(after.restarts, 0);
  assert.ok(peak < 200_000_000, `the child used ${Math.round(peak / 1024 / 1024)} MiB`);
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.equal(counts['jumps'], 0, 'n has no jump');
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(ledger.gaps, [], 'no trade had to be given up');
  t.diagnostic(
    `seed ${seed}; stopped for ${seconds.toFixed(1)} s at ${Math.round(frames / seconds)} frames/s; ` +
      `connector at most ${Math.round(peak / 1024 ** 2)} MiB; ${ledger.executed} executions, all on the tape`,
  );
  assert.ok(frames >= leastShare * framesPerSecond * seconds, `only ${frames} frames in ${seconds} s`);
  assert.ok(ledger.executed > 1_000);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
