/**
 * `npm run backtest`: replays stored trades through the runner and a strategy, and writes what came of it.
 *
 * One process, one thread, no network. What the strategy prints goes to stderr; of the environment it sees no secrets.
 */
import { Console } from 'node:console';
import { readCommandLine } from '../bin/command-line.ts';
import { secretNames } from '../runner/config/settings-table.ts';
import { exitCodes } from '../shared/errors.ts';
import { runBacktest } from './io/run-backtest.ts';
import { help, name, optionTable, readOptions } from './options.ts';

const words = readCommandLine(process.argv.slice(2), optionTable);
const options = words.kind === 'run' ? readOptions(words.values, process.env, process.cwd()) : undefined;

if (words.kind === 'help') process.stdout.write(help);
else if (words.kind === 'wrong') refuse(words.problems);
else if (options === undefined || 'length' in options) refuse(options ?? []);
else {
  for (const secret of secretNames) delete process.env[secret];
  globalThis.console = new Console(process.stderr, process.stderr);
  // Whoever reads may stop reading (`| head`): the files are written all the same.
  process.stdout.on('error', () => undefined);
  process.exitCode = await runBacktest(options, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  });
}

function refuse(problems: readonly string[]): void {
  const list = problems.map((problem) => `  - ${problem}\n`).join('');
  process.stderr.write(`wrong options:\n${list}Try: ${name} -- --help\n`);
  process.exitCode = exitCodes.usage;
}
