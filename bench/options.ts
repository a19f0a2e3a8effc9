/** The command line of the measurement. */
import { positiveOption, readCommandLine, refuse } from '../bin/command-line.ts';
import { type SubjectName, subjectNames } from './subjects.ts';

export type BenchOptions = {
  readonly runs: number;
  /** Length of the paced phase; the saturated one sends forty thousand frames for each second. */
  readonly seconds: number;
  /** Who is measured. */
  readonly subjects: readonly SubjectName[];
  readonly profileFolder: string | undefined;
  /** Put the results into docs/performance.md. */
  readonly write: boolean;
  readonly help: boolean;
};

export const helpText = `Usage: npm run bench -- [options]

Compares the cost of market data in: ws + JSON.parse, bybit-api, ccxt pro, towline (connector, pipe, runner, strategy).

  --runs N        interleaved runs, of which the median is shown (5)
  --seconds S     length of each phase (6)
  --quick         the same as --runs 1 --seconds 2
  --only NAME     only one of them: ws, bybit-api, ccxt, towline
  --write         put the results into docs/performance.md
  --profile DIR   only towline, once a scenario; CPU profiles of all its threads go to DIR
  --help          this text

Exit codes: 0 done, 64 wrong options, 1 when a client does not know in the end what was sent to it: then no figure of it
counts.
`;

const name = 'npm run bench';

/** What was asked for. Ends the process with 64 when something is wrong with it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const line = readCommandLine(args, {
    runs: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean' },
    only: { type: 'string' },
    write: { type: 'boolean' },
    profile: { type: 'string' },
  });
  if (line.kind === 'wrong') return refuse(name, line.problems);
  const values = line.kind === 'run' ? line.values : {};
  return {
    runs: positiveOption(name, '--runs', values.runs ?? (values.quick === true ? '1' : '5')),
    seconds: positiveOption(name, '--seconds', values.seconds ?? (values.quick === true ? '2' : '6')),
    subjects: subjectsOf(values.profile === undefined ? values.only : 'towline'),
    profileFolder: values.profile,
    write: values.write === true,
    help: line.kind === 'help',
  };
}

function subjectsOf(only: string | undefined): readonly SubjectName[] {
  if (only === undefined) return subjectNames;
  const chosen = subjectNames.filter((subject) => subject === only);
  return chosen.length > 0
    ? chosen
    : refuse(name, [`--only must be one of ${subjectNames.join(', ')}: ${only}`]);
}
