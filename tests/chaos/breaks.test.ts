/**
 * Random breaks on linear and spot under load, one runner for each lane: sockets cut, half open or frozen, the child killed, for
 * up to 20 s (scaled). After every 50 the whole tape is held against the exchange's log: nothing is lost where the list of recent
 * trades reaches, else exactly that span is in the ledger; nothing is told twice.
 *
 * 5 breaks in the ordinary run, 1,000 under PROVE=1. A failure names its seed and the numbers of the breaks since the last good
 * verdict; CHAOS_LANE=2 CHAOS_FIRST=150 CHAOS_BREAKS=50 runs those again.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { childOf, clearFaults, fault } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type Break, breakAt, breakName } from './break-plan.ts';
import { newestGaps } from './facts.ts';
import { Verdicts } from './verdicts.ts';
import {
  activeFaults,
  inWorld,
  killChild,
  markets,
  PATIENCE_MS,
  struckSockets,
  untilWell,
  type World,
} from './world.ts';

const isProof = process.env['PROVE'] === '1';
const lanes = isProof ? 6 : 1;
const inLane = Number(process.env['CHAOS_BREAKS'] ?? (isProof ? 167 : 5));
const first = Number(process.env['CHAOS_FIRST'] ?? 0);
const onlyLane = process.env['CHAOS_LANE'];
const JUDGED_EVERY = 50;
const timeScale = 0.3;

describe('random breaks', { concurrency: lanes, timeout: 3_000_000 }, () => {
  for (let lane = 1; lane <= lanes; lane += 1) {
    if (onlyLane !== undefined && Number(onlyLane) !== lane) continue;
    const seed = `breaks-${lane}`;
    it(`${inLane} of seed ${seed}: nothing lost untold, nothing told twice`, { timeout: 3_000_000 }, (t) =>
      runLane(t, seed),
    );
  }
});

async function runLane(t: TestContext, seed: string): Promise<void> {
  const chosen = markets.filter(({ category }) => category !== 'inverse');
  const channels = ['trades', 'depth', 'ticker'] as const;
  const options = { name: seed, seed, rate: 200, timeScale, markets: chosen, channels };
  await inWorld(options, async (world) => {
    await untilWell(world);
    const verdicts = new Verdicts(world);
    for (let from = first; from < first + inLane; from += JUDGED_EVERY) {
      const numbers = Array.from(
        { length: Math.min(JUDGED_EVERY, first + inLane - from) },
        (_, at) => from + at,
      );
      await verdicts.begin();
      for (const number of numbers) {
        const one = breakAt(seed, number, timeScale);
        await perform(world, one).catch(async (error: unknown) => {
          throw new Error(
            `break ${number} of seed ${seed} (${breakName(one)}): ${String(error)}\n${await evidence(world)}`,
          );
        });
      }
      await untilWell(world);
      const { findings, summary } = await verdicts.reach(false);
      t.diagnostic(`seed ${seed}, breaks ${from} to ${numbers.at(-1)}: ${summary}`);
      const broken = numbers
        .map((number) => `${number}: ${breakName(breakAt(seed, number, timeScale))}`)
        .join('\n');
      const problems = findings.map(({ where, channel, what }) => `${where} ${channel}: ${what}`);
      assert.ok(problems.length === 0, `seed ${seed}:\n${problems.join('\n')}\nafter\n${broken}`);
    }
    const { counts } = await world.runner.get<{ counts: Record<string, number> }>('/metrics');
    assert.deepEqual([counts['jumps'], counts['too_old']], [0, 0]);
    assert.equal((await childOf(world.runner)).bad_lines, 0);
  });
}

async function perform(world: World, one: Break): Promise<void> {
  const { exchange } = world;
  const narrowed = one.category === undefined ? {} : { category: one.category };
  if (one.kind === 'half_open' || one.kind === 'freeze') {
    await fault(exchange, { kind: one.kind, ...narrowed, new_sockets: one.newSockets });
    const over = performance.now() + one.ms;
    // A socket that gives data again as if nothing had been would be a fault that TCP does not know.
    await until(
      `${breakName(one)} is noticed, and the sockets are given up`,
      async () => performance.now() >= over && (await struckSockets(exchange)) === 0,
      PATIENCE_MS,
    );
    await clearFaults(exchange);
  } else {
    await fault(exchange, { kind: 'refuse_connections', ...narrowed, status: 503, ms: one.ms });
    if (one.kind === 'drop') await fault(exchange, { kind: 'drop', ...narrowed });
    else await killChild(world);
    await until(
      'new sockets are let in',
      async () => (await activeFaults(exchange)).length === 0,
      PATIENCE_MS,
    );
  }
  if (!one.inHaste) await untilWell(world);
}

/** What there is to see when a break is not got over: the gaps without an end, and the last words of both programs. */
async function evidence({ runner }: World): Promise<string> {
  const endless = (await newestGaps(runner)).filter(({ to, state }) => to === null && state === 'open');
  return [...endless.map((gap) => JSON.stringify(gap)), ...runner.stderr.slice(-60)].join('\n');
}
