/**
 * A reader that does not read for so long that the queue of 32 MiB overflows with trades alone: what finds no room is told as
 * one gap a symbol, with its exact ends and its exact number, and the exchange's own log of executions agrees.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLedger, type GapRow } from '../helpers/ledger.ts';
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

const seed = 'overload';
const instruments = [
  ['linear', 'BTCUSDT'],
  ['spot', 'BTCUSDT'],
] as const;
/** Lines of trades have about 260 characters: the queue and the pipe hold some 130,000 of them. */
const enough = 160_000;
const tradesPerFrame = 25;

test('overload: each execution is on the tape or in exactly one gap, which tells its ends and its number', {
  timeout: 120_000,
  skip: process.platform !== 'linux' && 'reads /proc',
}, async (t) => {
  const flow = ['--rate', '2000', '--trades-per-frame', String(tradesPerFrame)];
  const exchange = await startExchange(...flow, '--seed', seed);
  const runner = await startRunnerOn(exchange, {
    SYMBOLS: instruments.map((words) => words.join(':')).join(','),
    SUBSCRIPTIONS: 'trades',
    WEBSOCKET_BUFFER_SIZE: '150000',
  });
  await untilReady(runner);
  const before = await childOf(runner);
  assert.ok(before.pid);
  const start = await exchangeStats(exchange);
  process.kill(runner.pid, 'SIGSTOP');
  const executedMeanwhile = async () => (await exchangeStats(exchange)).executions - start.executions;
  await until('more was executed than has room', async () => (await executedMeanwhile()) >= enough, 60_000);
  const frames = (await exchangeStats(exchange)).frames - start.frames;
  const memory = residentBytes(before.pid);
  await changeFlow(exchange, { rate: 100 });
  process.kill(runner.pid, 'SIGCONT');

  // Before the runner has read what waits, it knows of no gap, and after that of none whose end has not come.
  const endedGaps = async () => (await runner.get<GapRow[]>('/gaps')).filter(({ to }) => to !== null);
  await until('all gaps have ended', async () => (await endedGaps()).length >= instruments.length, 30_000);
  for (const [category, symbol] of instruments) {
    const ledger = await checkLedger(exchange, runner, category, symbol);
    assert.deepEqual(
      ledger.gaps.map(({ cause, missing }) => ({ cause, missing })),
      [{ cause: 'overload', missing: ledger.inGaps }],
    );
    assert.ok(ledger.inGaps > 1_000, `only ${ledger.inGaps} executions found no room`);
    t.diagnostic(
      `${category} ${symbol}: ${ledger.executed} executions, ${ledger.onTape} on the tape, ${ledger.inGaps} in one gap`,
    );
  }
  t.diagnostic(`seed ${seed}; ${frames} frames sent; connector ${Math.round(memory / 1024 ** 2)} MiB`);
  assert.ok(frames >= enough / tradesPerFrame, `only ${frames} frames were sent`);
  assert.ok(memory < 200_000_000, `the connector used ${Math.round(memory / 1024 ** 2)} MiB`);
  const after = await childOf(runner);
  assert.deepEqual([after.pid, after.restarts], [before.pid, 0], 'the same child');
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['jumps'], counts['duplicates'], counts['bad_lines']], [0, 0, 0]);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
