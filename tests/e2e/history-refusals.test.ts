/** What is wrong with a call of `npm run history` is told all at once, with what to do; and what --check says of a key. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { historyEventSchema } from '../../shared/events/history-events.ts';
import { startHistory } from '../helpers/history.ts';
import { type Exchange, type Program, startExchange, temporaryFolder } from '../helpers/processes.ts';

let exchange: Exchange;
before(async () => {
  exchange = await startExchange(
    ...['--seed', 'refusals', '--clock', '2026-08-08T14:00:00Z', '--history-trades', '600'],
    ...['--api-key', 'towline', '--api-secret', 'rope'],
  );
});

function history(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startHistory(exchange, args, env);
}

function week(out: string, ...more: readonly string[]): readonly string[] {
  return ['--symbol', 'BTCUSDT', '--from', '2026-08-01', '--to', '2026-08-07', '--out', out, ...more];
}

describe('what is wrong', () => {
  it('on the command line is told all at once, with what to do', async () => {
    const program = history([
      '--from',
      'yesterday',
      '--jobs',
      '99',
      '--format',
      'csv',
      '--klines',
      '5m',
      '--bogus',
    ]);
    assert.equal(await program.ended, 64);
    const said = program.stderr.join('\n');
    for (const words of [
      '--bogus',
      '--from="yesterday"',
      '--to is missing',
      '--jobs="99"',
      '--format="csv"',
      '--klines="5m"',
      '--symbol is missing',
    ])
      assert.ok(said.includes(words), `${words}: ${said}`);
    const turned = history(['--symbol', '*', '--from', '2026-08-02', '--to', '2026-08-01']);
    assert.equal(await turned.ended, 64);
    assert.match(turned.stderr.join(' '), /exchange the two.*is a filter/);
    const words = history(['verify', '--symbol', 'BTCUSDT']);
    assert.equal(await words.ended, 64);
    assert.match(words.stderr.join('\n'), /--date is missing/);
  });

  it('in the environment ends with 78', async () => {
    const program = history(week(temporaryFolder()), {
      BYBIT_BACKFILL_MAX_RETRIES: 'many',
      BYBIT_API_KEY: 'alone',
    });
    assert.equal(await program.ended, 78);
    assert.match(program.stderr.join(' '), /2 problem.*BYBIT_BACKFILL_MAX_RETRIES.*BYBIT_API_SECRET/);
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const noFolder = history(week(file));
    assert.equal(await noFolder.ended, 78);
    assert.match(noFolder.stderr.join(' '), /is no folder: name another one with --out/);
    const off = history(['--symbol', 'BTCUSDT', '--from', '2026-08-01', '--to', '2026-08-01'], {
      BACKFILL_CACHE_ENABLED: 'false',
    });
    assert.equal(await off.ended, 78);
    assert.match(off.stderr.join('\n'), /BACKFILL_CACHE_ENABLED is false.*--out/);
  });
});

describe('a check', () => {
  const access = (program: Program): unknown => JSON.parse(program.stdout[0] ?? '{}');

  it('says what the key may do, that one is refused, and that none is needed', async () => {
    const key = { BYBIT_API_KEY: 'towline', BYBIT_API_SECRET: 'rope' };
    const taken = history(['--check'], key);
    assert.equal(await taken.ended, 0);
    historyEventSchema.parse(access(taken));
    assert.deepEqual(
      { ...(access(taken) as object), expires_at: 0 },
      {
        ...{
          type: 'access',
          n: 1,
          environment: 'simulated',
          public: { ok: true },
          key: 'taken',
          read_only: true,
        },
        ...{ permissions: [], can_withdraw: false, ips: [], expires_at: 0 },
      },
    );
    const refused = history(['--check'], { ...key, BYBIT_API_SECRET: 'robe' });
    assert.equal(await refused.ended, 77);
    assert.equal((access(refused) as { key: string }).key, 'refused');
    assert.doesNotMatch([...refused.stdout, ...refused.stderr].join(''), /robe/);
    const none = history(['--check']);
    assert.equal(await none.ended, 0);
    assert.equal((access(none) as { key: string }).key, 'none');
  });

  it('of an exchange that does not answer ends with 75', async () => {
    const program = history(['--check'], { BYBIT_REST_BASE_URL: 'http://127.0.0.1:1' });
    assert.equal(await program.ended, 75);
    assert.match(program.stdout[0] ?? '', /"public":\{"ok":false,"code":"\w+","error":".*ECONNREFUSED/);
  });
});
