/**
 * A runner that is started in mid-day: today comes from history, joined with the live feed; what was recorded is exact again after a restart;
 * and the next day the archive makes all of it exact, and closes what could not be healed. Real processes, whose machine lives shortly
 * before a midnight.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import Big from 'big.js';
import type { z } from 'zod';
import { contextSchema, debugVwapSchema, levelsSchema } from '../../runner/api/context-payloads.ts';
import { backfillSchema } from '../../runner/api/flow-payloads.ts';
import type { GapRow } from '../helpers/ledger.ts';
import {
  type Exchange,
  fault,
  type Runner,
  root,
  startExchange,
  startRunnerOn,
  temporaryFolder,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const yesterday = '2026-08-07';
const today = '2026-08-08';
const midnight = Date.UTC(2026, 7, 9);
const symbol = 'BTCUSDT';

type Gate = {
  readonly open: boolean;
  readonly reasons: readonly { readonly code: string; readonly topic: string | null }[];
};
type Levels = z.output<typeof levelsSchema>;

async function gateOf(runner: Runner): Promise<Gate> {
  return (await runner.get<{ gate: Gate }>('/health')).gate;
}

const levelsOf = async (runner: Runner) => levelsSchema.parse(await runner.get('/levels'));
const contextOf = async (runner: Runner) => contextSchema.parse(await runner.get('/context'));
const statusOf = async (runner: Runner) => backfillSchema.parse(await runner.get('/backfill/status'));

async function post(exchange: Exchange, what: string, body: object): Promise<void> {
  const answer = await fetch(`${exchange.url}${what}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

async function exchangeNow(exchange: Exchange): Promise<number> {
  const { result } = (await (await fetch(`${exchange.url}/v5/market/time`)).json()) as {
    readonly result: { readonly timeNano: string };
  };
  return Math.floor(Number(BigInt(result.timeNano) / 1_000_000n));
}

/** VWAP, high, low and POC of a day, or of what of it came up to a trade, by the archive's own file, with arithmetic of its own. */
async function archived(exchange: Exchange, date: string, last?: string) {
  const file = await fetch(`${exchange.url}/trading/${symbol}/${symbol}${date}.csv.gz`);
  assert.equal(file.status, 200);
  const [head = '', ...lines] = gunzipSync(Buffer.from(await file.arrayBuffer()))
    .toString()
    .trim()
    .split('\n');
  const at = (name: string): number => head.split(',').indexOf(name);
  const [price, size, id] = [at('price'), at('size'), at('trdMatchID')];
  let [volume, notional] = [new Big(0), new Big(0)];
  const bins = new Map<string, Big>();
  const prices: number[] = [];
  for (const line of lines) {
    const row = line.split(',');
    const [p, q] = [new Big(row[price] ?? ''), new Big(row[size] ?? '')];
    volume = volume.plus(q);
    notional = notional.plus(p.times(q));
    prices.push(p.toNumber());
    bins.set(p.toString(), (bins.get(p.toString()) ?? new Big(0)).plus(q));
    if (row[id] === last) break;
  }
  Big.DP = 30;
  const vwap = notional.div(volume).prec(12, Big.roundHalfEven).toNumber();
  const [poc] = [...bins].toSorted(([a, x], [b, y]) => y.cmp(x) || new Big(a).cmp(b));
  const high = prices.reduce((most, one) => Math.max(most, one), 0);
  const low = prices.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  return { vwap, volume, notional, high, low, poc: Number(poc?.[0]), trades: prices.length };
}

function assertPrevious(levels: Levels, of: Awaited<ReturnType<typeof archived>>): void {
  const { VWAPprev, PDH, PDL, POCprev, quality } = levels;
  assert.deepEqual(
    { vwap: VWAPprev, high: PDH, low: PDL, poc: POCprev },
    { vwap: of.vwap, high: of.high, low: of.low, poc: of.poc },
  );
  for (const name of ['VWAPprev', 'PDH', 'PDL', 'POCprev', 'VAHprev', 'VALprev'] as const)
    assert.equal(quality[name].exactness, 'exact', name);
}

test('started in mid-day: gate shut, history, join, gate open; recorded time is exact after a restart; the archive makes the day exact', {
  timeout: 240_000,
}, async (t) => {
  const exchange = await startExchange(
    ...['--seed', 'backfill', '--rate', '30', '--clock', `${today}T23:59:25Z`, '--history-trades', '20000'],
  );
  await post(exchange, '/sim/archive', { delay_ms: 0 });
  const preload = pathToFileURL(path.join(root, 'tests/fixtures/preload/moved-clock.mjs')).href;
  const dataDir = temporaryFolder();
  const env = {
    NODE_OPTIONS: `--import=${preload}`,
    MOVE_CLOCK_BY: String((await exchangeNow(exchange)) - Date.now()),
    ...{ DATA_DIR: dataDir, BACKFILL: 'named', TIME_SCALE: '0.1', SUBSCRIPTIONS: 'trades' },
  };

  // So that the gate is seen shut also where somebody looks late.
  await fault(exchange, { kind: 'rest_delay', path: '/trading/', delay_ms: 900, ms: 10_000 });
  const first = await startRunnerOn(exchange, env);
  const codes = async (runner: Runner) => (await gateOf(runner)).reasons.map(({ code }) => code);
  await until('the gate waits for history', async () => (await codes(first)).includes('backfill_unfinished'));
  await until('history was told', async () => (await statusOf(first)).complete, 30_000);
  await until('the gate is open', async () => (await gateOf(first)).open, 30_000);
  assertPrevious(await levelsOf(first), await archived(exchange, yesterday));
  const begun = await levelsOf(first);
  const sums = debugVwapSchema.parse(await first.get('/debug/vwap'));
  assert.equal(begun.quality.POCd.exactness, 'approximate', 'candles stand in for the morning');
  assert.equal(begun.quality.PDH.exactness, 'exact');
  const { coverage } = await contextOf(first);
  assert.deepEqual([coverage[0]?.source, coverage.at(-1)?.source], ['klines', 'trades']);
  assert.ok(!coverage.some(({ source }) => source === 'nothing'), JSON.stringify(coverage));
  const live = coverage.at(-1)?.from ?? assert.fail();
  const seen = (await first.get<{ time: string }[]>('/trades?limit=1'))[0]?.time ?? assert.fail();

  await first.stop('SIGKILL');
  // What is traded meanwhile cannot be healed: the list of the newest trades is ten minutes behind.
  await fault(exchange, { kind: 'rest_stale', lag_ms: 600_000, ms: 200_000 });
  const second = await startRunnerOn(exchange, env);
  await until(
    'what was recorded is known again',
    async () => {
      const { coverage: known } = await contextOf(second);
      return known.some(
        ({ from, to, source }) =>
          source === 'trades' && from <= live && Date.parse(to) > Date.parse(seen) - 3_000,
      );
    },
    30_000,
  );
  const open = () => second.get<GapRow[]>(`/gaps?channel=trades&state=open&symbol=${symbol}`);
  await until('there is a gap with both ends', async () => (await open()).some(({ to }) => to !== null));

  await until('midnight', async () => (await exchangeNow(exchange)) > midnight, 90_000);
  const healed = () => second.get<GapRow[]>(`/gaps?channel=trades&state=healed&symbol=${symbol}`);
  await until(
    'the archive has closed the gap',
    async () => (await healed()).some((gap) => gap.healed_by === 'archive'),
    60_000,
  );
  assert.deepEqual(
    (await open()).filter(({ from }) => Date.parse(from?.time ?? '') < midnight),
    [],
  );
  await until(
    'the day that is over is exact',
    async () => (await levelsOf(second)).quality.VWAPprev.exactness === 'exact',
  );
  const truth = await archived(exchange, today);
  assertPrevious(await levelsOf(second), truth);
  const last = sums.last_trade?.trade_id ?? assert.fail();
  const since = await archived(exchange, today, last);
  assert.deepEqual(
    [sums.vwap, sums.volume, sums.notional],
    [since.vwap, since.volume.toString(), since.notional.toString()],
    'candles and trades of the first moment were together what had traded since midnight',
  );
  const [verified] =
    await second.get<{ date: string; percentage: number; expected: number }[]>('/gaps/verifications');
  assert.deepEqual(
    [verified?.date, verified?.percentage],
    [today, 100],
    'all that we recorded is as the archive has it',
  );
  assert.ok((verified?.expected ?? 0) > 100);
  const { counts } = await statusOf(second);
  assert.ok(counts.gaps_closed >= 1);
  t.diagnostic(
    `${truth.trades} trades of ${today}; ${counts.runs} questions, ${counts.trades} stored trades joined`,
  );
  assert.equal(await second.stop(), 0);
  await exchange.stop();
});
