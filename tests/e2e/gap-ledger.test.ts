/** The ledger of gaps outlives the runner: killed with SIGKILL, its next life knows from where on nothing was seen. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { executions, type GapRow } from '../helpers/ledger.ts';
import {
  type Runner,
  root,
  startExchange,
  startRunner,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const seed = 'gap-ledger';
const trades = '/gaps?channel=trades';

async function untilTrades(runner: Runner, count: number): Promise<void> {
  await until('trades flow', async () => {
    const { trades: seen } = await runner.get<{ trades: { total_count: number } }>('/metrics');
    return seen.total_count >= count;
  });
}

async function stoppedGap(runner: Runner): Promise<GapRow | undefined> {
  return (await runner.get<GapRow[]>(trades)).find(({ cause }) => cause === 'runner_stopped');
}

test('kill -9 of the runner: after its restart the time between is a gap with both its ends, and the day is not whole', async () => {
  const exchange = await startExchange('--rate', '200', '--seed', seed);
  const env = { DATA_DIR: temporaryFolder(), TIME_SCALE: '1' };
  const first = await startRunnerOn(exchange, env);
  await untilReady(first);
  await untilTrades(first, 50);
  await until('the topics are in the ledger', async () => {
    const { topics } = await first.get<{ topics: { topic: string }[] }>('/coverage');
    return topics.some(({ topic }) => topic === 'trades:linear:BTCUSDT');
  });
  await until('the runner has told that it lives', () => untilTrades(first, 150).then(() => true));
  const [newest] = await first.get<{ trade_id: string }[]>('/trades?limit=1');
  await first.stop('SIGKILL');

  const second = await startRunnerOn(exchange, env);
  await untilReady(second);
  await untilTrades(second, 20);
  const gap = await until('the gap has an end', async () => {
    const found = await stoppedGap(second);
    return found?.to === null ? undefined : found;
  });
  const truth = (await executions(exchange, 'linear', 'BTCUSDT')).map(({ id }) => id);
  const at = (id: string | undefined): number => truth.indexOf(id ?? '');
  assert.ok(at(gap.from?.trade_id) >= 0, 'it begins with a trade that there was');
  assert.ok(at(gap.from?.trade_id) <= at(newest?.trade_id), 'not after the last one that was seen');
  assert.ok(at(gap.to?.trade_id) > at(newest?.trade_id), 'it ends after the kill');
  const tape = await second.get<{ trade_id: string }[]>('/trades?limit=1000');
  assert.ok(
    tape.some(({ trade_id }) => trade_id === gap.to?.trade_id),
    'with a trade that was seen',
  );
  const { topics } = await second.get<{
    topics: { topic: string; followed_seconds: number; live_percent: number }[];
  }>('/coverage');
  const covered = topics.find(({ topic }) => topic === 'trades:linear:BTCUSDT');
  assert.ok(covered !== undefined && covered.live_percent < 100, JSON.stringify(topics));

  // A clean stop leaves a gap too, which begins exactly where the runner ended.
  assert.equal(await second.stop(), 0);
  const third = await startRunnerOn(exchange, env);
  await untilReady(third);
  await untilTrades(third, 1);
  const all = await third.get<GapRow[]>(trades);
  assert.equal(
    all.filter(({ cause }) => cause === 'runner_stopped').length,
    2,
    'those of all runs are listed',
  );
  assert.equal(await third.stop(), 0);
  await exchange.stop();
});

test('kill -9 of a runner that learns only from its connector where the data are from: the time between is a gap all the same', async () => {
  const env = {
    DATA_DIR: temporaryFolder(),
    CONNECTOR_COMMAND: `node ${path.join(root, 'tests', 'fixtures', 'children', 'streams-by-the-clock.mjs')}`,
    SYMBOL: 'BTCUSDT',
    SUBSCRIPTIONS: 'trades',
    TIME_SCALE: '1',
  };
  const first = await startRunner(env);
  await untilTrades(first, 50);
  await until('the topic and that the runner lives are written', async () => {
    const { topics } = await first.get<{ topics: { followed_seconds: number }[] }>('/coverage');
    return topics.some(({ followed_seconds }) => followed_seconds >= 1);
  });
  await first.stop('SIGKILL');
  const killedAt = Date.now();

  const second = await startRunner(env);
  const startedAt = Date.now();
  await untilTrades(second, 5);
  const gap = await until('the gap is told', () => stoppedGap(second));
  const [from, to] = [Number(gap.from?.trade_id), Number(gap.to?.trade_id)];
  assert.ok(from <= killedAt, `from ${from}, killed at ${killedAt}`);
  assert.ok(to > killedAt && to <= startedAt + 10_000, `to ${to}, killed at ${killedAt}`);
  const tape = await second.get<{ trade_id: string }[]>('/trades?limit=1000');
  assert.equal(tape.at(-1)?.trade_id, gap.to?.trade_id, 'it ends with the first trade of this run');
  assert.equal(await second.stop(), 0);
});
