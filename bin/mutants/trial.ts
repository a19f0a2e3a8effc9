/**
 * Runs test files in a copy of the project and says how they ended. Under a sabotage the first failure ends the run: more of
 * them would not make the mutant more caught.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Mutant, sabotaged, type Verdict } from './mutant.ts';
import { failureDetails, firstFailure, testCount } from './tap.ts';
import { type Copy, copyProject } from './workshop.ts';

/** Of one test under a sabotage: many wait in vain then. */
const SABOTAGED_TIMEOUT_MS = 30_000;
/** Of one test without any. */
const UNCHANGED_TIMEOUT_MS = 120_000;
/** Tests that hang for longer cannot judge. */
const RUN_TIMEOUT_MS = 300_000;
const PIPES_CLOSE_WITHIN_MS = 2_000;
const MAX_OUTPUT_LENGTH = 16_000_000;

/** Applies one sabotage to a copy of its own and runs the tests that should notice. */
export async function tryMutant(root: string, files: readonly string[], mutant: Mutant): Promise<Verdict> {
  const copy = copyProject(root, files);
  try {
    const file = path.join(copy.root, mutant.file);
    const text = sabotaged(readFileSync(file, 'utf8'), mutant);
    if (text === undefined) return { kind: 'stale' };
    writeFileSync(file, text);
    // One by one, in the order of the list: the likeliest to notice is also the quickest.
    let verdict: Verdict = { kind: 'unjudged', reason: 'no tests are named' };
    for (const test of mutant.tests) {
      verdict = await runTests(copy, [test], SABOTAGED_TIMEOUT_MS, 'stop at a failure');
      if (verdict.kind !== 'survived') break;
    }
    return verdict;
  } finally {
    copy.remove();
  }
}

/** Runs tests on an unchanged copy. They all have to survive, or the mutants prove nothing. */
export async function tryUnchanged(
  root: string,
  files: readonly string[],
  tests: readonly string[],
): Promise<Verdict> {
  const copy = copyProject(root, files);
  try {
    return await runTests(copy, tests, UNCHANGED_TIMEOUT_MS, 'hear all out');
  } finally {
    copy.remove();
  }
}

async function runTests(
  copy: Copy,
  tests: readonly string[],
  timeoutMs: number,
  patience: Patience,
): Promise<Verdict> {
  const options = ['--test-reporter=tap', `--test-timeout=${timeoutMs}`, '--test-concurrency=2'];
  // What a surrounding run of tests, a debugger or a proof put into the environment is not for this run.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, PROVE: _prove, ...env } = process.env;
  const child = spawn(process.execPath, ['--test', ...options, ...tests], {
    cwd: copy.root,
    env: { ...env, TMPDIR: copy.temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = await collect(child, patience);
  return judge(output, tests);
}

type Patience = 'stop at a failure' | 'hear all out';
type Output = { readonly tap: string; readonly errors: string; readonly timedOut: boolean };

/** Reads until the end, a failure if that is enough, or the time is over. Whatever still runs then is ended with the copy. */
function collect(child: ChildProcess, patience: Patience): Promise<Output> {
  const { promise, resolve } = Promise.withResolvers<Output>();
  let tap = '';
  let unread = 0;
  let errors = '';
  let timedOut = false;
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, RUN_TIMEOUT_MS);
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    if (tap.length > MAX_OUTPUT_LENGTH) return;
    tap += chunk;
    if (patience === 'stop at a failure' && firstFailure(tap.slice(unread)) !== undefined) stop();
    unread = tap.lastIndexOf('\n') + 1;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-2_000);
  });
  child.on('error', (error) => {
    errors += String(error);
  });
  const finish = (): void => {
    clearTimeout(timer);
    resolve({ tap, errors, timedOut });
  };
  child.on('close', finish);
  // A program that was left behind may hold our pipes open.
  child.on('exit', () => setTimeout(finish, PIPES_CLOSE_WITHIN_MS).unref());
  return promise;
}

function judge({ tap, errors, timedOut }: Output, tests: readonly string[]): Verdict {
  const failure = firstFailure(tap);
  if (failure !== undefined) {
    const wholeFile = tests.some((file) => failure.endsWith(file));
    return wholeFile
      ? { kind: 'unjudged', reason: `${failure} failed as a whole` }
      : { kind: 'caught', by: failure, details: failureDetails(tap) };
  }
  if (timedOut) return { kind: 'unjudged', reason: `no end within ${RUN_TIMEOUT_MS / 1_000} s` };
  const count = testCount(tap) ?? 0;
  return count > 0
    ? { kind: 'survived' }
    : { kind: 'unjudged', reason: `no test ran: ${errors.trim().slice(-300)}` };
}
