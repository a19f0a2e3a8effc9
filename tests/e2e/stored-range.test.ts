/**
 * /trades/range behind what memory holds: with a tape of 20 trades, all pages together are the exchange's execution log, id by id, over two lives
 * of the runner, from the recording and from the day that was rolled into the cache; what nobody has is said.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { historyRowsSchema, storedTradeSchema } from '../../shared/events/history-events.ts';
import {
  changeFlow,
  type Runner,
  startExchange,
  startProgram,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { executedLines } from '../helpers/recordings.ts';
import { until } from '../helpers/until.ts';

type Row = { readonly trade_id: string; readonly time: string };

/** All pages; `from` ms. */
async function allPages(runner: Runner, from: number, limit: number) {
  const query = new URLSearchParams({
    start_time: new Date(from).toISOString(),
    end_time: new Date(Date.now() + 60_000).toISOString(),
    limit: String(limit),
  });
  const rows: Row[] = [];
  const incomplete: string[] = [];
  let pages = 0;
  for (let next: string | undefined = `/trades/range?${query}`; next !== undefined; pages += 1) {
    const response: Response = await fetch(runner.api + next);
    assert.equal(response.status, 200, await response.clone().text());
    rows.push(...((await response.json()) as Row[]));
    const said = response.headers.get('towline-incomplete');
    if (said !== null) incomplete.push(...said.split(', '));
    next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return { ids: rows.map(({ trade_id }) => trade_id), incomplete, pages };
}

async function untilTrades(runner: Runner, count: number): Promise<void> {
  await until('trades flow', async () => {
    const { trades } = await runner.get<{ trades: { total_count: number } }>('/metrics');
    return trades.total_count >= count;
  });
}

test('pages behind a small tape are the execution log, id by id, and what nobody has is said', async () => {
  const exchange = await startExchange('--rate', '60', '--seed', 'stored-range');
  const dataDir = temporaryFolder();
  const settings = {
    DATA_DIR: dataDir,
    SUBSCRIPTIONS: 'trades',
    WEBSOCKET_BUFFER_SIZE: '20',
  };
  const first = await startRunnerOn(exchange, settings);
  await untilReady(first);
  await untilTrades(first, 60);
  const [oldest] = (await first.get<Row[]>('/trades?limit=20')).slice(-1);
  assert.equal(await first.stop(), 0);
  // What was missed is healed: the recording has all of it.
  const second = await startRunnerOn(exchange, settings);
  await untilReady(second);
  await untilTrades(second, 80);
  await until('gaps are healed', async () => {
    const gaps = await second.get<{ state: string }[]>('/gaps?channel=trades&symbol=BTCUSDT');
    return gaps.every(({ state }) => state !== 'open');
  });
  await changeFlow(exchange, { paused: true });
  const executed = await executedLines(exchange, 'BTCUSDT');
  await until('the newest execution has come', async () => {
    const [newest] = await second.get<Row[]>('/trades?limit=1');
    return newest?.trade_id === executed.at(-1)?.id;
  });
  assert.ok(oldest !== undefined);
  const from = Date.parse(oldest.time);
  const truth = executed
    .filter(({ timestamp }) => timestamp >= from)
    .map(({ id }) => id)
    .toReversed();
  const recorded = await allPages(second, from, 50);
  assert.ok(recorded.pages >= 3 && truth.length > 100, `${truth.length} trades on ${recorded.pages} pages`);
  assert.deepEqual(recorded, { ids: truth, incomplete: [], pages: recorded.pages });

  // Rolled into a file, without the recording.
  const today = new Date(from).toISOString().slice(0, 10);
  const env = {
    DATA_DIR: dataDir,
    BACKFILL_CACHE_DIR: path.join(dataDir, 'history'),
    BYBIT_REST_BASE_URL: exchange.url,
  };
  const history = ['connector/main.ts', 'history'];
  const named = ['--environment', 'simulated', '--symbol', 'BTCUSDT', '--from', today, '--to', today];
  assert.equal(await startProgram([...history, ...named], env).ended, 0);
  rmSync(path.join(dataDir, 'recording'), { recursive: true });
  const rolled = await allPages(second, from, 60);
  assert.deepEqual(rolled.ids, truth);

  // By hand, and with nobody who could be asked.
  await exchange.stop();
  const program = startProgram([...history, 'rows', ...named, '--limit', '30'], env);
  assert.equal(await program.ended, 0, program.stderr.join('\n'));
  const lines = program.stdout.map((line): unknown => JSON.parse(line));
  const last = historyRowsSchema.parse(lines.pop());
  const told = lines.map((line) => storedTradeSchema.parse(line).id);
  assert.deepEqual(told, truth.slice(0, told.length));
  assert.ok(last.rows === told.length && last.more && told.length >= 30);

  rmSync(path.join(dataDir, 'history'), { recursive: true });
  const memory = await allPages(second, from, 50);
  assert.deepEqual(memory.ids, truth.slice(0, 20));
  assert.equal(memory.incomplete[0]?.split('/')[0], new Date(from).toISOString());
  assert.equal(await second.stop(), 0);
  assert.ok(!second.stderr.some((line) => line.includes('"event":"bug"')));
});
