/**
 * Live trades are recorded so that a kill -9 of the runner costs at most its last second: every execution that the recording claims
 * to cover is in it, once, with its values, however many lives the runner has had. 2 kills in the ordinary run, 100 under PROVE=1.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RECORDING_FOLDER } from '../../shared/recording-files.ts';
import type { GapRow } from '../helpers/ledger.ts';
import {
  type Runner,
  startExchange,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { checkRecording, executedLines, isCovered, readRecording } from '../helpers/recordings.ts';
import { until } from '../helpers/until.ts';

const kills = process.env['PROVE'] === '1' ? 100 : 2;
const seed = 'recording';
const bitcoin = { environment: 'simulated', category: 'linear', symbol: 'BTCUSDT' } as const;

async function untilTrades(runner: Runner, count: number): Promise<void> {
  await until('trades flow', async () => {
    const { trades } = await runner.get<{ trades: { total_count: number } }>('/metrics');
    return trades.total_count >= count;
  });
}

/** What was missed since then is there. */
async function untilHealed(runner: Runner, since: number): Promise<void> {
  await until('gaps are healed', async () => {
    const gaps = await runner.get<GapRow[]>('/gaps?channel=trades&symbol=BTCUSDT');
    return !gaps.some(({ state, from }) => state === 'open' && Date.parse(from?.time ?? '') >= since);
  });
}

function recordedBytes(dataDir: string): number {
  const folder = path.join(dataDir, RECORDING_FOLDER, 'simulated', 'linear', 'BTCUSDT');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

/** The same moments for the same seed. */
function* fractions(state = 12_345): Generator<number, never> {
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

test(`${kills} kills of the runner: what is claimed is recorded, once, and each life goes on with the files of the former`, {
  timeout: 1_800_000,
}, async (t) => {
  // So slow that a start, also on a machine that does much else, misses less than the 1,000 trades that the exchange lists.
  const exchange = await startExchange('--rate', '20', '--seed', seed);
  const dataDir = temporaryFolder();
  const moments = fractions();
  const covered: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const runner = await startRunnerOn(exchange, {
      DATA_DIR: dataDir,
      TIME_SCALE: '1',
      SUBSCRIPTIONS: 'trades',
    });
    await untilTrades(runner, 20);
    const before = recordedBytes(dataDir);
    await until('it records', () => recordedBytes(dataDir) > before);
    await sleep(moments.next().value * 1_200);
    const killedAt = Date.now();
    await runner.stop('SIGKILL');
    const recorded = readRecording(dataDir, bitcoin);
    const newest = Math.max(...recorded.spans.map(({ to }) => to));
    // A second, the pause between two trades of so slow a market, and what a busy machine is late by.
    assert.ok(killedAt - newest < 15_000, `claimed up to ${killedAt - newest} ms before the kill`);
    // What was added is compared each time at first, then now and again: the list grows with each life.
    if (kill >= 10 && kill % 10 !== 0) continue;
    covered.push(checkRecording(recorded, await executedLines(exchange, 'BTCUSDT')).covered);
  }
  // Two more lives that end cleanly: nothing is missing between them, not even the millisecond of the last trade.
  const ends: number[] = [];
  for (let life = 0; life < 2; life += 1) {
    const last = await startRunnerOn(exchange, { DATA_DIR: dataDir, TIME_SCALE: '1' });
    await untilReady(last);
    await untilTrades(last, 40);
    await untilHealed(last, ends.at(-1) ?? 0);
    const newest = (await last.get<{ trade_id: string }[]>('/trades?limit=1'))[0]?.trade_id;
    const { recording } = await last.get<{ recording: { paused: string | null } }>('/metrics');
    assert.equal(recording.paused, null);
    assert.equal(await last.stop(), 0);
    const { trades } = readRecording(dataDir, bitcoin);
    const end = trades.find(({ id }) => id === newest)?.timestamp;
    assert.ok(end !== undefined, 'a clean stop writes everything');
    ends.push(end);
  }
  const recorded = readRecording(dataDir, bitcoin);
  const executed = await executedLines(exchange, 'BTCUSDT');
  const all = checkRecording(recorded, executed).covered;
  const [from = 0, to = 0] = ends;
  const isWhole = recorded.spans.some((span) => span.from <= from && span.to >= to);
  assert.ok(isWhole, `from ${from} to ${to}: ${JSON.stringify(recorded.spans.slice(-5))}`);
  for (const [at, count] of covered.entries())
    assert.ok(count >= (covered[at - 1] ?? 0), `no life takes from it: ${covered.join(', ')}`);
  // What was missed while no runner was there is healed by the next one: only moments around the kills are not covered.
  const first = recorded.trades[0]?.timestamp ?? 0;
  const stretch = executed.filter(
    ({ timestamp }) => timestamp > first && timestamp < (recorded.trades.at(-1)?.timestamp ?? 0),
  );
  const missing = stretch.filter(({ timestamp }) => !isCovered(recorded, timestamp));
  t.diagnostic(
    `seed ${seed}; ${kills} kills; ${all} of ${stretch.length} executions are covered, ${missing.length} around the kills are not`,
  );
  assert.ok(missing.length < stretch.length / 2, `${missing.length} of ${stretch.length} are not covered`);
  await exchange.stop();
});

test('what filters chose is recorded only when all is asked for, and nothing when it is switched off', async () => {
  const exchange = await startExchange('--rate', '400', '--seed', seed);
  const folders = new Map<string, readonly string[]>();
  for (const mode of ['named', 'all', 'off']) {
    const runner = await startRunnerOn(exchange, {
      SYMBOLS: 'BTCUSDT,linear:*',
      SUBSCRIPTIONS: 'trades',
      RECORD_TRADES: mode,
    });
    await untilReady(runner);
    await untilTrades(runner, 300);
    assert.equal(await runner.stop(), 0);
    const folder = path.join(runner.dataDir, 'recording', 'simulated', 'linear');
    folders.set(mode, existsSync(folder) ? readdirSync(folder) : []);
  }
  assert.deepEqual(folders.get('named'), ['BTCUSDT']);
  assert.ok((folders.get('all')?.length ?? 0) > 1, JSON.stringify([...folders]));
  assert.deepEqual(folders.get('off'), []);
  await exchange.stop();
});
