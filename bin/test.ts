/**
 * Runs the tests: `npm test`, or only some of them: `node bin/towline.mjs bin/test.ts runner/config supervisor`.
 *
 * A run that tests nothing is a failed run: Node's own `--test` finds no TypeScript files before version 22 and ends with 0.
 * So the files are found here, named one by one, and the summary must count more than none. Files of pure code share a process
 * (test-groups.ts); the others have one each. What only computes for minutes runs beside all of them with a lower priority: the
 * others wait much of their time, for sockets, processes and silences, and it takes what they leave.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import path from 'node:path';
import { findTestFiles } from './test-files.ts';
import { groupTests } from './test-groups.ts';

/** Those that only compute gain nothing from being more than the processors. */
const PROCESSES = Math.min(2, availableParallelism());
/** The others wait a third of their time; many start processes of their own, and still more files at a time make each other late. */
const CONCURRENCY = PROCESSES + 1;
/** No test takes longer on a slow machine with two cores; one that does hangs. */
const TIMEOUT_MS = 180_000;
/** What has the rest of the processors' time may have to wait until all others have ended. */
const PATIENT_TIMEOUT_MS = 1_800_000;
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
  const { beside, together, apart } = groupTests(files, textOf, PROCESSES);
  const patient = beside.length > 0 ? runBeside(beside) : undefined;
  const ended: Ended[] = await Promise.all(
    together.map(async (group) => {
      const one = await run(group, ['--test-isolation=none', `--test-timeout=${TIMEOUT_MS}`]);
      process.stdout.write(one.output);
      return one;
    }),
  );
  const alone = apart.length > 0 ? await runApart(apart) : undefined;
  if (alone !== undefined) ended.push(alone);
  if (patient !== undefined) {
    const one = await patient;
    process.stdout.write(one.output);
    ended.push(one);
  }
  process.exitCode = ended.find(({ code }) => code !== 0)?.code ?? 0;
  if (ended.length > 1) process.stdout.write(summaryOf(ended.map(({ output }) => output)));
  const complaint = process.exitCode === 0 ? emptiness(ended, apart, alone) : undefined;
  if (complaint === undefined) return;
  process.stderr.write(`${complaint}: a run that tests nothing fails\n`);
  process.exitCode = 1;
}

function runApart(group: readonly string[]): Promise<Ended> {
  const how = [`--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TIMEOUT_MS}`];
  return run(group, how, { onText: (text) => process.stdout.write(text) });
}

function runBeside(group: readonly string[]): Promise<Ended> {
  const how = ['--test-isolation=none', `--test-timeout=${PATIENT_TIMEOUT_MS}`];
  return run(group, how, { priority: constants.priority.PRIORITY_LOW });
}

type RunOptions = {
  readonly onText?: (text: string) => void;
  /** Of the process and of what it starts. */
  readonly priority?: number;
};

function run(
  group: readonly string[],
  how: readonly string[],
  { onText, priority }: RunOptions = {},
): Promise<Ended> {
  const options = ['--test', '--test-reporter=spec', ...how];
  // What a surrounding run of tests or a debugger put into the environment is not for this run.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, [...options, ...group], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  if (priority !== undefined && child.pid !== undefined) lower(child.pid, priority);
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

/** A user who runs everything at a still lower priority may not raise it: then it stays as it is. */
function lower(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // It takes longer, and that is all.
  }
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
function emptiness(
  ended: readonly Ended[],
  apart: readonly string[],
  alone: Ended | undefined,
): string | undefined {
  const empty = apart.filter((file) => alone?.output.includes(`\u2714 ${file} (`));
  if (empty.length > 0) return `no tests in ${empty.join(', ')}`;
  return ended.some(({ output }) => counted(output, 'tests') === 0) ? 'a summary counts no tests' : undefined;
}
