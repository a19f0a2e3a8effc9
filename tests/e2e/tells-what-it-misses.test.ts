/**
 * It tells what it does not know: after every kill, drop and overload each execution is on the tape once or inside exactly
 * one gap with exact ends. Real processes and sockets on loopback.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLedger, type GapRow } from '../helpers/ledger.ts';
import {
  childOf,
  fault,
  isAlive,
  startExchange,
  startRunnerOn,
  untilReady,
  type WsHealth,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const seed = 'tells-what-it-misses';
/** The promise holds for a machine that is not busy otherwise; in the ordinary run other tests run beside this one. */
const eventsAgainWithinMs = process.env['PROVE'] === '1' ? 2_000 : 8_000;
const bigTape = { WEBSOCKET_BUFFER_SIZE: '100000' };

async function untilMoreTrades(runner: Awaited<ReturnType<typeof startRunnerOn>>, more = 20): Promise<void> {
  const stats = () =>
    runner.get<{ trades: { total_count: number } }>('/metrics').then(({ trades }) => trades.total_count);
  const before = await stats();
  await until('trades flow', async () => (await stats()) >= before + more);
}

test('kill -9 of the child: events again within 2 s, the restart and its cause in /ws/health, the hole with both ends', async (t) => {
  const exchange = await startExchange('--rate', '200', '--seed', seed);
  const runner = await startRunnerOn(exchange, bigTape);
  await untilReady(runner);
  await untilMoreTrades(runner);
  const { pid } = await childOf(runner);
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  const killedAt = performance.now();
  await until('another child is ready', async () => {
    const child = await childOf(runner);
    return child.restarts === 1 && child.state === 'ready';
  });
  await untilMoreTrades(runner, 1);
  const took = performance.now() - killedAt;
  const child = await childOf(runner);
  assert.equal(child.last_exit?.signal, 'SIGKILL');
  assert.match(child.last_exit?.cause ?? '', /SIGKILL/);
  assert.equal(isAlive(pid), false);
  await untilMoreTrades(runner);
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(
    ledger.gaps.map(({ cause }) => cause),
    ['child_died'],
  );
  t.diagnostic(`seed ${seed}; events again ${Math.round(took)} ms after the kill`);
  assert.ok(took < eventsAgainWithinMs, `${Math.round(took)} ms`);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('socket drops: every execution is on the tape or in a gap, on linear and on spot, and the books are right again', async () => {
  const exchange = await startExchange('--rate', '400', '--seed', seed);
  const runner = await startRunnerOn(exchange, { ...bigTape, SYMBOLS: 'BTCUSDT,spot:BTCUSDT' });
  await untilReady(runner);
  for (let drops = 1; drops <= 5; drops += 1) {
    await untilMoreTrades(runner, 10);
    await fault(exchange, { kind: 'drop' });
    await until(
      'both sockets are lost',
      async () => (await runner.get<WsHealth>('/ws/health')).connector.reconnection_attempts >= 2 * drops,
    );
    await until('the gaps are known', async () => (await runner.get<GapRow[]>('/gaps')).length >= drops);
    await untilReady(runner);
  }
  await untilMoreTrades(runner, 60);
  for (const category of ['linear', 'spot']) {
    const ledger = await checkLedger(exchange, runner, category);
    assert.ok(
      ledger.gaps.length >= 1 && ledger.gaps.every(({ cause }) => cause === 'socket_lost'),
      JSON.stringify(ledger.gaps),
    );
    await until(`the ${category} book equals the exchange's`, async () => {
      const query = `category=${category}&symbol=BTCUSDT`;
      const [mine, theirs] = await Promise.all([
        runner.get<{ valid: boolean; last_update_id: number; bids: number[][]; asks: number[][] }>(
          `/orderbook?levels=50&${query}`,
        ),
        fetch(`${exchange.url}/sim/book?${query}&depth=50`).then(
          (response) => response.json() as Promise<{ u: number; b: string[][]; a: string[][] }>,
        ),
      ]);
      if (!mine.valid || mine.last_update_id !== theirs.u) return false;
      const numbers = (side: string[][]) => side.map((level) => level.map(Number));
      assert.deepEqual([mine.bids, mine.asks], [numbers(theirs.b), numbers(theirs.a)]);
      return true;
    });
  }
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('duplicated frames reach the tape once', async () => {
  const exchange = await startExchange('--rate', '200', '--seed', seed);
  const runner = await startRunnerOn(exchange, bigTape);
  await untilReady(runner);
  await fault(exchange, { kind: 'duplicate_frame', topic: 'publicTrade.BTCUSDT', count: 20 });
  await until(
    'duplicates were seen',
    async () => (await runner.get<{ counts: { duplicates: number } }>('/metrics')).counts.duplicates >= 20,
  );
  const ledger = await checkLedger(exchange, runner);
  assert.deepEqual(ledger.gaps, []);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('a malformed frame and a skipped update id: the book is fetched anew and says so meanwhile, trades go on', async () => {
  const exchange = await startExchange('--rate', '200', '--seed', seed);
  const runner = await startRunnerOn(exchange, bigTape);
  await untilReady(runner);
  // What is missing before the first trade has no beginning.
  await untilMoreTrades(runner);
  await fault(exchange, { kind: 'malformed_frame' });
  await fault(exchange, { kind: 'skip_update', topic: 'orderbook.50.BTCUSDT' });
  await until('the resync was told', () =>
    runner.stderr.some((line) => line.includes('"event":"connector_resync"')),
  );
  await until('the book is valid', async () => (await runner.status('/orderbook')) === 200);
  await untilMoreTrades(runner);
  await checkLedger(exchange, runner);
  assert.equal((await childOf(runner)).restarts, 0);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
