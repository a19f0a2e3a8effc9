/**
 * Runs the long proofs at full size and writes docs/proof.md: `npm run prove` (an hour is the aim).
 */
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import { commandLine, refuse } from './command-line.ts';
import { type Part, parts } from './prove/parts.ts';
import { outcomeOf, type PartResult, proofPage } from './prove/report.ts';

const root = path.resolve(import.meta.dirname, '..');
const name = 'npm run prove';
const help = `Usage: ${name} -- [options]

Runs the long proofs at full size (an hour is the aim) and writes docs/proof.md.

Options:
  --only NAME    only this part (may be repeated), without a report
  --report FILE  the report goes there instead
  --list         names and what they show, nothing is run
  --help         show this text

Exit codes: 0 all parts passed, 1 one did not, 64 wrong options.
`;
const values = commandLine({
  name,
  help,
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    report: { type: 'string' },
  },
});
const unknown = (values.only ?? []).filter((name) => !parts.some((part) => part.name === name));
const chosen = parts.filter(({ name }) => values.only?.includes(name) ?? true);
const report = values.report ?? (values.only === undefined ? path.join(root, 'docs', 'proof.md') : undefined);

if (unknown.length > 0)
  refuse(
    name,
    unknown.map((wrong) => `there is no part ${wrong}: see --list`),
  );
if (values.list === true) {
  for (const { name: title, shows } of chosen) process.stdout.write(`${title}: ${shows}\n`);
} else {
  await prove();
}

async function prove(): Promise<void> {
  const started = performance.now();
  const finished = new Map<Part, PartResult>();
  // One after the other, since each may use the whole machine; beside them those that give way.
  const inTurn = async (track: readonly Part[]): Promise<void> => {
    for (const part of track) finished.set(part, await run(part));
  };
  await Promise.all([
    inTurn(chosen.filter(({ runs }) => runs === undefined)),
    inTurn(chosen.filter(({ runs }) => runs === 'beside')),
  ]);
  await inTurn(chosen.filter(({ runs }) => runs === 'alone'));
  const results = chosen.flatMap((part) => finished.get(part) ?? []);
  process.stdout.write('\n');
  for (const result of results)
    process.stdout.write(`${result.part.name}: ${outcomeOf(result)} in ${Math.round(result.seconds)} s\n`);
  if (report !== undefined) {
    const seconds = (performance.now() - started) / 1_000;
    const circumstances = { commit: commit(), date: new Date(), machine: machine(), root, seconds };
    writeFileSync(report, proofPage(results, circumstances));
  }
  if (results.some((result) => outcomeOf(result) !== 'passed')) process.exitCode = 1;
}

/** Runs one part; what it prints is passed on (of one beside others when it ends) and kept. */
function run(part: Part): Promise<PartResult> {
  const isBeside = part.runs === 'beside' && chosen.length > 1;
  const title = `\n== ${part.name}: ${part.shows}\n`;
  process.stdout.write(isBeside ? `\n== ${part.name} has begun beside the others\n` : title);
  const started = performance.now();
  // What a surrounding run of tests or a debugger put into the environment is not for this run.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const command = [process.execPath, path.join(root, 'bin', 'towline.mjs'), ...part.command];
  const [program = '', ...args] = isBeside ? ['nice', '-n', '19', ...command] : command;
  const child = spawn(program, args, {
    cwd: root,
    env: { ...env, PROVE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (!isBeside) process.stdout.write(chunk);
    output += chunk;
  });
  const passOn = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
    });
    child.on('close', (exitCode) => {
      if (isBeside) process.stdout.write(`${title}${output}`);
      for (const signal of signals) process.off(signal, passOn);
      resolve({ part, exitCode, seconds: (performance.now() - started) / 1_000, output });
    });
  });
}

/** Which state of the project this was; a copy without git has none. */
function commit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  try {
    const changed = git('status', '--porcelain')
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith(' docs/proof.md'));
    const files = changed.length === 1 ? '1 file' : `${changed.length} files`;
    const head = git('rev-parse', 'HEAD').trim();
    return changed.length === 0 ? head : `${head} with uncommitted changes in ${files}`;
  } catch {
    return 'unknown (no git here)';
  }
}

function machine(): string {
  const processors = cpus();
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  return `${processors.length} x ${model}, ${gibibytes} GiB, ${platform()} ${release()} ${arch()}, Node ${process.versions.node}`;
}
