/**
 * The runner's own flags: everything else is a setting (DESIGN 7.4).
 *
 * The file's flag is not called --env-file: Node takes that name for itself wherever it stands on the command line.
 */
import { parseArgs } from 'node:util';

export type RunnerArguments = {
  /** A file instead of .env; it must exist. */
  readonly envFile?: string;
  /** Take the commands of DESIGN 7.2 on our own stdin. */
  readonly stdin: boolean;
  readonly help: boolean;
};

export type ArgumentsResult =
  | { readonly ok: true; readonly value: RunnerArguments }
  | { readonly ok: false; readonly problems: readonly string[] };

export const runnerHelp = `Usage: npm start -- [options]

Spawns the connector, supervises it, and serves what it says on http://127.0.0.1:8000.
Everything is set by environment variables or .env: see .env.example and docs/configuration.md.

Options:
  --settings FILE  read FILE instead of .env
  --stdin          take commands (one JSON object a line) on stdin
  --help           show this text

Exit codes: 0 stopped as asked, 64 wrong options, 70 a bug, 75 try again (a port or the data folder is in use),
78 wrong settings.
`;

/** Reads the arguments after the program's name. All problems are listed (exit code 64). */
export function parseRunnerArguments(argv: readonly string[]): ArgumentsResult {
  const problems: string[] = [];
  let envFile: string | undefined;
  let stdin = false;
  let help = false;
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional')
      problems.push(`${JSON.stringify(token.value)} is not expected: the runner takes options only`);
    if (token.kind !== 'option') continue;
    if (token.name === 'settings') {
      if (!token.value) problems.push('--settings needs the path of a file');
      else if (envFile !== undefined) problems.push('--settings is given twice');
      else envFile = token.value;
    } else if (token.name !== 'stdin' && token.name !== 'help') {
      problems.push(`${token.rawName} is not an option: see --help`);
    } else if (token.value !== undefined) {
      problems.push(`${token.rawName} takes no value`);
    } else if (token.name === 'stdin') stdin = true;
    else help = true;
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { ...(envFile === undefined ? {} : { envFile }), stdin, help } };
}

const options = {
  settings: { type: 'string' },
  stdin: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
