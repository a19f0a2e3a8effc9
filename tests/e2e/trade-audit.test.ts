/**
 * A frame of trades that is left out without a word is found by nobody but the audit: it is told as a gap with both ends, and
 * healed. Measured against the exchange's own log of executions; real processes and sockets on loopback.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkLedger, type GapRow } from '../helpers/ledger.ts';
import { fault, type Runner, startExchange, startRunnerOn, untilReady } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Audit = { readonly connector: { readonly trade_audit: { lists: number; left_out: number } | null } };

async function audit(runner: Runner): Promise<{ lists: number; left_out: number }> {
  return (await runner.get<Audit>('/ws/health')).connector.trade_audit ?? { lists: 0, left_out: 0 };
}

/** One may be under way already, and one may be too young to tell. */
const LISTS_TO_FIND_IT = 3;

/** They wait most of their time, each for a world of its own. */
describe('the audit of trades', { concurrency: 2 }, () => {
  for (const redundancy of ['1', '2'])
    test(`frames of trades that ${redundancy} sockets leave out are found in the exchange's list, and healed`, {
      timeout: 120_000,
    }, async () => {
      const exchange = await startExchange('--rate', '20', '--seed', `trade-audit-${redundancy}`);
      const runner = await startRunnerOn(exchange, {
        SYMBOLS: 'BTCUSDT',
        SUBSCRIPTIONS: 'trades',
        TIME_SCALE: '0.2',
        REDUNDANCY: redundancy,
        WEBSOCKET_BUFFER_SIZE: '100000',
      });
      await untilReady(runner);
      await until('a list proves something', async () => (await audit(runner)).lists > 0, 30_000);
      assert.equal((await audit(runner)).left_out, 0);
      for (let round = 1; round <= 2; round += 1) {
        const before = (await audit(runner)).left_out;
        let againAt = 0;
        await until(
          'it is found',
          async () => {
            const { lists, left_out } = await audit(runner);
            // One of each socket, and again: what only one of two leaves out the other one brings.
            for (let count = 0; lists >= againAt && count < Number(redundancy); count += 1)
              await fault(exchange, {
                kind: 'skip_update',
                category: 'linear',
                topic: 'publicTrade.BTCUSDT',
              });
            if (lists >= againAt) againAt = lists + LISTS_TO_FIND_IT;
            return left_out > before;
          },
          60_000,
        );
      }
      // What was ordered last may be found in the next round only.
      const whole = async () => {
        const ledger = await checkLedger(exchange, runner).catch(() => undefined);
        return ledger !== undefined && ledger.onTape === ledger.executed;
      };
      await until('nothing is missing', whole, 30_000);
      const gaps = await runner.get<GapRow[]>('/gaps?channel=trades');
      assert.ok(gaps.length >= 2, JSON.stringify(gaps));
      for (const { cause, state, healed_by, to } of gaps)
        assert.deepEqual(
          [cause, state, healed_by, to !== null],
          ['data_silent', 'healed', 'recent_trades', true],
        );
      const metrics = await (
        await fetch(`${runner.api}/metrics`, { headers: { accept: 'text/plain' } })
      ).text();
      assert.match(metrics, /^towline_connector_trades_left_out_total\{connector="bybit"\} [1-9]/m);
      assert.equal(await runner.stop(), 0);
      await exchange.stop();
    });
});
