/** The path of README's section on history, line by line as it is typed: fetch, query, backtest, chart. And the bar on a terminal. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { cleanEnv, type Exchange, root, startExchange, temporaryFolder } from '../helpers/processes.ts';

const TRADES_A_DAY = 600;
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

let exchange: Exchange;
before(async () => {
  exchange = await startExchange(
    ...[
      '--seed',
      'history-path',
      '--clock',
      '2026-08-08T14:00:00Z',
      '--history-trades',
      String(TRADES_A_DAY),
    ],
  );
});

type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** What a shell makes of a line. */
function typed(line: string, folder: string): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: cleanEnv({ TIME_SCALE: '0.05', TERM: 'xterm' }) };
    execFile('sh', ['-c', line], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** What npm runs for `npm run NAME -- WORDS`. */
function script(line: string): string {
  const { scripts } = JSON.parse(read('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  return line.replace(/^npm run (\S+) -- /, (_, name: string) => `${scripts[name] ?? ''} `);
}

/** As a fresh clone stands there, with the simulated exchange in the place of Bybit. */
function clone(): string {
  const folder = temporaryFolder();
  for (const name of ['bin', 'examples']) symlinkSync(path.join(root, name), path.join(folder, name));
  const urls = ['BYBIT_REST_BASE_URL', 'BYBIT_ARCHIVE_BASE_URL'].map((name) => `${name}=${exchange.url}\n`);
  writeFileSync(path.join(folder, '.env'), urls.join(''));
  return folder;
}

async function queried(sql: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()[0] ?? [];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('the lines of README on history', () => {
  it('fetch a week, query it, replay it, and leave a chart where they say', async () => {
    const section = /\n## History\n[\s\S]*?(?=\n## )/.exec(read('README.md'))?.[0] ?? '';
    const lines = /```sh\n([\s\S]*?)```/.exec(section)?.[1]?.trim().split('\n') ?? [];
    assert.deepEqual(
      lines.map((line) => line.split(' ').slice(0, 3).join(' ')),
      ['npm run history', 'duckdb -c "SELECT', 'npm run backtest'],
    );
    const [fetch = '', query = '', replay = ''] = lines;
    for (const [page, line] of [
      ['docs/history.md', fetch],
      ['docs/backtest.md', fetch],
      ['docs/backtest.md', replay],
    ] as const)
      assert.ok(read(page).includes(`\n${line}\n`), `${page}: ${line}`);
    const folder = clone();
    const fetched = await typed(script(fetch), folder);
    assert.equal(fetched.code, 0, fetched.err);
    const sql = (/^duckdb -c "(.*)"$/.exec(query)?.[1] ?? '').replace("'./", `'${folder}/`);
    const [count, vwap] = await queried(sql);
    assert.equal(Number(count), 7 * TRADES_A_DAY);
    assert.ok(Number(vwap) > 0);
    const replayed = await typed(script(replay), folder);
    assert.equal(replayed.code, 0, replayed.err);
    assert.match(replayed.out, /missing {3}nothing/);
    const chart = /`(\.\/data\/\S+chart\.html)`/.exec(section)?.[1] ?? '';
    assert.match(readFileSync(path.join(folder, chart), 'utf8'), /^<!doctype html>/i);
  });
});

const noScript =
  spawnSync('script', ['--version']).status === 0 ? false : 'the program script (util-linux) is not here';

describe('on a terminal', () => {
  it('a bar goes from nothing to all days, and a table says where they came from', {
    skip: noScript,
  }, async () => {
    const folder = clone();
    const words = 'history --symbol BTCUSDT --from 2026-08-01 --to 2026-08-03';
    const { code, out } = await typed(
      `script -qec "stty cols 200; node bin/towline.mjs connector/main.ts ${words}" /dev/null </dev/null`,
      folder,
    );
    assert.equal(code, 0, out);
    const shown = stripVTControlCharacters(out);
    assert.match(shown, /0\/3 days \| 0 rows/);
    assert.match(shown, /={24} 3\/3 days \| 1,800 rows \| [\d.,]+ \S+ \| .*\/s/);
    assert.match(shown, /linear:BTCUSDT +2026-08-01 +2026-08-0[34] +archive +exact +1,800/);
    assert.ok(!shown.includes('{"type"'), 'events are for programs');
    assert.ok(out.includes('\u001B[?25h'), 'the cursor is shown again');
  });
});
