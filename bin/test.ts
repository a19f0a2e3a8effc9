/**
 * Runs the tests: `npm test`, or only some of them: `node bin/towline.mjs bin/test.ts runner/config supervisor`.
 *
 * A run that tests nothing is a failed run: Node's own `--test` finds no TypeScript files before version 22 and ends with 0.
 * So the files are found here, named one by one, and the summary must count more than none.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { findTestFiles } from './test-files.ts';

/** Many tests start processes of their own, so more than two files at a time make each other late. */
const CONCURRENCY = Math.min(2, availableParallelism());
/** No test takes longer on a slow machine with two cores; one that does hangs. */
const TIMEOUT_MS = 180_000;
/** Characters of output that are kept to be looked through at the end. */
const OUTPUT_LENGTH = 16_000_000;

const root = process.cwd();
const files = findTestFiles(root, process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(
    `no test files (*.test.ts) were found below ${root}/tests: a run that tests nothing fails\n`,
  );
  process.exitCode = 1;
} else {
  run();
}

function run(): void {
  const flags = ['--test', '--test-reporter=spec'];
  const limits = [`--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TIMEOUT_MS}`];
  // What a surrounding run of tests or a debugger put into the environment is not for this run.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, [...flags, ...limits, ...files], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    process.stdout.write(chunk);
    output = (output + chunk).slice(-OUTPUT_LENGTH);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('close', (code) => {
    process.exitCode = code ?? 1;
    const complaint = process.exitCode === 0 ? emptiness(output) : undefined;
    if (complaint === undefined) return;
    process.stderr.write(`${complaint}: a run that tests nothing fails\n`);
    process.exitCode = 1;
  });
}

/** What was not tested although everything "passed": Node counts a file without tests as one passed test of the file's name. */
function emptiness(output: string): string | undefined {
  const empty = files.filter((file) => output.includes(`\u2714 ${file} (`));
  if (empty.length > 0) return `no tests in ${empty.join(', ')}`;
  const count = [...output.matchAll(/^\S* ?tests (\d+)$/gm)].at(-1)?.[1];
  return Number(count ?? 0) === 0 ? 'the summary counts no tests' : undefined;
}
