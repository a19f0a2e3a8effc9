/**
 * Candles whose close nobody told us are read again: each closed one is there exactly once, as the exchange made it.
 * Candles are minutes long, so this takes up to two of them: it runs with the long proofs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapRow } from '../helpers/ledger.ts';
import { clearFaults, fault, startExchange, startRunnerOn, untilReady } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Candle = { readonly start: string; readonly closed: boolean; readonly close: number };

test('the socket is down when a candle closes: the closed bar comes once, and the gap is healed by it', {
  timeout: 200_000,
  skip: process.env['PROVE'] !== '1' && 'takes two minutes; runs with PROVE=1',
}, async () => {
  const exchange = await startExchange('--rate', '50', '--seed', 'healing-candles');
  const runner = await startRunnerOn(exchange, { SUBSCRIPTIONS: 'kline.1' });
  await untilReady(runner);
  const candles = () => runner.get<Candle[]>('/klines?interval=1');
  await until('a candle closed', async () => (await candles()).some(({ closed }) => closed), 70_000);
  const gone = new Date((Date.parse((await candles())[0]?.start ?? '') || Date.now()) + 60_000);
  await until('it is soon time', () => Date.now() >= gone.getTime() - 2_000, 62_000);
  await fault(exchange, { kind: 'refuse_connections', status: 503 });
  await fault(exchange, { kind: 'drop' });
  await until('the close has passed', () => Date.now() >= gone.getTime() + 1_500, 10_000);
  await clearFaults(exchange);
  const gaps = () => runner.get<GapRow[]>('/gaps?channel=kline');
  await until('it is healed', async () => (await gaps()).some(({ state }) => state === 'healed'), 20_000);
  assert.deepEqual(
    (await gaps()).map(({ cause, state, healed_by, recovered }) => [cause, state, healed_by, recovered]),
    [['socket_lost', 'healed', 'klines', 1]],
  );
  const closed = (await candles()).filter((candle) => candle.closed);
  assert.equal(new Set(closed.map(({ start }) => start)).size, closed.length, 'each once');
  assert.ok(
    closed.some(({ start }) => Date.parse(start) === gone.getTime() - 60_000),
    'the one that closed meanwhile is there',
  );
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
