/** The command line of a backtest, checked all at once. Pure. */
import path from 'node:path';
import { DEFAULT_CACHE_FOLDER } from '../connector/history/polite/settings.ts';
import type { Span } from '../connector/history/store/spans.ts';
import { DAY_MS, dayStart } from '../shared/day-totals.ts';
import {
  type Category,
  categories,
  type Environment,
  environments,
  type Instrument,
} from '../shared/market.ts';
import { readSelector } from '../shared/settings/symbol-selectors.ts';

export const optionTable = {
  strategy: { type: 'string' },
  symbol: { type: 'string' },
  category: { type: 'string' },
  environment: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  cache: { type: 'string' },
  out: { type: 'string' },
  'allow-gaps': { type: 'boolean' },
  json: { type: 'boolean' },
  'answer-within': { type: 'string' },
} as const;

export const name = 'npm run backtest';
export const help = `Usage: ${name} -- --strategy FILE --symbol SYMBOL --from DAY --to DAY [options]

Replays stored trades through the runner and a strategy, tells its signals, and writes a summary, CSV files and a page with a chart.
Nothing is fetched: what is not stored is named with the command that fetches it.

  --strategy FILE      the strategy, as in STRATEGIES (docs/strategies.md)
  --symbol SYMBOL      BTCUSDT, or with its market: spot:ETHUSDT
  --from DAY           the first UTC day, or a moment such as 2026-08-01T14:00:00Z
  --to DAY             the last UTC day, which is included, or a moment
  --category NAME      linear, spot or inverse, of a symbol that names none (CATEGORY, or linear)
  --environment NAME   of the stored trades: mainnet, testnet, demo or simulated (mainnet)
  --cache FOLDER       where they are (BACKFILL_CACHE_DIR, or ${DEFAULT_CACHE_FOLDER})
  --out FOLDER         where signals.csv, outcomes.csv, summary.txt and chart.html are put (./data/backtest/SYMBOL)
  --allow-gaps         replay although trades are missing: the strategy is told of each gap at its place
  --json               signals and summary on stdout as JSON, one object a line
  --answer-within S    seconds after which a call of the strategy counts as hanging (10)
  --help               this text

Exit codes: 0 done, 64 wrong options, 70 the strategy hangs or throws all the time, 75 trades are missing: fetch them, then try again.
`;

export type BacktestFlags = {
  readonly [name in keyof typeof optionTable]?: string | boolean | undefined;
};

export type BacktestOptions = {
  /** Absolute. */
  readonly strategy: string;
  readonly instrument: Instrument;
  readonly environment: Environment;
  readonly span: Span;
  readonly cache: string;
  /** It was named on the command line: then so is it in the command that fetches. */
  readonly isCacheNamed: boolean;
  readonly out: string;
  readonly allowGaps: boolean;
  readonly json: boolean;
  readonly answerWithinMs: number;
};

/** A chart of more has nothing to see, and its page would not open. */
const DAYS_MAX = 366;
const ANSWER_WITHIN_S = 10;
const ANSWER_WITHIN_MAX_S = 3_600;

type Read = { readonly flags: BacktestFlags; readonly problems: string[] };

/** The options, or what is wrong with them, each in a sentence. `cwd`: what relative paths are relative to. */
export function readOptions(
  flags: BacktestFlags,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): BacktestOptions | readonly string[] {
  const read: Read = { flags, problems: [] };
  const { problems } = read;
  const strategy = text(read, 'strategy');
  if (strategy === undefined)
    problems.push('--strategy is missing: name the file, for example --strategy ./mine.ts');
  const category =
    word(read, '--category', text(read, 'category') ?? set(env, 'CATEGORY'), categories) ?? 'linear';
  const environment = word(read, '--environment', text(read, 'environment'), environments) ?? 'mainnet';
  const instrument = readInstrument(read, category);
  const span = readSpan(read);
  const seconds = Number(text(read, 'answer-within') ?? ANSWER_WITHIN_S);
  if (!(seconds >= 0.1 && seconds <= ANSWER_WITHIN_MAX_S))
    problems.push(`--answer-within must be a number of seconds from 0.1 to ${ANSWER_WITHIN_MAX_S}`);
  if (problems.length > 0 || strategy === undefined || instrument === undefined || span === undefined)
    return problems;
  const cache = text(read, 'cache') ?? set(env, 'BACKFILL_CACHE_DIR') ?? DEFAULT_CACHE_FOLDER;
  const out = text(read, 'out') ?? path.join('data', 'backtest', instrument.symbol);
  return {
    strategy: path.resolve(cwd, strategy),
    ...{ instrument, environment, span },
    cache: path.resolve(cwd, cache),
    isCacheNamed: flags.cache !== undefined,
    out: path.resolve(cwd, out),
    allowGaps: flags['allow-gaps'] === true,
    json: flags.json === true,
    answerWithinMs: Math.round(seconds * 1_000),
  };
}

function text({ flags }: Read, name: keyof typeof optionTable): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value.trim() : undefined;
}

function set(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name]?.trim() ?? '';
  return value === '' ? undefined : value;
}

function word<T extends string>(
  { problems }: Read,
  name: string,
  said: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (said === undefined) return undefined;
  const known = allowed.find((one) => one === said);
  if (known === undefined)
    problems.push(`${name} ${JSON.stringify(said)} is not one of ${allowed.join(', ')}`);
  return known;
}

function readInstrument(read: Read, category: Category): Instrument | undefined {
  const said = text(read, 'symbol');
  if (said === undefined || said === '') {
    read.problems.push(
      '--symbol is missing: name one, for example --symbol BTCUSDT or --symbol spot:ETHUSDT',
    );
    return undefined;
  }
  const selector = readSelector(said, category);
  if (typeof selector !== 'string' && selector.kind === 'symbol') return selector.instrument;
  read.problems.push(
    typeof selector === 'string'
      ? `--symbol: ${selector}`
      : `--symbol ${JSON.stringify(said)} is a filter: a backtest is of one symbol, for example BTCUSDT`,
  );
  return undefined;
}

function readSpan(read: Read): Span | undefined {
  const from = readTime(read, 'from');
  const to = readTime(read, 'to');
  if (from === undefined || to === undefined) return undefined;
  if (from >= to) read.problems.push('--from is not before the end of --to: exchange the two');
  else if ((to - from) / DAY_MS > DAYS_MAX)
    read.problems.push(`--from to --to are more than ${DAYS_MAX} days: replay less at a time`);
  return { from, to };
}

/** A UTC day, which as an end is included, or a moment in ISO 8601 with a zone. */
function readTime(read: Read, end: 'from' | 'to'): number | undefined {
  const said = text(read, end);
  if (said === undefined) {
    read.problems.push(
      `--${end} is missing: name the ${end === 'from' ? 'first' : 'last'} day, for example --${end} 2026-08-01`,
    );
    return undefined;
  }
  const start = dayStart(said);
  if (!Number.isNaN(start)) return end === 'from' ? start : start + DAY_MS;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(said)
    ? Date.parse(said)
    : Number.NaN;
  if (at > 0) return at;
  read.problems.push(
    `--${end} ${JSON.stringify(said)} is no time: give a UTC day such as 2026-08-01, or a moment with its zone such as 2026-08-01T14:00:00Z`,
  );
  return undefined;
}
