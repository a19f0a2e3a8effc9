/**
 * Shows that the tests can fail: `npm run mutants`.
 *
 * Each mutant of the list breaks one promise of the program in a temporary copy of the project; the tests that should notice
 * run there. A mutant that survives is a hole in the tests, a stale one a hole in the list; either ends this with 1.
 */
import path from 'node:path';
import { exitCodes } from '../shared/errors.ts';
import { commandLine, letReaderLeave, refuse } from './command-line.ts';
import { mutants } from './mutants/list.ts';
import type { Mutant, Verdict } from './mutants/mutant.ts';
import { tryMutant, tryUnchanged } from './mutants/trial.ts';
import { projectFiles, removeAllCopies } from './mutants/workshop.ts';

/** Many tests start processes of their own; more than two runs at a time make each other late. */
const AT_A_TIME = 2;

const name = 'npm run mutants';
const help = `Usage: ${name} -- [options]

Breaks one promise of the program after the other in a temporary copy, and shows which test notices.

Options:
  --only NAME  only this mutant (may be repeated)
  --list       names and promises, nothing is run
  --help       show this text

Exit codes: 0 all were caught, 1 one was not, 64 wrong options.
`;

const root = path.resolve(import.meta.dirname, '..');
const values = commandLine({
  name,
  help,
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } },
});
const unknown = (values.only ?? []).filter((name) => !mutants.some((mutant) => mutant.name === name));
const chosen = mutants.filter(({ name }) => values.only?.includes(name) ?? true);
const width = Math.max(...chosen.map(({ name }) => name.length));
process.on('exit', removeAllCopies);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

if (unknown.length > 0)
  refuse(
    name,
    unknown.map((wrong) => `there is no mutant ${wrong}: see --list`),
  );
if (values.list === true)
  for (const { name: title, promise } of chosen) say(`${title.padEnd(width)}  ${promise}`);
else {
  // Nobody hears the verdicts any more.
  letReaderLeave(() => process.exit(exitCodes.failed));
  await run();
}

async function run(): Promise<void> {
  const started = performance.now();
  const files = projectFiles(root);
  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
  const unchanged = await tryUnchanged(root, files, tests);
  if (unchanged.kind !== 'survived')
    return complain(
      `without any sabotage the tests do not pass: ${describe(unchanged)}. Mutants prove nothing before they do.\n${unchanged.kind === 'caught' ? unchanged.details : ''}`,
    );
  say(`${tests.length} test files pass without sabotage (${secondsSince(started)} s)`);
  const verdicts: Verdict[] = [];
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift())
      verdicts.push(await judge(mutant, files));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  const count = (kind: Verdict['kind']): number => verdicts.filter((verdict) => verdict.kind === kind).length;
  say(
    `${verdicts.length} mutants: ${count('caught')} caught, ${count('survived')} survived, ${count('stale')} stale, ` +
      `${count('unjudged')} unjudged; ${secondsSince(started)} s`,
  );
  if (count('caught') < verdicts.length) process.exitCode = 1;
}

async function judge(mutant: Mutant, files: readonly string[]): Promise<Verdict> {
  const started = performance.now();
  const verdict = await tryMutant(root, files, mutant);
  say(`${mutant.name.padEnd(width)}  ${secondsSince(started).padStart(6)} s  ${describe(verdict)}`);
  if (verdict.kind !== 'caught') say(`${' '.repeat(width)}    promise: ${mutant.promise}`);
  return verdict;
}

function describe(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'caught':
      return `caught by: ${verdict.by}`;
    case 'survived':
      return 'SURVIVED: all named tests pass';
    case 'stale':
      return 'STALE: its text does not occur exactly once in its file';
    case 'unjudged':
      return `UNJUDGED: ${verdict.reason}`;
  }
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1_000).toFixed(1);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
