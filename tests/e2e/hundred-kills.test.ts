/**
 * Many kills of the child in a row, at every moment of its life: each is followed by a child that works, nothing is left
 * behind (processes, zombies, handles, memory), nothing is told twice, and every execution is on the tape once or inside
 * exactly one gap. 5 kills in the ordinary run, 100 under PROVE=1.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkLedger } from '../helpers/ledger.ts';
import {
  childOf,
  isAlive,
  processesOf,
  type Runner,
  startExchange,
  startRunnerOn,
  untilReady,
  type WsHealth,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const kills = process.env['PROVE'] === '1' ? 100 : 5;
const seed = 'hundred-kills';
/** Backoff and deadlines run faster, or the waits between the kills alone would take minutes. */
const quick = { TIME_SCALE: '0.3', CONNECTOR_MAX_DEATHS: '1000', WEBSOCKET_BUFFER_SIZE: '200000' };

/** When a child is killed: as soon as it lives, as soon as it said ready, or in the middle of its work. */
const moments = ['alive', 'ready', 'flowing'] as const;
type Moment = (typeof moments)[number];

type Child = WsHealth['connector']['connector_health'];

/** Waits for a child other than the one before to come to the given moment of its life. */
async function nextChild(runner: Runner, before: number | null, moment: Moment): Promise<number> {
  const child = await until(
    `another child is ${moment}`,
    async (): Promise<Child | undefined> => {
      const now = await childOf(runner);
      const isThere =
        now.process_alive && now.pid !== before && (moment === 'alive' || now.state === 'ready');
      return isThere ? now : undefined;
    },
    30_000,
  );
  if (moment === 'flowing') {
    const told = await tradesTold(runner);
    await until('it tells trades', async () => (await tradesTold(runner)) >= told + 5, 30_000);
  }
  return child.pid ?? 0;
}

async function tradesTold(runner: Runner): Promise<number> {
  return (await runner.get<{ trades: { total_count: number } }>('/metrics')).trades.total_count;
}

/** What the runner itself holds: open files and sockets, threads, resident memory in bytes. */
function holdings(pid: number): { readonly handles: number; readonly threads: number; readonly rss: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: number('Threads'),
    rss: number('VmRSS') * 1_024,
  };
}

/** Dead children of a process that it has not taken notice of. */
function zombiesOf(parent: number): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [state, ppid] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return state === 'Z' && Number(ppid) === parent;
    } catch {
      return false;
    }
  });
}

test(`${kills} kills of the child in a row: no orphan, no leak, nothing twice, every execution accounted for`, {
  timeout: 900_000,
  skip: process.platform !== 'linux' && 'reads /proc',
}, async (t) => {
  const exchange = await startExchange('--rate', '100', '--seed', seed);
  const runner = await startRunnerOn(exchange, quick);
  await untilReady(runner);
  const pids: number[] = [];
  const rss: number[] = [];
  let pid = await nextChild(runner, null, 'flowing');
  const before = holdings(runner.pid);
  for (let kill = 0; kill < kills; kill += 1) {
    pids.push(pid);
    process.kill(pid, 'SIGKILL');
    pid = await nextChild(runner, pid, moments[kill % moments.length] ?? 'flowing');
    rss.push(holdings(runner.pid).rss);
  }
  // The last child has to come to work, or the last gap has no end.
  await untilReady(runner);
  const told = await tradesTold(runner);
  await until('trades flow again', async () => (await tradesTold(runner)) >= told + 20, 30_000);

  const ledger = await checkLedger(exchange, runner);
  assert.ok(
    ledger.gaps.some(({ state, recovered }) => state === 'healed' && (recovered ?? 0) > 0),
    'the kills left gaps that were healed',
  );
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['duplicates'], counts['jumps'], counts['too_old']], [0, 0, 0]);

  const { deaths, restarts } = await childOf(runner);
  assert.equal(deaths['signal_sigkill'], kills, 'each kill is in the tally under its cause');
  assert.equal(
    restarts,
    Object.values(deaths).reduce((sum, count) => sum + count, 0),
  );

  await until('nothing is left of any child', () => pids.every((one) => !isAlive(one)), 10_000);
  assert.deepEqual(pids.flatMap(processesOf), [], 'no orphan in any of their groups');
  assert.deepEqual(zombiesOf(runner.pid), [], 'no zombie');
  const after = holdings(runner.pid);
  assert.ok(after.handles <= before.handles + 5, `${before.handles} handles before, ${after.handles} after`);
  assert.ok(after.threads <= before.threads + 2, `${before.threads} threads before, ${after.threads} after`);
  const growth = mean(rss.slice(-4)) - mean(rss.slice(0, 4));
  assert.ok(growth < 64 * 1024 * 1024, `memory grew by ${Math.round(growth / 1024)} KiB`);
  t.diagnostic(
    `seed ${seed}; ${kills} kills; ${ledger.executed} executions: ${ledger.onTape} on the tape, ${ledger.inGaps} in ` +
      `${ledger.gaps.length} gaps; handles ${before.handles} -> ${after.handles}; memory ${Math.round(growth / 1024)} KiB more`,
  );
  assert.equal(await runner.stop(), 0);
  assert.deepEqual(processesOf(runner.pid), []);
  await exchange.stop();
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
