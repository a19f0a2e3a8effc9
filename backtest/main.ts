/**
 * `npm run backtest`: replays stored trades through the runner and a strategy, and writes what came of it.
 *
 * One process, one thread, no network. What the strategy prints goes to stderr; of the environment it sees no secrets.
 */
import { Console } from 'node:console';
import { readCommandLine } from '../bin/command-line.ts';
import { secretNames } from '../runner/config/settings-table.ts';
import { exitCodes } from '../shared/errors.ts';
import { type OwnSettings, RUNNER_PID, readOwnSettings } from '../shared/io/own-settings.ts';
import type { Environment } from '../shared/market.ts';
import { runBacktest } from './io/run-backtest.ts';
import { type BacktestOptions, help, name, optionTable, type Refusal, readOptions } from './options.ts';

const words = readCommandLine(process.argv.slice(2), optionTable);

if (words.kind === 'help') process.stdout.write(help);
else if (words.kind === 'wrong') refuse({ kind: 'usage', problems: words.problems });
else {
  const own = readOwnSettings(process.env, words.values.settings);
  const read = readOptions(words.values, own, process.cwd());
  if (read.kind === 'run') await run(read.options, own);
  else refuse(read);
}

async function run(options: BacktestOptions, own: OwnSettings): Promise<void> {
  for (const warning of own.warnings) process.stderr.write(`warning: ${warning}\n`);
  showToStrategy(own, options.environment);
  globalThis.console = new Console(process.stderr, process.stderr);
  // Whoever reads may stop reading (`| head`): the files are written all the same.
  process.stdout.on('error', () => undefined);
  process.exitCode = await runBacktest(options, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  });
}

/** What the strategy sees as process.env: all settings but the secret ones, and that it is to read no `.env` for those. */
function showToStrategy({ env }: OwnSettings, environment: Environment): void {
  Object.assign(process.env, env, { CONNECTOR_PROFILE: environment, [RUNNER_PID]: String(process.pid) });
  for (const secret of secretNames) {
    delete process.env[secret];
    delete process.env[secret.toLowerCase()];
  }
}

function refuse({ kind, problems }: Refusal): void {
  const list = problems.map((problem) => `  - ${problem}\n`).join('');
  const text =
    kind === 'usage'
      ? `wrong options:\n${list}Try: ${name} -- --help\n`
      : `wrong settings in the environment or .env:\n${list}`;
  process.stderr.write(text);
  process.exitCode = exitCodes[kind];
}
