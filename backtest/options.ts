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
import { anyText, cited, oneOf, type TextType, yesOrNo } from '../shared/settings/words.ts';

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
  settings: { type: 'string' },
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
  --environment NAME   of the stored trades: mainnet, testnet, demo or simulated (what CONNECTOR_PROFILE says, or mainnet)
  --cache FOLDER       where they are (BACKFILL_CACHE_DIR, or ${DEFAULT_CACHE_FOLDER})
  --out FOLDER         where signals.csv, outcomes.csv, summary.txt and chart.html are put (./data/backtest/SYMBOL)
  --allow-gaps         replay although trades are missing: the strategy is told of each gap at its place
  --json               signals and summary on stdout as JSON, one object a line
  --answer-within S    seconds after which a call of the strategy counts as hanging (10)
  --settings FILE      read FILE instead of .env
  --help               this text

Exit codes: 0 done, 64 wrong options, 70 the strategy hangs or throws all the time, 75 trades are missing: fetch them, then try again,
78 wrong settings.
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

/** All that is wrong, each in a sentence: with the command line (64), or else with the settings (78). */
export type Refusal = { readonly kind: 'usage' | 'config'; readonly problems: readonly string[] };

export type ReadOptions = { readonly kind: 'run'; readonly options: BacktestOptions } | Refusal;

type Read = { readonly flags: BacktestFlags; readonly problems: string[] };

type Env = Readonly<Record<string, string | undefined>>;

/** `network`: what is chosen for the runner. */
type Settings = {
  readonly env: Env;
  readonly network?: Environment;
  readonly problems: readonly string[];
};

/** `own`: the settings, and what is wrong with them already. `cwd`: what relative paths are relative to. */
export function readOptions(flags: BacktestFlags, own: Settings, cwd: string): ReadOptions {
  const read: Read = { flags, problems: [] };
  const { problems } = read;
  const settings = readSettings(flags, own);
  const strategy = text(read, 'strategy');
  if (strategy === undefined)
    problems.push('--strategy is missing: name the file, for example --strategy ./mine.ts');
  const category = word(read, '--category', text(read, 'category'), categories) ?? settings.category;
  const environment =
    word(read, '--environment', text(read, 'environment'), environments) ?? own.network ?? 'mainnet';
  const instrument = readInstrument(read, category);
  const span = readSpan(read);
  const seconds = Number(text(read, 'answer-within') ?? ANSWER_WITHIN_S);
  if (!(seconds >= 0.1 && seconds <= ANSWER_WITHIN_MAX_S))
    problems.push(`--answer-within must be a number of seconds from 0.1 to ${ANSWER_WITHIN_MAX_S}`);
  if (problems.length > 0 || strategy === undefined || instrument === undefined || span === undefined)
    return { kind: 'usage', problems };
  if (settings.problems.length > 0) return { kind: 'config', problems: settings.problems };
  const cache = text(read, 'cache') ?? settings.cache;
  const out = text(read, 'out') ?? path.join('data', 'backtest', instrument.symbol);
  const options = {
    strategy: path.resolve(cwd, strategy),
    ...{ instrument, environment, span },
    cache: path.resolve(cwd, cache),
    // What fetches may not know the file of --settings.
    isCacheNamed: flags.cache !== undefined || flags.settings !== undefined,
    out: path.resolve(cwd, out),
    allowGaps: flags['allow-gaps'] === true,
    json: flags.json === true,
    answerWithinMs: Math.round(seconds * 1_000),
  };
  return { kind: 'run', options };
}

/** CATEGORY and the cache. One that is switched off is not read: then the folder is named, or nothing is replayed. */
function readSettings(
  flags: BacktestFlags,
  { env, problems: known }: Settings,
): { readonly category: Category; readonly cache: string; readonly problems: readonly string[] } {
  const problems = [...known];
  const category = setting(env, 'CATEGORY', oneOf(categories), problems) ?? 'linear';
  const isEnabled = setting(env, 'BACKFILL_CACHE_ENABLED', yesOrNo, problems) ?? true;
  const cache = setting(env, 'BACKFILL_CACHE_DIR', anyText('the path of a folder'), problems);
  if (!isEnabled && flags.cache === undefined)
    problems.push(
      'BACKFILL_CACHE_ENABLED is false, so there is no cache: name the folder of the trades with --cache, or remove the variable',
    );
  return { category, cache: cache ?? DEFAULT_CACHE_FOLDER, problems };
}

/** An empty one is not set. */
function setting<T>(env: Env, name: string, type: TextType<T>, problems: string[]): T | undefined {
  const said = env[name]?.trim() ?? '';
  if (said === '') return undefined;
  const value = type.read(said);
  if (value === undefined)
    problems.push(`${cited({ name, text: said })} is not allowed: it must be ${type.allowed}`);
  return value;
}

function text({ flags }: Read, name: keyof typeof optionTable): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value.trim() : undefined;
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
