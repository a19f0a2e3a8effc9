/**
 * Runs the tests: `npm test`, or only some of them: `node bin/towline.mjs bin/test.ts runner/config supervisor`.
 *
 * A run that tests nothing is a failed run: Node's own `--test` finds no TypeScript files before version 22 and ends with 0.
 * So the files are found here, named one by one, and the summary must count more than none. Files of pure code share a process
 * (test-groups.ts); the others have one each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { findTestFiles } from './test-files.ts';
import { groupTests } from './test-groups.ts';

/** Many tests start processes of their own, so more than two files at a time make each other late. */
const CONCURRENCY = Math.min(2, availableParallelism());
/** No test takes longer on a slow machine with two cores; one that does hangs. */
const TIMEOUT_MS = 180_000;
/** Characters of output that are kept to be looked through at the end. */
const OUTPUT_LENGTH = 16_000_000;

type Ended = { readonly code: number; readonly output: string };

const root = process.cwd();
const files = findTestFiles(root, process.argv.slice(2));
const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
  });
if (files.length === 0) {
  process.stderr.write(
    `no test files (*.test.ts) were found below ${root}/tests: a run that tests nothing fails\n`,
  );
  process.exitCode = 1;
} else {
  await runAll();
}

async function runAll(): Promise<void> {
  const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  const { together, apart } = groupTests(files, textOf, CONCURRENCY);
  const ended: Ended[] = await Promise.all(
    together.map(async (group) => {
      const one = await run(group, ['--test-isolation=none']);
      process.stdout.write(one.output);
      return one;
    }),
  );
  if (apart.length > 0)
    ended.push(await run(apart, [`--test-concurrency=${CONCURRENCY}`], (text) => process.stdout.write(text)));
  process.exitCode = ended.find(({ code }) => code !== 0)?.code ?? 0;
  if (ended.length > 1) process.stdout.write(summaryOf(ended.map(({ output }) => output)));
  const complaint = process.exitCode === 0 ? emptiness(ended, apart) : undefined;
  if (complaint === undefined) return;
  process.stderr.write(`${complaint}: a run that tests nothing fails\n`);
  process.exitCode = 1;
}

function run(
  group: readonly string[],
  how: readonly string[],
  onText?: (text: string) => void,
): Promise<Ended> {
  const options = ['--test', '--test-reporter=spec', `--test-timeout=${TIMEOUT_MS}`, ...how];
  // What a surrounding run of tests or a debugger put into the environment is not for this run.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, [...options, ...group], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    onText?.(chunk);
    output = (output + chunk).slice(-OUTPUT_LENGTH);
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** All together: what failed, where the reader looks for it, and the sums. */
function summaryOf(outputs: readonly string[]): string {
  const failures = outputs.flatMap((output) => /^✖ failing tests:\n([\s\S]*)$/m.exec(output)?.[1] ?? []);
  const names = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];
  const sums = names.map(
    (name) => `ℹ ${name} ${outputs.reduce((sum, output) => sum + counted(output, name), 0)}`,
  );
  const duration = `ℹ duration_ms ${Math.round(performance.now())}`;
  const failed = failures.length === 0 ? '' : `\n✖ failing tests, all together:\n${failures.join('')}`;
  return `\n${failed}\n${sums.join('\n')}\n${duration}\n`;
}

function counted(output: string, name: string): number {
  return Number([...output.matchAll(new RegExp(`^\\S* ?${name} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
}

/** What was not tested although everything "passed": Node counts a file without tests as one passed test of the file's name. */
function emptiness(ended: readonly Ended[], apart: readonly string[]): string | undefined {
  const last = ended.at(-1)?.output ?? '';
  const empty = apart.filter((file) => last.includes(`\u2714 ${file} (`));
  if (empty.length > 0) return `no tests in ${empty.join(', ')}`;
  return ended.some(({ output }) => counted(output, 'tests') === 0) ? 'a summary counts no tests' : undefined;
}
