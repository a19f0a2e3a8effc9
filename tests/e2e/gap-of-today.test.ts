/**
 * A gap in the middle of a runner's life that cannot be healed shuts the gate until candles stand in for it, and the levels are right.
 * A candle is there only after its minute, so this takes more than one: it runs with the long proofs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextSchema, debugVwapSchema } from '../../runner/api/context-payloads.ts';
import type { GapRow } from '../helpers/ledger.ts';
import { changeFlow, clearFaults, fault, startExchange, startRunnerOn } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Gate = { readonly open: boolean; readonly reasons: readonly { readonly code: string }[] };

test('a gap of today that does not heal is filled with the candles of its minutes', {
  timeout: 300_000,
  skip: process.env['PROVE'] !== '1' && 'takes two minutes; runs with PROVE=1',
}, async () => {
  const exchange = await startExchange('--rate', '30', '--seed', 'gap-of-today', '--history-trades', '20000');
  const runner = await startRunnerOn(exchange, { BACKFILL: 'named', SUBSCRIPTIONS: 'trades' });
  const gate = async () => (await runner.get<{ gate: Gate }>('/health')).gate;
  await until('the gate is open', async () => (await gate()).open, 120_000);

  await fault(exchange, { kind: 'rest_stale', lag_ms: 600_000, ms: 240_000 });
  await fault(exchange, { kind: 'mute', ms: 3_000 });
  await fault(exchange, { kind: 'refuse_connections', status: 503, ms: 3_000 });
  await fault(exchange, { kind: 'drop' });
  const gaps = () => runner.get<GapRow[]>('/gaps?channel=trades&state=open');
  await until(
    'there is a gap with both ends',
    async () => (await gaps()).some(({ to }) => to !== null),
    30_000,
  );
  await until('the gate is shut for it', async () =>
    (await gate()).reasons.some(({ code }) => code === 'gap_of_today'),
  );
  await until('candles opened it', async () => (await gate()).open, 150_000);
  const context = contextSchema.parse(await runner.get('/context'));
  const [gap] = await gaps();
  const [from, to] = [Date.parse(gap?.from?.time ?? ''), Date.parse(gap?.to?.time ?? '')];
  assert.ok(
    context.coverage.some(
      (part) => part.source === 'klines' && Date.parse(part.from) <= from + 1 && Date.parse(part.to) >= to,
    ),
    JSON.stringify(context.coverage),
  );
  await changeFlow(exchange, { paused: true });
  await clearFaults(exchange);
  const answer = await fetch(
    `${exchange.url}/v5/market/kline?category=linear&symbol=BTCUSDT&interval=D&limit=1`,
  );
  const { result } = (await answer.json()) as { readonly result: { readonly list: readonly string[][] } };
  const [, , high, low, , volume] = result.list[0]?.map(Number) ?? assert.fail();
  await until('the sums are those of the exchange', async () => {
    const told = debugVwapSchema.parse(await runner.get('/debug/vwap'));
    return Number(told.volume) === volume;
  });
  const { stats } = contextSchema.parse(await runner.get('/context'));
  assert.equal(stats.rangeToday?.toFixed(6), ((high ?? 0) - (low ?? 0)).toFixed(6));
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
