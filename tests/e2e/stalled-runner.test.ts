/**
 * A runner that is stopped for a while (SIGSTOP) finds the same child afterwards, in bounded memory, with line numbers
 * without a jump, and knows exactly what it could not be told. 30 s at 5,000 frames/s in full; 8 s in the ordinary run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkLedger } from '../helpers/ledger.ts';
import { childOf, startExchange, startRunnerOn, untilReady } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const full = process.env['PROVE'] === '1';
const seed = 'stalled-runner';
const stoppedMs = full ? 30_000 : 8_000;

function rssOf(pid: number): number {
  return (
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1_024
  );
}

test('SIGSTOP of the runner: the same child, bounded, nothing lost without being told', {
  timeout: 180_000,
  skip: process.platform !== 'linux' && 'reads /proc',
}, async (t) => {
  t.diagnostic(`seed ${seed}; stopped for ${stoppedMs / 1_000} s`);
  const exchange = await startExchange('--rate', '5000', '--trades-per-frame', '4', '--seed', seed);
  const runner = await startRunnerOn(exchange, { WEBSOCKET_BUFFER_SIZE: '200000' });
  await untilReady(runner);
  const before = await childOf(runner);
  assert.ok(before.pid);
  process.kill(runner.pid, 'SIGSTOP');
  const wakeAt = performance.now() + stoppedMs;
  let peak = 0;
  await until(
    'the runner has slept long enough',
    () => {
      peak = Math.max(peak, rssOf(before.pid ?? 0));
      return performance.now() >= wakeAt;
    },
    stoppedMs + 5_000,
  );
  process.kill(runner.pid, 'SIGCONT');
  await fetch(`${exchange.url}/sim/flow`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"rate":200}',
  });
  await until('the book is valid again', async () => (await runner.status('/orderbook')) === 200, 60_000);
  const after = await childOf(runner);
  assert.equal(after.pid, before.pid, 'the same child');
  assert.equal(after.restarts, 0);
  assert.ok(peak < 200 * 1024 * 1024, `the child used ${Math.round(peak / 1024 / 1024)} MiB`);
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.equal(counts['jumps'], 0, 'n has no jump');
  const ledger = await checkLedger(exchange, runner);
  assert.ok(ledger.executed > 1_000);
  if (full)
    assert.deepEqual(
      [...new Set(ledger.gaps.map(({ cause }) => cause))],
      ledger.gaps.length > 0 ? ['overload'] : [],
    );
  assert.equal(await runner.stop(), 0);
});
