/**
 * Runs the simulation: `npm run simulate`, and with `SEED=...` one run again, told from its first to its last fact.
 *
 * The world and what must be true in it: tests/simulation, docs/architecture.md.
 */
import { availableParallelism } from 'node:os';
import { exitCodes } from '../shared/errors.ts';
import { explain, type Outcome, runSeed } from '../tests/simulation/run.ts';
import { commandLine, letReaderLeave, refuse } from './command-line.ts';
import { runSeries } from './simulate/workers.ts';

const name = 'npm run simulate';
const help = `Usage: [SEED=...] ${name} -- [options]

Connector and runner under a virtual clock, network and process table, with faults, all drawn from a seed.

Without SEED: runs a series of seeds and tells which invariants did not hold.
With SEED: runs this one and tells what happened in it; the same seed gives the same run.

Options:
  --runs N     how many seeds (default: 100)
  --first N    the first of them (default: 1)
  --workers N  processes (default: one a processor)
  --help       show this text

Exit codes: 0 all invariants held, 1 one did not, 64 wrong options.
`;
const values = commandLine({
  name,
  help,
  options: { runs: { type: 'string' }, first: { type: 'string' }, workers: { type: 'string' } },
});
const problems: string[] = [];
const runs = wholeNumber('--runs', values.runs, 100, 1_000_000);
const first = wholeNumber('--first', values.first, 1, 1_000_000_000);
const workers = wholeNumber('--workers', values.workers, availableParallelism(), 64);
const seed = process.env['SEED'] ?? '';
if (seed !== '' && Object.keys(values).length > 0) problems.push('SEED is one run: leave the options out');
if (problems.length > 0) refuse(name, problems);
letReaderLeave(() => process.exit(exitCodes.failed));
if (seed === '') await series();
else await one(seed);

function wholeNumber(option: string, text: string | undefined, otherwise: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  problems.push(`${option} must be a whole number from 1 to ${most}, not "${text}"`);
  return otherwise;
}

async function one(wanted: string): Promise<void> {
  const outcome = await runSeed(wanted, true);
  for (const line of outcome.all) say(line);
  say(summary(outcome));
  if (outcome.broken === undefined) return;
  say(explain(outcome));
  process.exitCode = exitCodes.failed;
}

async function series(): Promise<void> {
  const started = performance.now();
  const seeds = Array.from({ length: runs }, (_, index) => String(first + index));
  const sums = {
    runs: 0,
    virtualMs: 0,
    troubles: 0,
    children: 0,
    executed: 0,
    told: 0,
    healed: 0,
    inGaps: 0,
    books: 0,
  };
  const broken: Outcome[] = [];
  await runSeries({
    seeds,
    workers,
    onOutcome: (outcome) => {
      sums.runs += 1;
      sums.virtualMs += outcome.virtualMs;
      sums.troubles += outcome.troubles;
      sums.children += outcome.children;
      sums.executed += outcome.executed;
      sums.told += outcome.told;
      sums.healed += outcome.healed;
      sums.inGaps += outcome.inGaps;
      sums.books += outcome.booksCompared;
      if (outcome.broken === undefined) return;
      broken.push(outcome);
      say(`${explain(outcome)}\n`);
    },
  });
  const hours = (sums.virtualMs / 3_600_000).toFixed(1);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  say(
    `\u2139 seeds ${first} to ${first + runs - 1}: ${hours} virtual hours in ${seconds} s, ${sums.troubles} faults, ${sums.children} children; ` +
      `${sums.executed} trades executed: ${sums.told} told (${sums.healed} of them healed), ${sums.inGaps} inside gaps; ${sums.books} books compared`,
  );
  if (broken.length === 0) return say('\u2714 all invariants held');
  say(
    `\u2716 ${broken.length} runs broke an invariant: seeds ${broken.map((outcome) => outcome.seed).join(', ')}`,
  );
  process.exitCode = exitCodes.failed;
}

function summary(outcome: Outcome): string {
  const { virtualMs, troubles, children, executed, told, healed, inGaps, booksCompared, fingerprint } =
    outcome;
  return (
    `seed ${outcome.seed}: ${virtualMs / 1_000} virtual seconds, ${troubles} faults, ${children} children; ${executed} trades ` +
    `executed: ${told} told (${healed} of them healed), ${inGaps} inside gaps; ${booksCompared} books compared; fingerprint ${fingerprint}`
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
