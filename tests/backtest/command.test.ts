/** `npm run backtest` as it is called: a cache of real Parquet files, the examples, and everything that can be wrong. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DAY_MS, dayStart } from '../../shared/day-totals.ts';
import { type MadeCache, madeCache, madeTrades } from './made-history.ts';

const root = path.resolve(import.meta.dirname, '../..');
const start = dayStart('2026-08-01');

type Ended = { readonly code: number; readonly out: string; readonly err: string };

function backtest(...words: readonly string[]): Promise<Ended> {
  return backtestIn(root, ...words);
}

function backtestIn(cwd: string, ...words: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', BYBIT_API_SECRET: 'a-secret' };
  return new Promise((resolve) => {
    const args = [path.join(root, 'backtest/main.ts'), ...words];
    execFile(process.execPath, args, { cwd, env, maxBuffer: 1e8 }, (error, out, err) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, out, err });
    });
  });
}

describe('npm run backtest', () => {
  let cache: MadeCache;
  let made: readonly string[];

  const leave: (() => void)[] = [];
  after(() => {
    for (const fn of leave) fn();
  });
  before(async () => {
    cache = await madeCache({ after: (fn) => leave.push(fn) }, [
      madeTrades(start, start + DAY_MS, 8_000, 7),
      madeTrades(start + DAY_MS, start + 2 * DAY_MS, 8_000, 8),
    ]);
    made = ['--symbol', 'BTCUSDT', '--cache', cache.root];
  });

  const strategy = (name: string, text: string): string => {
    const file = path.join(cache.folder, name);
    writeFileSync(file, text);
    return file;
  };
  const filesOf = (folder: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
    );

  it('tells signals and a summary, and writes the same bytes each time', async () => {
    const runs: (Ended & { readonly files: Readonly<Record<string, string>> })[] = [];
    for (const turn of ['a', 'b']) {
      const out = path.join(cache.folder, turn);
      const example = path.join(root, 'examples/strategies/big-trade.ts');
      const span = ['--from', '2026-08-01', '--to', '2026-08-02', '--out', out];
      const ended = await backtest('--strategy', example, ...made, ...span);
      assert.equal(ended.code, 0, ended.err);
      runs.push({ ...ended, files: filesOf(out) });
    }
    const [first, second] = runs;
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(Object.keys(first.files).toSorted(), [
      'chart.html',
      'outcomes.csv',
      'signals.csv',
      'summary.txt',
    ]);
    assert.equal(second.out, first.out);
    assert.deepEqual(second.files, first.files);
    const lines = first.out.trimEnd().split('\n');
    const signals = lines.filter((line) => /^2026-08-0[12]T.* big_trade (buy|sell) at /.test(line));
    assert.ok(signals.length > 5);
    assert.equal(first.files['signals.csv']?.split('\r\n').length, signals.length + 2);
    assert.match(first.out, new RegExp(`signals {3}${signals.length}: big_trade ${signals.length}`));
    assert.match(first.err, /trades a second/);
  });

  it('tells all of it as JSON with --json, and what a strategy prints goes to stderr', async () => {
    const file = strategy(
      'prints.mjs',
      `console.log('secret ' + process.env.BYBIT_API_SECRET);
       let n = 0;
       export const strategy = { name: 'prints', onTrade: (t, m) => n++ % 1000 === 0 ? { setup_type: 'x', category: m.category, symbol: m.symbol, reason: 'r' } : undefined };`,
    );
    const span = ['--from', '2026-08-01', '--to', '2026-08-01', '--out', path.join(cache.folder, 'json')];
    const { code, out, err } = await backtest('--strategy', file, ...made, ...span, '--json');
    assert.equal(code, 0, err);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string });
    assert.deepEqual(new Set(lines.slice(0, -1).map(({ type }) => type)), new Set(['signal']));
    assert.equal(lines.at(-1)?.type, 'summary');
    assert.match(err, /^secret undefined$/m);
  });

  it('keeps what is secret in .env from the strategy, also where that reads settings itself', async () => {
    const file = path.join(root, 'tests/runner/strategy/fixtures/own-settings.ts');
    const here = path.join(cache.folder, 'here');
    mkdirSync(here);
    const settings = ['BYBIT_API_KEY=a-key', 'BYBIT_API_SECRET=a-secret', 'BACKFILL_CACHE_DIR=/mine'];
    writeFileSync(path.join(here, '.env'), [...settings, 'CONNECTOR_PROFILE=mainnet'].join('\n'));
    const span = ['--from', '2026-08-01', '--to', '2026-08-01'];
    const { code, err } = await backtestIn(here, '--strategy', file, ...made, ...span);
    assert.equal(code, 0, err);
    assert.match(err, /^key undefined, folder \/mine, profile mainnet$/m);
  });

  it('refuses a span of which trades are missing, with the command that fetches them; --allow-gaps replays', async () => {
    const file = path.join(root, 'examples/strategies/sweep.ts');
    const span = ['--from', '2026-08-02', '--to', '2026-08-04', '--out', path.join(cache.folder, 'gaps')];
    const { code, out, err } = await backtest('--strategy', file, ...made, ...span);
    assert.deepEqual([code, out], [75, '']);
    assert.match(err, /2026-08-03 to 2026-08-05: not stored/);
    assert.match(
      err,
      /npm run history -- --symbol BTCUSDT --from 2026-08-03 --to 2026-08-04 --environment mainnet --out /,
    );
    const replayed = await backtest('--strategy', file, ...made, ...span, '--allow-gaps');
    assert.equal(replayed.code, 0, replayed.err);
    assert.match(replayed.out, /missing {3}2026-08-03 to 2026-08-05: not stored/);
  });

  it('says which symbols there are when there is none of this name, and replays nothing at all', async () => {
    const file = path.join(root, 'examples/strategies/sweep.ts');
    const span = ['--from', '2026-08-01', '--to', '2026-08-01', '--cache', cache.root, '--allow-gaps'];
    const { code, err } = await backtest('--strategy', file, '--symbol', 'NOPEUSDT', ...span);
    assert.equal(code, 75);
    assert.match(err, /Of this market the cache has: BTCUSDT/);
    const nowhere = path.join(cache.folder, 'nowhere');
    const none = await backtest('--strategy', file, ...made, ...span, '--cache', nowhere);
    assert.equal(none.code, 75);
    assert.match(none.err, /are missing in .*nowhere/);
    assert.throws(() => readdirSync(nowhere), 'it makes no cache where none is');
  });

  it('does not trust a file without its manifest', async () => {
    const copy = await madeCache({ after: (fn) => leave.push(fn) }, [
      madeTrades(start, start + DAY_MS, 60_000, 7),
    ]);
    rmSync(path.join(copy.root, 'mainnet/linear/BTCUSDT/trades_2026-08-01.json'));
    const file = path.join(root, 'examples/strategies/sweep.ts');
    const span = ['--from', '2026-08-01', '--to', '2026-08-01'];
    const { code, err } = await backtest(
      '--strategy',
      file,
      '--symbol',
      'BTCUSDT',
      '--cache',
      copy.root,
      ...span,
    );
    assert.equal(code, 75);
    assert.match(err, /the stored file is not trusted, since it has no manifest/);
  });

  it('ends a strategy that hangs, and names the event', async () => {
    const file = strategy(
      'hangs.mjs',
      `let n = 0;
       export const strategy = { name: 'hangs', onTrade: (t) => { n += 1; while (n > 100) { try { n += 1; } catch {} } } };`,
    );
    const span = ['--from', '2026-08-01', '--to', '2026-08-01', '--answer-within', '0.5'];
    const out = path.join(cache.folder, 'hangs');
    const { code, err } = await backtest('--strategy', file, ...made, ...span, '--out', out);
    assert.equal(code, 70);
    const at = madeTrades(start, start + DAY_MS, 8_000, 7)[100];
    const moment = new Date(at?.timestamp ?? 0).toISOString();
    assert.ok(
      err.includes(`hangs: onTrade of the trade at price ${at?.price}, quantity ${at?.qty}, at ${moment}`),
      err,
    );
    assert.throws(() => readdirSync(out), 'half a report is none');
  });

  it('gives up a strategy that throws all the time, with its error and place', async () => {
    const file = strategy(
      'throws.mjs',
      `export const strategy = { name: 'throws', onTrade: () => { null.x; } };`,
    );
    const span = ['--from', '2026-08-01', '--to', '2026-08-01'];
    const { code, err } = await backtest('--strategy', file, ...made, ...span);
    assert.equal(code, 70);
    assert.match(
      err,
      /disabled at 2026-08-01T00:0.*threw or answered nonsense 20 times in a row, last: TypeError: .*throws\.mjs:1:/,
    );
  });

  it('refuses wrong options and files that give no strategy with 64', async () => {
    const wrong = await backtest('--strategi', 'x', '--symbol');
    assert.equal(wrong.code, 64);
    assert.match(wrong.err, /--strategi is not an option\n.*\n.*--symbol needs a value/);
    const span = ['--from', '2026-08-01', '--to', '2026-08-01'];
    const absent = await backtest('--strategy', './nowhere.ts', ...made, ...span);
    assert.equal(absent.code, 64);
    assert.match(absent.err, /nowhere\.ts does not exist; look at --strategy/);
    const empty = await backtest('--strategy', strategy('empty.mjs', ''), ...made, ...span);
    assert.equal(empty.code, 64);
    assert.match(empty.err, /has neither export/);
    const loops = strategy('loops.mjs', 'export function createStrategy() { for (;;); }');
    const loop = await backtest('--strategy', loops, ...made, ...span, '--answer-within', '0.3');
    assert.equal(loop.code, 64);
    assert.match(loop.err, /hangs in createStrategy/);
    const { code, out } = await backtest('--help');
    assert.equal(code, 0);
    assert.match(out, /Usage: npm run backtest/);
  });
});
