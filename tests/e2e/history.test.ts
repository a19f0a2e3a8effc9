/** `npm run history`, as a user calls it, against the simulated exchange: days on disk, again, interrupted, refused. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { HistoryStore } from '../../connector/history/io/history-store.ts';
import { rowsOf } from '../../connector/history/io/trade-rows.ts';
import type { DayKey } from '../../connector/history/store/paths.ts';
import { spanOfDay } from '../../connector/history/store/spans.ts';
import { historyEventSchema } from '../../shared/events/history-events.ts';
import {
  type Exchange,
  type Program,
  startExchange,
  startProgram,
  temporaryFolder,
} from '../helpers/processes.ts';

type Range = {
  readonly type: string;
  readonly date: string;
  readonly source: string;
  readonly exactness: string;
  readonly state: string;
  readonly reason: string;
  readonly code?: string;
  readonly error?: string;
};

let exchange: Exchange;
before(async () => {
  exchange = await startExchange(
    ...['--seed', 'history', '--clock', '2026-08-08T14:00:00Z', '--history-trades', '600'],
    ...['--api-key', 'towline', '--api-secret', 'rope'],
  );
});

function history(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  return startProgram(['connector/main.ts', 'history', '--environment', 'simulated', ...args], {
    BYBIT_REST_BASE_URL: exchange.url,
    TIME_SCALE: '0.05',
    ...env,
  });
}

function week(out: string, ...more: readonly string[]): readonly string[] {
  return ['--symbol', 'BTCUSDT', '--from', '2026-08-01', '--to', '2026-08-07', '--out', out, ...more];
}

/** Every line is an event of the contract. */
function rangesOf(program: Program): Range[] {
  const events = program.stdout.map((line) => historyEventSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    program.stdout.map((line) => (JSON.parse(line) as { n: number }).n),
    events.map((_, index) => index + 1),
  );
  return events.filter(({ type }) => type === 'history_range') as Range[];
}

function keyOf(date: string): DayKey {
  return { environment: 'simulated', category: 'linear', symbol: 'BTCUSDT', date };
}

/** What a program that has seen nothing of the run finds. */
async function rowsIn(out: string, date: string): Promise<number> {
  const store = new HistoryStore({ root: out, unixMs: Date.now });
  try {
    assert.equal((await store.judge(keyOf(date))).kind, 'trusted', date);
    const ids = new Set<string>();
    let rows = 0;
    let last = 0;
    for await (const batch of store.tradesOf(keyOf(date), spanOfDay(date)))
      for (const { id, timestamp } of rowsOf(batch)) {
        assert.ok(timestamp >= last, 'in order');
        last = timestamp;
        ids.add(id);
        rows += 1;
      }
    assert.equal(ids.size, rows, 'no trade twice');
    return rows;
  } finally {
    await store.close();
  }
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
    for (const date of days) assert.equal(await rowsIn(out, date), 600);
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
