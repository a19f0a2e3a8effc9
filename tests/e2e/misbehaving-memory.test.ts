/**
 * Whatever a connector prints, the whole runner (intake, tape, candles, log, API) does not grow by it: resident memory after a
 * warm-up, and at its highest after several times as much.
 *
 * The heap of the runner is bounded here. V8 lets garbage lie while there is room, up to hundreds of megabytes under a flood,
 * and only below a bound is growth what we keep. Below it the runner also ends with a crash if it keeps too much.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { residentBytes } from '../helpers/memory.ts';
import { childOf, processesOf, root, startRunner } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const boundedHeap = '--max-old-space-size=64 --max-semi-space-size=4';
/** A child that never says ready is given up after 10 s: too soon here, on a busy machine. */
const patient = { TIME_SCALE: '5' };
const mostGrowth = 32 * 1024 ** 2;

type Child = Awaited<ReturnType<typeof childOf>>;
type Case = {
  readonly title: string;
  readonly fixture: string;
  /** What has come so far, of what the fixture is bad at. */
  readonly amount: (child: Child) => number;
  readonly warmUp: number;
  readonly enough: number;
  readonly state: 'ready' | 'starting';
};

const lines = (child: Child): number => child.lines;
const badLines = (child: Child): number => child.bad_lines;
const cases: readonly Case[] = [
  {
    title: 'floods',
    fixture: 'floods.mjs',
    amount: lines,
    warmUp: 600_000,
    enough: 1_200_000,
    state: 'ready',
  },
  {
    title: 'prints garbage',
    fixture: 'garbage.mjs',
    amount: badLines,
    warmUp: 300_000,
    enough: 1_000_000,
    state: 'starting',
  },
  {
    title: 'prints null lines',
    fixture: 'null-lines.mjs 4000',
    amount: badLines,
    warmUp: 100_000,
    enough: 400_000,
    state: 'ready',
  },
  {
    title: 'prints lines of 10 MiB',
    fixture: 'endless-line.mjs 100',
    amount: badLines,
    warmUp: 40,
    enough: 100,
    state: 'ready',
  },
];

for (const { title, fixture, amount, warmUp, enough, state } of cases) {
  test(`the runner does not grow by a connector that ${title}`, {
    skip: process.platform !== 'linux' && 'reads /proc',
  }, async (t) => {
    const command = `node ${path.join(root, 'tests', 'fixtures', 'children')}/${fixture}`;
    const runner = await startRunner({ CONNECTOR_COMMAND: command, NODE_OPTIONS: boundedHeap, ...patient });
    await until('it is warm', async () => amount(await childOf(runner)) >= warmUp, 30_000);
    const base = residentBytes(runner.pid);
    let highest = base;
    const child = await until(
      'enough has come',
      async () => {
        const now = await childOf(runner);
        highest = Math.max(highest, residentBytes(runner.pid));
        return amount(now) >= enough ? now : undefined;
      },
      30_000,
    );
    const growth = highest - base;
    t.diagnostic(
      `${Math.round(base / 1024)} KiB after ${warmUp}, ${Math.round(growth / 1024)} KiB more after ${amount(child)}`,
    );
    assert.ok(growth < mostGrowth, `the runner grew by ${Math.round(growth / 1024)} KiB`);
    assert.deepEqual(
      { state: child.state, restarts: child.restarts, last_exit: child.last_exit },
      { state, restarts: 0, last_exit: null },
      'the same child all the time',
    );
    assert.equal(await runner.stop(), 0);
    assert.deepEqual(processesOf(child.pid ?? 0), []);
  });
}
