/** The command line of the measurement. */
import { parseArgs } from 'node:util';
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

export const helpText = `npm run bench -- [options]

Compares the cost of market data in: ws + JSON.parse, bybit-api, ccxt pro, towline (connector, pipe, runner, strategy).

  --runs N        interleaved runs, of which the median is shown (5)
  --seconds S     length of each phase (6)
  --quick         the same as --runs 1 --seconds 2
  --only NAME     only one of them: ws, bybit-api, ccxt, towline
  --write         put the results into docs/performance.md
  --profile DIR   only towline, once a scenario; CPU profiles of all its threads go to DIR
  --help          this text

Exit code 1 when a client does not know in the end what was sent to it: then no figure of it counts.
`;

/** Throws a sentence for a wrong option. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    runs: positive('--runs', values.runs ?? (values.quick ? '1' : '5')),
    seconds: positive('--seconds', values.seconds ?? (values.quick ? '2' : '6')),
    subjects: subjectsOf(values.profile === undefined ? values.only : 'towline'),
    profileFolder: values.profile,
    write: values.write,
    help: values.help,
  };
}

function subjectsOf(only: string | undefined): readonly SubjectName[] {
  if (only === undefined) return subjectNames;
  const chosen = subjectNames.filter((name) => name === only);
  if (chosen.length === 0) throw new Error(`--only must be one of ${subjectNames.join(', ')}: ${only}`);
  return chosen;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} must be a whole number from 1: ${text}`);
  return value;
}
