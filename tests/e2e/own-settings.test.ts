/**
 * Programs that somebody starts by hand read .env as the runner does, and its child does not; and a cache that is switched off is
 * left alone by all of them.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { historyEventSchema } from '../../shared/events/history-events.ts';
import { rangesOf } from '../helpers/history.ts';
import {
  type Exchange,
  type Program,
  root,
  startExchange,
  startProgram,
  temporaryFolder,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const day = '2026-08-01';
const span = (date = day): readonly string[] => ['--symbol', 'BTCUSDT', '--from', date, '--to', date];
/** A child is told; by hand .env says it. */
const network = ['--environment', 'simulated'];

let exchange: Exchange;
/** Here the user stands. */
let folder: string;
before(async () => {
  exchange = await startExchange(
    ...['--seed', 'own-settings', '--clock', '2026-08-08T14:00:00Z', '--history-trades', '600'],
    ...['--api-key', 'towline', '--api-secret', 'rope'],
  );
  folder = temporaryFolder();
  writeEnv(folder);
});

function writeEnv(where: string, ...more: readonly string[]): void {
  const lines = [
    `BYBIT_REST_BASE_URL=${exchange.url}`,
    `BYBIT_WEBSOCKET_PUBLIC_URL=${exchange.websocket}`,
    'BACKFILL_CACHE_DIR=./cached',
    'BYBIT_API_KEY=towline',
    'BYBIT_API_SECRET=rope',
    'SYMBOLS=ETHUSDT',
    'CONNECTOR_PROFILE=simulated',
    'TIME_SCALE=0.05',
  ];
  writeFileSync(path.join(where, '.env'), [...lines, ...more, ''].join('\n'));
}

type Env = Readonly<Record<string, string>>;

function start(words: readonly string[], env: Env = {}, where = folder): Program {
  return startProgram(words, env, where);
}
const history = (words: readonly string[], env: Env = {}, where = folder): Program =>
  start(['connector/main.ts', 'history', ...words], env, where);
const backtest = (words: readonly string[], env: Env = {}, where = folder): Program => {
  const strategy = path.join(root, 'examples/strategies/sweep.ts');
  return start(['backtest/main.ts', '--strategy', strategy, ...span(), ...words], env, where);
};

async function endsWith(code: number, program: Program): Promise<string> {
  const said = await program.ended;
  const text = [...program.stdout, ...program.stderr].join('\n');
  assert.equal(said, code, text);
  assert.doesNotMatch(text, /\brope\b/, 'no secret is shown');
  return text;
}

function storedIn(...parts: readonly string[]): readonly string[] {
  try {
    return readdirSync(path.join(folder, ...parts, 'simulated/linear/BTCUSDT')).filter((name) =>
      name.endsWith('.parquet'),
    );
  } catch {
    return [];
  }
}

describe('.env', () => {
  it('says to history and to the backtest where the cache is; the environment goes before it', async () => {
    await endsWith(0, history(span()));
    assert.deepEqual(storedIn('cached'), [`trades_${day}.parquet`]);
    await endsWith(0, backtest([]));
    await endsWith(0, history(span('2026-08-02'), { BACKFILL_CACHE_DIR: './other' }));
    assert.deepEqual([storedIn('cached').length, storedIn('other').length], [1, 1]);
    assert.match(
      await endsWith(75, backtest([], { BACKFILL_CACHE_DIR: './other' })),
      /are missing in .*other/,
    );
    // An empty variable is "not set".
    await endsWith(0, backtest(['--out', './again'], { BACKFILL_CACHE_DIR: '' }));
  });

  it('has the key that --check asks about; a child of a runner does not get it from there', async () => {
    const check = async (env: Env): Promise<unknown> => {
      const program = history(['--check', ...network], env);
      await endsWith(0, program);
      const event = historyEventSchema.parse(JSON.parse(program.stdout[0] ?? ''));
      return event.type === 'access' ? event.key : undefined;
    };
    assert.equal(await check({}), 'taken');
    const child = { TOWLINE_PARENT_PID: String(process.pid), BYBIT_REST_BASE_URL: exchange.url };
    assert.equal(await check(child), 'none');
  });

  it('says to a connector by hand what to stream', async () => {
    const program = start(['connector/main.ts', 'stream']);
    await until('what SYMBOLS names', () =>
      program.stdout.some((line) => line.includes('"symbol":"ETHUSDT"')),
    );
    assert.equal(await program.stop(), 0);
  });

  it('that is broken is told with the number of the line, by history, backtest, stream and programs', async () => {
    const broken = temporaryFolder();
    writeEnv(broken, 'what is this', 'BACKFILL_CACHE_DIRR=x');
    const wrong = /line 9 is neither[\s\S]*BACKFILL_CACHE_DIR was probably meant/;
    const stream = ['connector/main.ts', 'stream'];
    const programs = [history(span(), {}, broken), backtest([], {}, broken), start(stream, {}, broken)];
    for (const program of programs) assert.match(await endsWith(78, program), wrong);
    const example = start(['examples/history/vwap.ts'], {}, broken);
    assert.notEqual(await example.ended, 0);
    assert.match(example.stderr.join('\n'), wrong);
    const missing = await endsWith(78, history([...span(), '--settings', './none.env'], {}, broken));
    assert.match(missing, /none\.env: it does not exist/);
    // The file that is named is read instead.
    await endsWith(0, history([...span(), '--settings', path.join(folder, '.env')], {}, broken));
  });

  it('is not read by a connector that a runner started', async () => {
    const broken = temporaryFolder();
    writeEnv(broken, 'what is this');
    const front = path.join(root, 'bin/towline.mjs');
    const settings = [
      `CONNECTOR_COMMAND=node ${front} connector/main.ts stream --environment simulated`,
      `BYBIT_WEBSOCKET_PUBLIC_URL=${exchange.websocket}`,
      `BYBIT_REST_BASE_URL=${exchange.url}`,
      ...['PORT=0', 'BACKFILL=off'],
    ];
    writeFileSync(path.join(broken, 'mine.env'), settings.join('\n'));
    const runner = start(['runner/main.ts', '--settings', 'mine.env'], {}, broken);
    await until(
      'its connector is there',
      () => runner.stderr.some((line) => line.includes('"connector_ready"')),
      45_000,
    );
    assert.equal(await runner.stop(), 0);
  });
});

describe('a cache that is switched off', () => {
  const off = { BACKFILL_CACHE_ENABLED: 'false' };
  const nobody = { BYBIT_REST_BASE_URL: 'http://127.0.0.1:1', BYBIT_BACKFILL_MAX_RETRIES: '1' };
  /** With a place for temporary files, which is empty again at the end. */
  async function inRoom<T>(use: (env: Env) => Promise<T>): Promise<T> {
    const room = temporaryFolder();
    mkdirSync(path.join(room, 'tmp'));
    const used = await use({ ...off, TMPDIR: path.join(room, 'tmp') });
    assert.deepEqual(readdirSync(path.join(room, 'tmp')), []);
    return used;
  }

  it('is neither read nor written by a program', async () => {
    await endsWith(0, history(span()));
    const vwap = async (date: string, env: Env): Promise<string> => {
      const program = start(['examples/history/vwap.ts', 'BTCUSDT', date], {
        TOWLINE_ENVIRONMENT: 'simulated',
        ...env,
      });
      return await endsWith(0, program);
    };
    assert.match(await vwap(day, nobody), /BTCUSDT: 600 trades/, 'it is stored');
    assert.match(await inRoom((env) => vwap(day, { ...env, ...nobody })), /BTCUSDT: 0 trades/);
    assert.match(await inRoom((env) => vwap('2026-08-03', env)), /BTCUSDT: 600 trades/);
    assert.deepEqual(storedIn('cached'), [`trades_${day}.parquet`]);
  });

  it('is not replayed, unless its folder is named', async () => {
    await endsWith(0, history(span()));
    assert.match(await endsWith(78, backtest([], off)), /BACKFILL_CACHE_ENABLED is false.*--cache/);
    await endsWith(0, backtest(['--cache', './cached'], off));
  });

  it('is neither read nor written by the child of a runner', async () => {
    await endsWith(0, history(span()));
    await inRoom(async (env) => {
      const child = { TOWLINE_PARENT_PID: String(process.pid), TOWLINE_STOP_ON_EOF: '1', TIME_SCALE: '0.05' };
      const where = { BYBIT_REST_BASE_URL: exchange.url, BACKFILL_CACHE_DIR: path.join(folder, 'cached') };
      const program = history(['--day-totals', ...network], { ...env, ...child, ...where });
      const days = [day, '2026-08-04'].map((date) => ({ date }));
      const instruments = [{ category: 'linear', symbol: 'BTCUSDT', bin_size: '0.1', days }];
      program.child.stdin?.write(`${JSON.stringify({ request: 'day_totals', instruments })}\n`);
      await endsWith(0, program);
      const told = rangesOf(program).map(({ date, source, rows }) => `${date} ${source} ${rows}`);
      assert.deepEqual(told.toSorted(), [`${day} archive 600`, '2026-08-04 archive 600']);
    });
    assert.deepEqual(storedIn('cached'), [`trades_${day}.parquet`]);
  });
});
