/**
 * How the feed fares while history is fetched and joined: a runner at 1,000 frames a second, which asks for a day before of 2,000,000
 * trades, beside one that asks for nothing. `npm run bench:backfill`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { commandLine, positiveOption } from '../bin/command-line.ts';
import { runnerFlags } from '../bin/runner-flags.ts';
import { type BackfillResult, backfillTable } from './history/backfill-report.ts';
import { type Buckets, bucketsOf, since } from './history/hop-buckets.ts';
import { start, temporaryFolder, until } from './processes.ts';
import { writeResults } from './results-page.ts';
import { runnerEnvironment, runnerReady } from './subjects.ts';

const name = 'npm run bench:backfill';
const help = `Usage: ${name} -- [options]

  --trades N  trades of the day before (2000000)
  --rate N    frames a second (1000)
  --runs N    interleaved runs, of which the median is shown (3)
  --write     put the results into docs/performance.md
  --help      this text
`;
const values = commandLine({
  name,
  help,
  options: {
    trades: { type: 'string' },
    rate: { type: 'string' },
    runs: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const trades = positiveOption(name, '--trades', values.trades ?? '2000000');
const rate = positiveOption(name, '--rate', values.rate ?? '1000');
const runs = positiveOption(name, '--runs', values.runs ?? '3');

const results: BackfillResult[] = [];
let lastedMs = 0;
for (let run = 1; run <= runs; run += 1)
  for (const backfill of ['named', 'off'] as const) {
    const result = await measured(backfill);
    lastedMs = result.lastedMs;
    results.push(result);
    const { p99, max } = result.hops.child_to_runner;
    process.stderr.write(
      `run ${run}, BACKFILL=${backfill}: p99 ${p99} ms, at most ${max} ms, ${Math.round(result.lastedMs)} ms\n`,
    );
  }
const text = backfillTable(results);
process.stdout.write(`${text}\n`);
if (values.write === true)
  writeResults(
    'backfill',
    text,
    `median of ${runs} runs in turn, ${rate} frames a second, ${trades} trades of the day before`,
  );

/** Without history the same time is looked at as with it. */
async function measured(backfill: 'named' | 'off'): Promise<BackfillResult> {
  const folder = temporaryFolder();
  const options = ['--port', '0', '--seed', 'bench', '--rate', `${rate}`, '--history-trades', `${trades}`];
  const exchange = start(['bin/towline.mjs', 'connector/main.ts', 'exchange', ...options], {
    LOG_LEVEL: 'warn',
  });
  await until('the exchange listens', () => exchange.lines[0]?.startsWith('{') === true);
  const { url, websocket } = JSON.parse(exchange.lines[0] ?? '{}') as { url: string; websocket: string };
  await fileIsMade(url);
  const runner = start([...runnerFlags, 'bin/towline.mjs', 'runner/main.ts'], {
    ...runnerEnvironment(websocket, folder.path),
    ...{ BYBIT_REST_BASE_URL: url, BACKFILL: backfill, BACKFILL_CACHE_DIR: `${folder.path}/history` },
  });
  const { api } = await runnerReady(runner, 60_000);
  const began = performance.now();
  const before = bucketsOf(await scrape(api));
  let joined = 0;
  if (backfill === 'named') {
    await until('history was told', async () => (await statusOf(api)).complete, 180_000);
    joined = (await statusOf(api)).counts.trades;
  } else await wait(lastedMs);
  const lasted = performance.now() - began;
  const hops: Buckets = since(before, bucketsOf(await scrape(api)));
  await runner.stop();
  await exchange.stop();
  folder.remove();
  return { backfill, lastedMs: lasted, joined, hops };
}

/** The exchange makes the file when it is asked for the first time; the line to a real one would be waited for. */
async function fileIsMade(url: string): Promise<void> {
  const date = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  await fetch(`${url}/trading/BTCUSDT/BTCUSDT${date}.csv.gz`).then((answer) => answer.arrayBuffer());
}

async function scrape(api: string): Promise<string> {
  return await (await fetch(`${api}/metrics`, { headers: { accept: 'text/plain' } })).text();
}

async function statusOf(api: string) {
  return (await (await fetch(`${api}/backfill/status`)).json()) as {
    readonly complete: boolean;
    readonly counts: { readonly trades: number };
  };
}
