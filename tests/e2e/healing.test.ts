/**
 * What a socket, a connector or a runner missed is read again: every trade is there once and in its order, measured against the
 * exchange's own log of executions. What REST does not reach stays a gap with exact ends. Real processes and sockets on loopback.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkLedger, executedSoFar, type GapRow, type LedgerSummary } from '../helpers/ledger.ts';
import {
  changeFlow,
  childOf,
  clearFaults,
  type Exchange,
  fault,
  type Runner,
  startExchange,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const seed = 'healing';
const markets = ['linear', 'spot'];
const both = { SYMBOLS: 'BTCUSDT,spot:BTCUSDT', SUBSCRIPTIONS: 'trades', WEBSOCKET_BUFFER_SIZE: '100000' };

async function tradesSeen(runner: Runner): Promise<number> {
  return (await runner.get<{ trades: { total_count: number } }>('/metrics')).trades.total_count;
}

async function untilMoreTrades(runner: Runner, more = 30): Promise<void> {
  const before = await tradesSeen(runner);
  await until('trades flow', async () => (await tradesSeen(runner)) >= before + more);
}

/** What counts against the exchange's limit of new connections. */
function connectionsOf({ dataDir }: Runner): readonly string[] {
  return readFileSync(path.join(dataDir, 'connections.log'), 'utf8').trimEnd().split('\n');
}

async function gapsOf(runner: Runner, category: string): Promise<readonly GapRow[]> {
  return (await runner.get<GapRow[]>('/gaps?channel=trades')).filter((gap) => gap.category === category);
}

async function untilGaps(runner: Runner, category: string, state: string, count = 1): Promise<void> {
  await until(
    `${category} has ${count} gaps ${state}`,
    async () => (await gapsOf(runner, category)).filter((gap) => gap.state === state).length >= count,
    15_000,
  );
}

/**
 * Withholds all data until so many trades were executed in each market, then cuts the sockets. (With a set rate a market
 * to which nobody listens stands still, so that a mere cut would miss next to nothing.) `next` is the fault under which
 * the connector comes back.
 */
async function missTrades(
  exchange: Exchange,
  trades: number,
  categories: readonly string[],
  next?: object,
): Promise<void> {
  const wanted = new Map<string, number>();
  await fault(exchange, { kind: 'mute' });
  for (const category of categories) wanted.set(category, (await executed(exchange, category)) + trades);
  for (const [category, count] of wanted)
    await until(`${category} has moved`, async () => (await executed(exchange, category)) >= count, 20_000);
  // Nobody comes back before the mute is over: what it withheld then would be lost untold.
  await fault(exchange, { kind: 'refuse_connections', status: 503 });
  await fault(exchange, { kind: 'drop' });
  await clearFaults(exchange);
  if (next !== undefined) await fault(exchange, next);
}

function executed(exchange: Exchange, category: string): Promise<number> {
  return executedSoFar(exchange, category, 'BTCUSDT');
}

function outcomes({ gaps }: LedgerSummary): readonly string[] {
  return gaps.map(({ cause, state, healed_by }) => `${cause} ${state} ${healed_by ?? ''}`.trim());
}

test('sockets that are lost for some seconds: every trade is there once and in order, and the gaps are healed', async () => {
  const exchange = await startExchange('--rate', '20', '--seed', seed);
  const runner = await startRunnerOn(exchange, both);
  await untilReady(runner);
  await untilMoreTrades(runner, 10);
  for (const category of markets)
    await until(`${category} has begun`, async () => {
      const seen = await runner.get<readonly unknown[]>(`/trades?category=${category}&limit=1`);
      return seen.length > 0;
    });
  await missTrades(exchange, 20, markets);
  for (const category of markets) {
    await untilGaps(runner, category, 'healed');
    // A busy machine may lose the socket once more.
    await until(`${category} is whole`, async () =>
      (await gapsOf(runner, category)).every(({ state }) => state !== 'open'),
    );
  }
  await untilReady(runner);
  await untilMoreTrades(runner, 10);
  for (const category of markets) {
    const ledger = await checkLedger(exchange, runner, category);
    assert.deepEqual([...new Set(outcomes(ledger))], ['socket_lost healed recent_trades']);
    assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
    assert.ok(
      ledger.gaps.some(({ recovered }) => (recovered ?? 0) > 0),
      'something was missed and read again',
    );
  }
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['duplicates'], counts['jumps']], [0, 0]);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('a break longer than the 60 rows of spot leaves exactly what is older as a gap; linear is whole', async () => {
  const exchange = await startExchange('--rate', '300', '--seed', seed);
  const runner = await startRunnerOn(exchange, both);
  await untilReady(runner);
  await untilMoreTrades(runner);
  await missTrades(exchange, 200, markets);
  await until('the break has ended', async () =>
    (await gapsOf(runner, 'spot')).some(({ to }) => to !== null),
  );
  await untilGaps(runner, 'linear', 'healed');
  await untilMoreTrades(runner, 100);
  const linear = await checkLedger(exchange, runner, 'linear');
  assert.deepEqual(outcomes(linear), ['socket_lost healed recent_trades']);
  const spot = await checkLedger(exchange, runner, 'spot');
  assert.ok(spot.inGaps >= 120, `${spot.inGaps} of ${spot.executed} are out of reach`);
  const open = spot.gaps.filter(({ state }) => state === 'open');
  assert.equal(open.length, 1, JSON.stringify(spot.gaps));
  assert.equal(spot.executed - spot.onTape, spot.inGaps);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('live trades flow soon, and what was missed follows, while REST', async (t) => {
  const exchange = await startExchange('--rate', '100', '--seed', seed);
  const runner = await startRunnerOn(exchange, { ...both, SYMBOLS: 'BTCUSDT' });
  let breaks = 0;
  for (const [what, body] of [
    ['fails', { kind: 'rest_error', path: '/v5/market/recent-trade', http_status: 502, calls: 3 }],
    ['answers late', { kind: 'rest_delay', path: '/v5/market/recent-trade', delay_ms: 2_500, ms: 6_000 }],
    ['lags', { kind: 'rest_stale', lag_ms: 1_500, ms: 4_000 }],
    ['cuts its answers', { kind: 'rest_truncated', path: '/v5/market/recent-trade', calls: 2 }],
    ['says too often', { kind: 'rate_limit', calls: 2 }],
  ] as const)
    await t.test(what, async () => {
      await untilReady(runner);
      await untilMoreTrades(runner);
      await missTrades(exchange, 30, ['linear'], body);
      breaks += 1;
      await untilGaps(runner, 'linear', 'healed', breaks);
      const ledger = await checkLedger(exchange, runner);
      assert.deepEqual(outcomes(ledger), Array(breaks).fill('socket_lost healed recent_trades'));
      assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
      await clearFaults(exchange);
    });
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('an address that is shut out: the gap stays open with its ends, live trades flow, and it is told why', async () => {
  const exchange = await startExchange('--rate', '60', '--seed', seed);
  const runner = await startRunnerOn(exchange, { ...both, SYMBOLS: 'BTCUSDT' });
  await untilReady(runner);
  await untilMoreTrades(runner);
  await missTrades(exchange, 20, ['linear'], { kind: 'ban', ms: 60_000 });
  await until('the gap has its end', async () =>
    (await gapsOf(runner, 'linear')).some(({ to }) => to !== null),
  );
  await untilMoreTrades(runner);
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(outcomes(ledger), ['socket_lost open']);
  assert.ok(ledger.inGaps > 0);
  await until('it is told why', () =>
    runner.stderr.some((line) => line.includes('the newest trades of linear BTCUSDT could not be read')),
  );
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('kill -9 of the connector: the next one heals from where the runner had seen', async () => {
  const exchange = await startExchange('--rate', '200', '--seed', seed);
  const runner = await startRunnerOn(exchange, both);
  await untilReady(runner);
  await untilMoreTrades(runner, 10);
  const { pid } = await childOf(runner);
  assert.ok(pid);
  const opened = connectionsOf(runner);
  assert.ok(opened.length >= markets.length, 'each connection is written down as it is opened');
  process.kill(pid, 'SIGKILL');
  // How far the 60 rows of spot reach depends on how soon the machine has started the next one.
  await untilGaps(runner, 'linear', 'healed');
  await untilMoreTrades(runner, 10);
  await checkLedger(exchange, runner, 'spot');
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(outcomes(ledger), ['child_died healed recent_trades']);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  assert.ok((ledger.gaps[0]?.recovered ?? 0) > 0, 'something was missed and read again');
  const after = connectionsOf(runner);
  assert.deepEqual(after.slice(0, opened.length), opened, 'the next child knows what was opened before it');
  assert.ok(after.length >= opened.length + markets.length, 'and its own connections count, too');
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('kill -9 of the connector while a gap with both ends waits for REST: the next one heals that, too', async () => {
  const exchange = await startExchange('--rate', '60', '--seed', seed);
  const runner = await startRunnerOn(exchange, { ...both, SYMBOLS: 'BTCUSDT' });
  await untilReady(runner);
  await untilMoreTrades(runner);
  const slow = { kind: 'rest_delay', path: '/v5/market/recent-trade', delay_ms: 6_000, ms: 3_000 };
  await missTrades(exchange, 20, ['linear'], slow);
  await until('the gap has its end and is not healed', async () =>
    (await gapsOf(runner, 'linear')).some(({ to, state }) => to !== null && state === 'open'),
  );
  const { pid } = await childOf(runner);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await until('both are healed', async () => {
    const gaps = await gapsOf(runner, 'linear');
    return gaps.length === 2 && gaps.every(({ state }) => state === 'healed');
  });
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(outcomes(ledger).toSorted(), [
    'child_died healed recent_trades',
    'socket_lost healed recent_trades',
  ]);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('kill -9 of the runner: its next life heals what it was not there for', async () => {
  const exchange = await startExchange('--rate', '20', '--seed', seed);
  const env = { ...both, SYMBOLS: 'BTCUSDT', DATA_DIR: temporaryFolder(), TIME_SCALE: '0.2' };
  const first = await startRunnerOn(exchange, env);
  await untilReady(first);
  await until('what it follows is in the ledger', async () => {
    const { topics } = await first.get<{ topics: unknown[] }>('/coverage');
    return topics.length > 0;
  });
  await untilMoreTrades(first, 100);
  await first.stop('SIGKILL');
  const second = await startRunnerOn(exchange, env);
  await untilReady(second);
  await until('what was missed is healed', async () =>
    (await gapsOf(second, 'linear')).some(
      ({ cause, state, healed_by }) =>
        cause === 'runner_stopped' && state === 'healed' && healed_by === 'recent_trades',
    ),
  );
  const ledger = await checkLedger(exchange, second);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  assert.ok((ledger.gaps[0]?.recovered ?? 0) > 0);
  assert.equal(await second.stop(), 0);
  await exchange.stop();
});

test('a market at rest: lost sockets are healed although nothing is traded', async () => {
  const exchange = await startExchange('--rate', '50', '--seed', seed);
  const runner = await startRunnerOn(exchange, { ...both, TIME_SCALE: '0.2' });
  await untilReady(runner);
  await untilMoreTrades(runner);
  await fetch(`${exchange.url}/sim/flow`, { method: 'POST', body: JSON.stringify({ paused: true }) });
  await fault(exchange, { kind: 'drop' });
  for (const category of markets) await untilGaps(runner, category, 'healed');
  await fetch(`${exchange.url}/sim/flow`, { method: 'POST', body: JSON.stringify({ paused: false }) });
  await changeFlow(exchange, { rate: 50 });
  await untilMoreTrades(runner);
  for (const category of markets) {
    const ledger = await checkLedger(exchange, runner, category);
    assert.ok(
      ledger.gaps.every(({ state }) => state === 'healed'),
      JSON.stringify(ledger.gaps),
    );
    assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  }
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
