/** `npm run history`, as a user calls it, against the simulated exchange: days on disk, again, interrupted, in part. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { BAN_FILE } from '../../shared/bans.ts';
import { rangesOf, startHistory, storedDay } from '../helpers/history.ts';
import {
  clearFaults,
  type Exchange,
  fault,
  type Program,
  startExchange,
  startProgram,
  temporaryFolder,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

let exchange: Exchange;
before(async () => {
  exchange = await startExchange(
    ...['--seed', 'history', '--clock', '2026-08-08T14:00:00Z', '--history-trades', '600'],
    ...['--api-key', 'towline', '--api-secret', 'rope'],
  );
});

function history(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startHistory(exchange, args, env);
}

/** That the exchange was asked so far, by REST and for files. */
async function requestsOf({ url }: Exchange): Promise<readonly number[]> {
  const { rest, archive } = (await (await fetch(`${url}/sim/stats`)).json()) as {
    readonly rest: { readonly requests: number };
    readonly archive: { readonly requests: number };
  };
  return [rest.requests, archive.requests];
}

function week(out: string, ...more: readonly string[]): readonly string[] {
  return ['--symbol', 'BTCUSDT', '--from', '2026-08-01', '--to', '2026-08-07', '--out', out, ...more];
}

const days = ['01', '02', '03', '04', '05', '06', '07'].map((day) => `2026-08-${day}`);

describe('a week', () => {
  it('is on the disk, day by day, and asked for again nothing is fetched', async () => {
    const out = temporaryFolder();
    const first = history(week(out));
    assert.equal(await first.ended, 0, first.stderr.join('\n'));
    const told = rangesOf(first);
    assert.deepEqual(
      told.map(({ date }) => date),
      days,
    );
    assert.ok(
      told.every(
        ({ source, exactness, state }) => [source, exactness, state].join() === 'archive,exact,done',
      ),
    );
    for (const date of days) assert.equal((await storedDay(out, date)).length, 600);
    const folder = path.join(out, 'simulated/linear/BTCUSDT');
    const files = () =>
      readdirSync(folder).map((name) => `${name} ${statSync(path.join(folder, name)).mtimeMs}`);
    const before = files();
    assert.equal(before.length, 14, before.join());
    const again = history(week(out));
    assert.equal(await again.ended, 0);
    assert.ok(rangesOf(again).every(({ source }) => source === 'cache'));
    assert.deepEqual(files(), before);
  });
});

describe('a run', () => {
  it('that is interrupted keeps what is done, says so, and the same call goes on', async () => {
    const out = temporaryFolder();
    const wish = ['--symbol', 'BTCUSDT', '--from', '2026-07-18', '--to', '2026-08-07', '--out', out];
    const first = history(wish);
    await until('a day is done', () => first.stdout.some((line) => line.includes('"rows":600')));
    assert.equal(await first.stop('SIGINT'), 75);
    const told = rangesOf(first);
    const done = told.filter(({ state }) => state === 'done');
    assert.ok(done.length > 0 && done.length < told.length, `${done.length} of ${told.length}`);
    for (const { date } of done.slice(0, 3)) assert.equal((await storedDay(out, date)).length, 600);
    const left = told.find(({ state }) => state === 'failed');
    assert.deepEqual([left?.code, left?.exactness], ['cancelled', 'absent']);
    assert.match(left?.error ?? '', /the same call goes on/);
    const again = history(wish);
    assert.equal(await again.ended, 0);
    assert.equal(rangesOf(again).filter(({ source }) => source === 'cache').length >= done.length, true);
  });

  it('over several markets and today says of each range where it is from', async () => {
    const out = temporaryFolder();
    const program = history([
      ...[
        '--symbol',
        'BTCUSDT,spot:BTCUSDT',
        '--symbol',
        'inverse:BTCUSD',
        '--klines',
        '1m',
        '--format',
        'legacy',
      ],
      ...['--from', '2026-08-07', '--to', '2026-08-08', '--out', out],
    ]);
    assert.equal(await program.ended, 0, program.stderr.join('\n'));
    const told = rangesOf(program);
    const sources = new Set(told.map(({ source, exactness }) => `${source} ${exactness}`));
    for (const source of ['archive exact', 'klines approximate', 'none absent'])
      assert.ok(sources.has(source), source);
    for (const market of ['linear/BTCUSDT', 'spot/BTCUSDT', 'inverse/BTCUSD']) {
      const names = readdirSync(path.join(out, 'simulated', market));
      // Of spot the list of the newest trades is short: candles stand in for what was before.
      const candles = market.startsWith('spot') ? ['klines_1m_2026-08-08'] : [];
      for (const name of ['trades_2026-08-07', 'backfill_2026-08-07', ...candles])
        assert.ok(
          names.includes(`${name}.parquet`) && names.includes(`${name}.json`),
          `${market} ${names.join()}`,
        );
    }
  });

  it('in which the archive fails for one day brings the others, and ends with 75 until it is back', async () => {
    const out = temporaryFolder();
    const path = '/trading/BTCUSDT/BTCUSDT2026-07-02.csv.gz';
    const wish = ['--symbol', 'BTCUSDT', '--from', '2026-07-01', '--to', '2026-07-03', '--out', out];
    await fault(exchange, { kind: 'rest_error', path, http_status: 503, calls: 1_000 });
    const program = history(wish);
    assert.equal(await program.ended, 75, program.stdout.join('\n'));
    await clearFaults(exchange);
    const [before, range, after] = rangesOf(program);
    assert.deepEqual([before?.state, range?.state, after?.state], ['done', 'failed', 'done']);
    assert.match(range?.error ?? '', /BTCUSDT2026-07-02\.csv\.gz.*503/);
    assert.equal(await history(wish).ended, 0);
    assert.equal((await storedDay(out, '2026-07-02')).length, 600);
  });

  it('of a file that is damaged, or that holds what no trade can be, leaves no day and says which line', async () => {
    const out = temporaryFolder();
    const wish = ['--symbol', 'BTCUSDT', '--from', '2026-07-05', '--to', '2026-07-05', '--out', out];
    await fault(exchange, { kind: 'rest_truncated', path: '/trading/', calls: 1_000 });
    const damaged = history(wish);
    assert.equal(await damaged.ended, 75, damaged.stdout.join('\n'));
    await clearFaults(exchange);
    await fault(exchange, { kind: 'archive_defect', defect: 'bad_row', calls: 10 });
    const bad = history(wish);
    assert.equal(await bad.ended, 65, bad.stdout.join('\n'));
    await clearFaults(exchange);
    assert.match(rangesOf(bad)[0]?.error ?? '', /line \d+.*The file was not taken/);
    assert.deepEqual(readdirSync(path.join(out, 'simulated/linear/BTCUSDT')), []);
  });

  it('that is shut out ends at once with 75, and says until when', async () => {
    await fault(exchange, { kind: 'ban', ms: 60_000, everything: true });
    const program = history([
      '--symbol',
      'BTCUSDT',
      '--from',
      '2026-05-01',
      '--to',
      '2026-05-20',
      '--out',
      temporaryFolder(),
    ]);
    assert.equal(await program.ended, 75);
    await clearFaults(exchange);
    const told = rangesOf(program);
    assert.equal(told.length, 20);
    assert.ok(told.every(({ state }) => state === 'failed'));
    // Those that were under way together with the first may say it in other words.
    assert.ok(told.filter(({ code }) => code === 'banned').length >= 17, told.map(({ code }) => code).join());
    assert.match(program.stderr.join('\n'), /shut this address out until \d{4}-/);
  });

  it('that is shut out is followed by no request: not of its next life, nor of a connector on the same folder', async () => {
    const env = { DATA_DIR: temporaryFolder(), TIME_SCALE: '1' };
    const wish = ['--symbol', 'BTCUSDT', '--from', '2026-04-01', '--to', '2026-04-01', '--out', env.DATA_DIR];
    await fault(exchange, { kind: 'ban', ms: 60_000 });
    assert.equal(await history(wish, env).ended, 75);
    await clearFaults(exchange);
    const asked = await requestsOf(exchange);
    const next = history(wish, env);
    assert.equal(await next.ended, 75);
    assert.match(rangesOf(next)[0]?.error ?? '', /too frequent.*nothing is asked for another \d+ s/);
    assert.match(next.stderr.join('\n'), /"event":"ban_known"/);
    // As the child of a runner, and by hand beside it.
    for (const where of [{ TOWLINE_STATE_DIR: env.DATA_DIR }, { DATA_DIR: env.DATA_DIR }]) {
      const live = startProgram(
        ['connector/main.ts', 'stream', '--environment', 'simulated', '--symbol', 'BTCUSDT'],
        {
          BYBIT_WEBSOCKET_PUBLIC_URL: exchange.websocket,
          BYBIT_REST_BASE_URL: exchange.url,
          ...where,
        },
      );
      await until('it knows', () => live.stderr.some((line) => line.includes('"event":"rest_unreachable"')));
      await live.stop('SIGKILL');
    }
    assert.deepEqual(await requestsOf(exchange), asked);
    rmSync(path.join(env.DATA_DIR, BAN_FILE));
    assert.equal(await history(wish, env).ended, 0, 'whoever knows better removes the file');
  });

  it('of a symbol that is not known says that nothing was found', async () => {
    const program = history([
      '--symbol',
      'NOPEUSDT',
      '--from',
      '2026-07-01',
      '--to',
      '2026-07-02',
      '--out',
      temporaryFolder(),
    ]);
    assert.equal(await program.ended, 65);
    assert.match(program.stderr.join('\n'), /nothing was found of linear:NOPEUSDT.*is the symbol right/);
  });

  it('shows its plan and fetches nothing in a dry run', async () => {
    const out = path.join(temporaryFolder(), 'none');
    const program = history(week(out, '--dry-run'));
    assert.equal(await program.ended, 0);
    assert.ok(rangesOf(program).every(({ state, source }) => state === 'planned' && source === 'archive'));
    assert.equal(existsSync(path.join(out, 'simulated')), false);
  });
});
