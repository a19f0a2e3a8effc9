/**
 * Levels, CVD and volume delta of a runner with live data, held against the exchange's own log of executions: also of what was
 * healed after a lost socket. Real processes and sockets on loopback.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Big from 'big.js';
import { type Execution, executions, wholeTape } from '../helpers/ledger.ts';
import {
  changeFlow,
  exchangeStats,
  fault,
  type Runner,
  startExchange,
  startRunnerOn,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

type Levels = {
  readonly date: string;
  readonly VWAP: number | null;
  readonly POCd: number | null;
  readonly bin_size: string;
  readonly tick_source: string;
  readonly quality: Readonly<Record<string, { readonly exactness: string }>>;
};
type Delta = {
  readonly buy_volume: number;
  readonly sell_volume: number;
  readonly volume_delta: number;
  readonly trade_count: number;
};

const DAY_MS = 86_400_000;
const sumOf = (rows: readonly Big[]): Big => rows.reduce((sum, one) => sum.plus(one), new Big(0));
const qtyOf = (rows: readonly Execution[]): Big => sumOf(rows.map(({ size }) => new Big(size)));

/** price * qty over qty, rounded as the runner says it does: half-even to twelve digits. */
function vwapOf(rows: readonly Execution[]): number {
  const notional = sumOf(rows.map(({ price, size }) => new Big(price).times(size)));
  const before = Big.DP;
  Big.DP = 30;
  const vwap = notional.div(qtyOf(rows)).prec(12, Big.roundHalfEven);
  Big.DP = before;
  return vwap.toNumber();
}

/** The lowest of the bins with the most volume. */
function pocOf(rows: readonly Execution[], width: string): number {
  const bins = new Map<string, Big>();
  for (const { price, size } of rows) {
    const bin = new Big(price).div(width).round(0, Big.roundDown).times(width).toString();
    bins.set(bin, (bins.get(bin) ?? new Big(0)).plus(size));
  }
  const [poc] = [...bins].toSorted(([a, x], [b, y]) => y.cmp(x) || new Big(a).cmp(b));
  return Number(poc?.[0]);
}

/** What was executed since the first trade on the tape, once the runner has it all; nothing is executed meanwhile. */
async function seenBy(
  runner: Runner,
  exchange: Parameters<typeof executions>[0],
  category: string,
): Promise<readonly Execution[]> {
  const truth = await executions(exchange, category, 'BTCUSDT');
  return until('the runner has all that was executed', async () => {
    const tape = await wholeTape(runner, category, 'BTCUSDT');
    const since = truth.slice(truth.findIndex(({ id }) => id === tape[0]?.trade_id));
    return tape.length > 0 && tape.length === since.length ? since : undefined;
  });
}

test('levels, CVD and volume delta are the sums of what was executed, also of what was healed', async () => {
  const exchange = await startExchange('--rate', '400', '--seed', 'levels');
  const runner = await startRunnerOn(exchange, {
    SYMBOLS: 'BTCUSDT,spot:BTCUSDT',
    SUBSCRIPTIONS: 'trades,depth.50',
    WEBSOCKET_BUFFER_SIZE: '100000',
    CVD_RESET_SECONDS: '86400',
  });
  await untilReady(runner);
  const executed = async (): Promise<number> => (await exchangeStats(exchange)).executions;
  const untilMore = async (more: number): Promise<void> => {
    const before = await executed();
    await until(`${more} executions`, async () => (await executed()) >= before + more, 30_000);
  };
  await untilMore(300);
  await fault(exchange, { kind: 'drop' });
  await untilMore(300);
  await changeFlow(exchange, { paused: true });

  for (const category of ['linear', 'spot']) {
    const of = `symbol=BTCUSDT&category=${category}`;
    const all = await seenBy(runner, exchange, category);
    const levels = await runner.get<Levels>(`/levels?${of}`);
    const start = Date.parse(levels.date);
    const today = all.filter(({ T }) => T >= start && T < start + DAY_MS);
    assert.equal(levels.VWAP, vwapOf(today), category);
    assert.equal(levels.POCd, pocOf(today, levels.bin_size), category);
    assert.deepEqual([levels.tick_source, levels.quality['VWAP']?.exactness], ['exchange', 'approximate']);
    const facts = await runner.get<{ tickSize: string }>(`/debug/exchangeinfo?${of}`);
    assert.equal(Number(facts.tickSize), Number(levels.bin_size));

    const bought = qtyOf(all.filter(({ side }) => side === 'Buy'));
    const sold = qtyOf(all.filter(({ side }) => side === 'Sell'));
    const delta = await runner.get<Delta>(`/volume-delta?period=3600&${of}`);
    assert.deepEqual(
      [delta.buy_volume, delta.sell_volume, delta.volume_delta, delta.trade_count],
      [bought.toNumber(), sold.toNumber(), bought.minus(sold).toNumber(), all.length],
      category,
    );
    if (today.length === all.length) {
      const cvd = await runner.get<{ cvd: number }>(`/cvd?${of}`);
      assert.equal(cvd.cvd, delta.volume_delta);
    }
  }
  const book = await runner.get<{ valid: boolean; spread: number }>('/orderbook/stats');
  assert.ok(book.valid && book.spread > 0);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});
