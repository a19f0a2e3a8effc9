/** The command line: what is meant by it, and all that is wrong at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BacktestFlags, type BacktestOptions, readOptions } from '../../backtest/options.ts';
import { DAY_MS } from '../../shared/day-totals.ts';

const flags: BacktestFlags = {
  strategy: './mine.ts',
  symbol: 'BTCUSDT',
  from: '2026-08-01',
  to: '2026-08-02',
};
const midnight = Date.UTC(2026, 7, 1);

const settings = (env: Readonly<Record<string, string>> = {}) => ({ env, problems: [] });

function problems(more: BacktestFlags, env = {}, kind = 'usage'): string {
  const read = readOptions({ ...flags, ...more }, settings(env), '/home');
  assert.ok(read.kind !== 'run', 'it was taken');
  assert.equal(read.kind, kind);
  return read.problems.join('\n');
}

function taken(more: BacktestFlags, env: Readonly<Record<string, string>> = {}): BacktestOptions {
  const read = readOptions({ ...flags, ...more }, settings(env), '/srv');
  assert.ok(read.kind === 'run', 'it was refused');
  return read.options;
}

describe('the options of a backtest', () => {
  it('mean whole days, the last included, and paths from where one stands', () => {
    assert.deepEqual(taken({}), {
      strategy: '/srv/mine.ts',
      instrument: { category: 'linear', symbol: 'BTCUSDT' },
      environment: 'mainnet',
      span: { from: midnight, to: midnight + 2 * DAY_MS },
      cache: '/srv/data/history',
      isCacheNamed: false,
      out: '/srv/data/backtest/BTCUSDT',
      allowGaps: false,
      json: false,
      answerWithinMs: 10_000,
    });
  });

  it('take moments, markets, folders and the environment', () => {
    const read = taken(
      {
        symbol: 'spot:ethusdt',
        from: '2026-08-01T12:00:00+02:00',
        to: '2026-08-01T12:00Z',
        cache: '/c',
        json: true,
      },
      { CATEGORY: 'inverse', BACKFILL_CACHE_DIR: '/other' },
    );
    assert.deepEqual(read.span, { from: midnight + DAY_MS / 2 - 7_200_000, to: midnight + DAY_MS / 2 });
    assert.deepEqual(read.instrument, { category: 'spot', symbol: 'ETHUSDT' });
    assert.deepEqual([read.cache, read.isCacheNamed, read.json], ['/c', true, true]);
    const own = { ...settings(), network: 'testnet' } as const;
    const byProfile = readOptions(flags, own, '/srv');
    assert.ok(byProfile.kind === 'run');
    assert.equal(byProfile.options.environment, 'testnet');
    const byEnv = taken({}, { CATEGORY: 'inverse', BACKFILL_CACHE_DIR: '/other' });
    assert.deepEqual([byEnv.cache, byEnv.instrument.category], ['/other', 'inverse']);
  });

  it('are refused together, each with what to do', () => {
    const all = readOptions({}, settings(), '/srv');
    assert.ok(all.kind === 'usage');
    assert.deepEqual(
      all.problems.map((problem) => problem.split(' ')[0]),
      ['--strategy', '--symbol', '--from', '--to'],
    );
    assert.match(problems({ from: '2026-13-01' }), /--from "2026-13-01" is no time: give a UTC day/);
    assert.match(problems({ from: '2026-08-03' }), /exchange the two/);
    assert.match(problems({ to: '2028-08-01' }), /more than 366 days/);
    assert.match(problems({ symbol: '*' }), /is a filter/);
    assert.match(problems({ category: 'option' }), /--category "option" is not one of linear, spot, inverse/);
    assert.match(problems({ environment: 'main' }), /--environment "main" is not one of/);
    assert.match(problems({ 'answer-within': '0' }), /--answer-within must be a number/);
  });

  it('do not look into a cache that is switched off, unless its folder is named', () => {
    const off = { BACKFILL_CACHE_ENABLED: 'false' };
    assert.match(problems({}, off, 'config'), /BACKFILL_CACHE_ENABLED is false.*--cache/);
    assert.equal(taken({ cache: '/c' }, off).cache, '/c');
  });

  it('are refused together with the settings, when those are wrong alone', () => {
    const wrong = { CATEGORY: 'option', BACKFILL_CACHE_ENABLED: 'maybe' };
    assert.match(problems({}, wrong, 'config'), /CATEGORY="option".*\nBACKFILL_CACHE_ENABLED="maybe"/);
    const broken = readOptions(flags, { env: {}, problems: ['line 3 is wrong'] }, '/srv');
    assert.deepEqual(broken, { kind: 'config', problems: ['line 3 is wrong'] });
  });
});
