/** A recording held against the archive (`history verify`), and the cache cleared (`history --clear`). */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { spanOfDay } from '../../connector/history/store/spans.ts';
import { historyEventSchema } from '../../shared/events/history-events.ts';
import { startHistory, storedDay } from '../helpers/history.ts';
import { type Exchange, type Program, startExchange, temporaryFolder } from '../helpers/processes.ts';

let exchange: Exchange;
before(async () => {
  exchange = await startExchange(
    ...['--seed', 'verify', '--clock', '2026-08-08T14:00:00Z', '--history-trades', '600'],
    ...['--api-key', 'towline', '--api-secret', 'rope'],
  );
});

function history(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startHistory(exchange, args, env);
}

describe('verify', () => {
  it('holds a recording against the archive, keeps the result, and ends with 1 when rows are missing', async () => {
    const [out, dataDir, date] = [temporaryFolder(), temporaryFolder(), '2026-08-06'];
    assert.equal(await history(['--symbol', 'BTCUSDT', '--from', date, '--to', date, '--out', out]).ended, 0);
    const lines = (await storedDay(out, date)).map(
      ({ timestamp, id, price, qty, side }) => `${JSON.stringify({ timestamp, id, price, qty, side })}\n`,
    );
    const folder = path.join(dataDir, 'recording/simulated/linear/BTCUSDT');
    mkdirSync(folder, { recursive: true });
    const { from, to } = spanOfDay(date);
    const recordLines = (some: readonly string[]): void => {
      writeFileSync(path.join(folder, `${date}.jsonl`), some.join(''));
      writeFileSync(path.join(folder, `${date}.spans.jsonl`), `{"from":${from},"to":${to}}\n`);
    };
    const verify = ['verify', '--symbol', 'BTCUSDT', '--date', date];
    recordLines(lines);
    const env = { DATA_DIR: dataDir };
    const whole = history([...verify, '--out', out], env);
    assert.equal(await whole.ended, 0, whole.stderr.join('\n'));
    recordLines(lines.filter((_, index) => index !== 17));
    // A cache of its own: there the archive is fetched, and takes the place of the recording.
    const fresh = temporaryFolder();
    for (const root of [out, fresh]) {
      const broken = history([...verify, '--out', root], env);
      assert.equal(await broken.ended, 1, broken.stderr.join('\n'));
      const told = historyEventSchema.parse(JSON.parse(broken.stdout[0] ?? ''));
      assert.ok(told.type === 'verification');
      assert.deepEqual([told.missing, told.expected, told.percentage], [1, 600, 99.8333]);
      assert.equal(told.missing_rows[0]?.id, (JSON.parse(lines[17] ?? '') as { id: string }).id);
      const kept = readFileSync(
        path.join(root, `simulated/linear/BTCUSDT/verification_${date}.json`),
        'utf8',
      );
      assert.equal((JSON.parse(kept) as { missing: number }).missing, 1);
    }
    const nothing = history(['verify', '--symbol', 'ETHUSDT', '--date', date, '--out', out], env);
    assert.equal(await nothing.ended, 65);
    assert.match(nothing.stdout.join(), /nothing was recorded of linear:ETHUSDT on 2026-08-06/);
  });
});

describe('clear', () => {
  it('says what it would remove, and removes it only when it is meant', async () => {
    const out = temporaryFolder();
    assert.equal(
      await history([
        '--symbol',
        'BTCUSDT,ETHUSDT',
        '--from',
        '2026-08-06',
        '--to',
        '2026-08-07',
        '--out',
        out,
      ]).ended,
      0,
    );
    const own = path.join(out, 'simulated/linear/BTCUSDT/notes.txt');
    writeFileSync(own, 'mine');
    const asked = history(['--clear', '--out', out]);
    assert.equal(await asked.ended, 64);
    assert.match(asked.stderr.join(' '), /linear:BTCUSDT: 4 files.*8 files.*--yes/);
    assert.equal((await storedDay(out, '2026-08-06')).length, 600);
    assert.equal(await history(['--clear', '--yes', '--symbol', 'BTCUSDT', '--out', out]).ended, 0);
    assert.deepEqual(readdirSync(path.join(out, 'simulated/linear/BTCUSDT')), ['notes.txt']);
    assert.equal(readdirSync(path.join(out, 'simulated/linear/ETHUSDT')).length, 4);
    assert.equal(await history(['--clear', '--yes', '--out', out]).ended, 0);
    assert.equal(existsSync(path.join(out, 'simulated/linear/ETHUSDT')), false);
  });
});
