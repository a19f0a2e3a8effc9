/** One run from its seed to its verdict. */
import type { Broken } from './world/journal.ts';
import { Simulation } from './world/simulation.ts';

/** Virtual length of a run; troubles end before it. */
const RUN_MS = 600_000;
/** How much longer it may take until everything is well again, and how often that is looked at. */
const SETTLE_WITHIN_MS = 300_000;
const SETTLE_STEP_MS = 5_000;

export type Outcome = {
  readonly seed: string;
  readonly broken: Broken | undefined;
  /** The last facts before the first invariant broke. */
  readonly recent: readonly string[];
  /** Everything that was noted, if that was wished. */
  readonly all: readonly string[];
  /** The same for two runs of one seed. */
  readonly fingerprint: string;
  readonly virtualMs: number;
  readonly troubles: number;
  readonly children: number;
  readonly executed: number;
  readonly told: number;
  readonly inGaps: number;
  readonly healed: number;
  readonly booksCompared: number;
};

export async function runSeed(seed: string, keepAll = false): Promise<Outcome> {
  return runWorld(seed, new Simulation({ seed, keepAll }));
}

export async function runWorld(seed: string, world: Simulation): Promise<Outcome> {
  const { time, journal, witness } = world;
  while (time.now < RUN_MS && journal.firstBroken === undefined) await time.runUntil(time.now + 10_000);
  let problems = witness.unsettled();
  while (problems.length > 0 && journal.firstBroken === undefined && time.now < RUN_MS + SETTLE_WITHIN_MS) {
    await time.runUntil(time.now + SETTLE_STEP_MS);
    problems = witness.unsettled();
  }
  if (problems.length > 0) journal.broken('all is well in the end', problems.join('; '));
  if (journal.firstBroken === undefined) witness.judgeCandles();
  const sums = journal.firstBroken === undefined ? witness.judgeTrades() : [];
  const sum = (name: 'executed' | 'told' | 'inGaps' | 'healed') =>
    sums.reduce((total, one) => total + one[name], 0);
  return {
    seed,
    broken: journal.firstBroken,
    recent: journal.recent,
    all: journal.all ?? [],
    fingerprint: journal.fingerprint(),
    virtualMs: time.now,
    troubles: world.plan.length,
    children: world.children.length,
    executed: sum('executed'),
    told: sum('told'),
    inGaps: sum('inGaps'),
    healed: sum('healed'),
    booksCompared: witness.booksCompared,
  };
}

/** What somebody needs who wants to see a failure again. */
export function explain({ seed, broken, recent }: Outcome): string {
  if (broken === undefined) return '';
  return [
    `seed ${seed}: "${broken.invariant}" does not hold at ${(broken.atMs / 1_000).toFixed(3)} s of virtual time:`,
    `  ${broken.what}`,
    'What happened before:',
    ...recent.map((line) => `  ${line}`),
    `To repeat it: SEED=${seed} npm run simulate`,
  ].join('\n');
}
