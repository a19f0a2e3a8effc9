/**
 * `npm run history` that is killed at any moment, of download, conversion or merge: each day on the disk is whole or not there, nothing is
 * twice, and the same call always goes on to the end.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { HistoryStore } from '../../connector/history/io/history-store.ts';
import { rowsOf } from '../../connector/history/io/trade-rows.ts';
import type { DayKey } from '../../connector/history/store/paths.ts';
import { spanOfDay } from '../../connector/history/store/spans.ts';
import { utcDateOf } from '../../shared/day-totals.ts';
import { type Program, startExchange, startProgram, temporaryFolder } from '../helpers/processes.ts';
import { spanLine } from '../helpers/recordings.ts';
import { until } from '../helpers/until.ts';

const kills = process.env['PROVE'] === undefined ? 2 : 100;
const tradesOfDay = 4_000;
const dayDone = `"rows":${tradesOfDay}`;
const today = '2026-08-08';
const midnight = Date.UTC(2026, 7, 8);
/** More than a few runs can get through. */
const wanted = kills === 100 ? 60 : 24;
const days = Array.from({ length: wanted }, (_, index) =>
  utcDateOf(midnight - (wanted - index) * 86_400_000),
);

function keyOf(date: string): DayKey {
  return { environment: 'simulated', category: 'linear', symbol: 'BTCUSDT', date };
}

it(`a fetch that is killed ${kills} times leaves whole days, and ends`, {
  timeout: 60_000 + kills * 15_000,
}, async (t) => {
  const exchange = await startExchange(
    ...['--seed', 'kill', '--clock', `${today}T14:00:00Z`, '--history-trades', `${tradesOfDay}`],
  );
  const out = temporaryFolder();
  const dataDir = temporaryFolder();
  const recording = path.join(dataDir, 'recording/simulated/linear/BTCUSDT');
  mkdirSync(recording, { recursive: true });
  let recorded = 0;
  /** Goes on recording, as a runner does: the merge of today has something new in each run. */
  const record = (): void => {
    const at = (index: number): number => midnight + index * 10;
    const lines = Array.from({ length: 500 }, (_, index) => recorded + index).map(
      (index) => `{"timestamp":${at(index)},"id":"r${index}","price":65000.1,"qty":0.5,"side":"buy"}\n`,
    );
    appendFileSync(path.join(recording, `${today}.jsonl`), lines.join(''));
    recorded += 500;
    writeFileSync(
      path.join(recording, `${today}.spans.jsonl`),
      spanLine({ from: midnight, to: at(recorded) }),
    );
  };
  const start = (): Program =>
    startProgram(
      [
        ...['connector/main.ts', 'history', '--environment', 'simulated', '--symbol', 'BTCUSDT'],
        ...['--from', days[0] ?? '', '--to', today, '--out', out],
      ],
      { BYBIT_REST_BASE_URL: exchange.url, DATA_DIR: dataDir, TIME_SCALE: '0.05' },
    );
  const check = async (isWhole: boolean): Promise<number> => {
    const store = new HistoryStore({ root: out, unixMs: Date.now });
    let whole = 0;
    for (const date of [...days, today]) {
      const trust = await store.judge(keyOf(date));
      assert.notEqual(trust.kind, 'untrusted', `${date} ${JSON.stringify(trust)}`);
      if (trust.kind !== 'trusted') continue;
      whole += 1;
      if (date !== today) assert.equal(trust.manifest.rows, tradesOfDay, date);
      // Every row of some, and of all at the end.
      if (!isWhole && whole % 10 !== 1 && date !== today) continue;
      const ids = new Set<string>();
      let rows = 0;
      for await (const batch of store.tradesOf(keyOf(date), spanOfDay(date)))
        for (const { id } of rowsOf(batch)) {
          ids.add(id);
          rows += 1;
        }
      assert.equal(rows, trust.manifest.rows, date);
      assert.equal(ids.size, rows, `${date}: no trade twice`);
    }
    await store.close();
    return whole;
  };

  let reached = 0;
  let mostReached = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    record();
    const program = start();
    // Early in the life of the process nothing is done yet: the first thing that it tells, or some time, or both.
    if (kill % 4 !== 0)
      await until(
        'it tells something, or has ended',
        () => program.stdout.length > 0 || program.child.exitCode !== null,
      );
    // However slow the machine is, some kills come when a day is done.
    if (kill % 4 === 1)
      await until(
        'a day is done, or it has ended',
        () => program.stdout.some((line) => line.includes(dayDone)) || program.child.exitCode !== null,
        60_000,
      );
    await wait((kill * 137) % 700);
    await program.stop('SIGKILL');
    const now = await check(false);
    assert.ok(now >= reached, 'what was there is there');
    reached = now;
    mostReached = Math.max(mostReached, now);
    if (reached <= days.length) continue;
    rmSync(path.join(out, 'simulated'), { recursive: true });
    reached = 0;
  }
  record();
  const last = start();
  assert.equal(await last.ended, 0, last.stderr.join('\n'));
  assert.equal(await check(true), days.length + 1);
  const folder = path.join(out, 'simulated/linear/BTCUSDT');
  const left = readdirSync(folder).filter((name) => !/^trades_\d{4}-\d\d-\d\d\.(parquet|json)$/.test(name));
  assert.deepEqual(left, [], 'nothing half made is left');
  t.diagnostic(`${kills} kills; at most ${mostReached} days were there when one came`);
  assert.ok(mostReached > 0, 'some days were done before a kill');
  await exchange.stop();
});
