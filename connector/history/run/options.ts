/**
 * The options of `connector history`, checked all at once: what is wanted, of which instruments and days, and where it is put.
 *
 * What is wrong on the command line ends with 64; what is wrong in the environment or .env with 78. Both lists are complete.
 */
import { DAY_MS, dayStart, utcDateOf } from '../../../shared/day-totals.ts';
import { ROWS_MAX } from '../../../shared/history-request.ts';
import type { OwnSettings } from '../../../shared/io/own-settings.ts';
import { type Category, categories, type Instrument, instrumentKey } from '../../../shared/market.ts';
import { readSelector } from '../../../shared/settings/symbol-selectors.ts';
import {
  anyText,
  cited,
  type NamedText,
  oneOf,
  partsOf,
  wholeNumber,
} from '../../../shared/settings/words.ts';
import type { Span } from '../../../shared/spans.ts';
import { type UnixMs, unixMs } from '../../../shared/time.ts';
import { ConfigError, UsageError } from '../../command-line.ts';
import {
  DEFAULT_DATA_DIR,
  type Environ,
  option,
  readCategory,
  readEnvironment,
  readText,
  variable,
} from '../../settings.ts';
import { type HistorySettings, historySettings } from '../polite/settings.ts';
import type { HistoryWish } from './run-days.ts';

export type HistoryFlags = {
  readonly symbol?: string;
  readonly symbols?: string;
  readonly category?: string;
  readonly environment?: string;
  readonly from?: string;
  readonly to?: string;
  readonly date?: string;
  readonly out?: string;
  readonly format?: string;
  readonly klines?: string;
  readonly jobs?: string;
  readonly limit?: string;
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly clear?: boolean;
  readonly yes?: boolean;
  readonly dayTotals?: boolean;
  readonly stopOnEof?: boolean;
};

/** Which stored trades are wanted, the newest first. */
export type RowsQuestion = {
  readonly instrument: Instrument;
  /** ms, half-open. */
  readonly span: Span;
  /** At least so many, where there are so many. */
  readonly limit: number;
};

export type HistoryTask =
  | {
      readonly kind: 'fetch';
      readonly wishes: readonly HistoryWish[];
      readonly format: 'parquet' | 'legacy';
      readonly klines: boolean;
      readonly dryRun: boolean;
    }
  | {
      readonly kind: 'verify';
      readonly instruments: readonly Instrument[];
      readonly dates: readonly string[];
    }
  | { readonly kind: 'clear'; readonly instruments: readonly Instrument[]; readonly isSure: boolean }
  | ({ readonly kind: 'rows' } & RowsQuestion)
  | { readonly kind: 'check' }
  | { readonly kind: 'day_totals' };

export type HistoryOptions = {
  readonly task: HistoryTask;
  readonly settings: HistorySettings;
  /** The folder of the cache. */
  readonly root: string;
  /** BACKFILL_CACHE_ENABLED=false, and no folder was named: nothing is read there or kept, a folder of this run takes its place. */
  readonly isTemporary: boolean;
  /** DATA_DIR, where the runner records. */
  readonly dataDir: string;
  /** Days at a time. */
  readonly jobs: number;
  readonly stopOnEof: boolean;
  readonly warnings: readonly string[];
};

/** Two files come while the one before is converted. */
const DEFAULT_JOBS = 3;
const DEFAULT_ROWS = 1_000;
/** Ten years and a bit, as the plan has it. */
const DAYS_MAX = 3_700;

/** @param words - those of the command line that belong to no option; @param stray - sentences for what nobody knows */
export function readHistoryOptions(
  flags: HistoryFlags,
  own: OwnSettings,
  words: readonly string[],
  stray: readonly string[],
): HistoryOptions {
  const { env } = own;
  const problems: string[] = [...stray];
  const warnings: string[] = [...own.warnings];
  const environment = readEnvironment(flags.environment, problems) ?? own.network;
  const jobs = readText(option('--jobs', flags.jobs), wholeNumber(1, 16), problems) ?? DEFAULT_JOBS;
  const out = readText(option('--out', flags.out), anyText('the path of a folder'), problems);
  const task = readTask(flags, env, words, { problems, warnings });
  if (problems.length > 0) throw new UsageError('history', problems);
  const said = historySettings(env, environment);
  const config: string[] = [...own.problems, ...said.problems];
  const dataDir =
    readText(variable(env, 'DATA_DIR'), anyText('the path of a folder'), config) ?? DEFAULT_DATA_DIR;
  const { isEnabled, folder } = said.settings.cache;
  const isTemporary = out === undefined && !isEnabled;
  if (isTemporary && (task.kind === 'fetch' || task.kind === 'clear' || task.kind === 'verify'))
    config.push(
      'BACKFILL_CACHE_ENABLED is false, so there is no cache: name a folder with --out, or remove the variable',
    );
  if (config.length > 0) throw new ConfigError('history', config);
  return {
    task,
    settings: said.settings,
    root: out ?? folder,
    isTemporary,
    dataDir,
    jobs,
    stopOnEof: flags.stopOnEof === true || env['TOWLINE_STOP_ON_EOF'] === '1',
    warnings,
  };
}

type Findings = { readonly problems: string[]; readonly warnings: string[] };

function readTask(
  flags: HistoryFlags,
  env: Environ,
  words: readonly string[],
  findings: Findings,
): HistoryTask {
  const { problems } = findings;
  const kinds = [
    ...(words.includes('verify') ? (['verify'] as const) : []),
    ...(words.includes('rows') ? (['rows'] as const) : []),
    ...(flags.check === true ? (['check'] as const) : []),
    ...(flags.clear === true ? (['clear'] as const) : []),
    ...(flags.dayTotals === true ? (['day_totals'] as const) : []),
  ];
  if (kinds.length > 1) problems.push(`${kinds.join(' and ')} are two different things: ask for one of them`);
  const [kind = 'fetch'] = kinds;
  switch (kind) {
    case 'check':
    case 'day_totals':
      return { kind };
    case 'clear':
      return { kind, instruments: readInstruments(flags, env, findings, false), isSure: flags.yes === true };
    case 'verify':
      return { kind, instruments: readInstruments(flags, env, findings), dates: readDates(flags, problems) };
    case 'rows':
      return readRows(flags, env, findings);
    case 'fetch':
      return readFetch(flags, env, findings);
  }
}

/** From and to of a span that is not empty; problems are told. */
function readSpan(flags: HistoryFlags, problems: string[]): Span {
  const from = readTime(
    flags.from === undefined ? undefined : { name: '--from', text: flags.from },
    'from',
    problems,
  );
  const to = readTime(flags.to === undefined ? undefined : { name: '--to', text: flags.to }, 'to', problems);
  if (from === undefined || to === undefined) return { from: 0, to: 0 };
  if (from >= to)
    problems.push(
      `--from ${flags.from ?? ''} is not before the end of --to ${flags.to ?? ''}: exchange the two`,
    );
  else if ((to - from) / DAY_MS > DAYS_MAX)
    problems.push(
      `from ${flags.from ?? ''} to ${flags.to ?? ''} are more than ${DAYS_MAX} days: ask for less at a time`,
    );
  return { from, to };
}

function readFetch(flags: HistoryFlags, env: Environ, findings: Findings): HistoryTask {
  const { problems } = findings;
  const format =
    readText(option('--format', flags.format), oneOf(['parquet', 'legacy']), problems) ?? 'parquet';
  const klines = readText(option('--klines', flags.klines), oneOf(['1m']), problems) !== undefined;
  const { from, to } = readSpan(flags, problems);
  const wishes = readInstruments(flags, env, findings).map((instrument) => ({
    instrument,
    from: unixMs(from),
    to: unixMs(to),
  }));
  return { kind: 'fetch', wishes, format, klines, dryRun: flags.dryRun === true };
}

function readRows(flags: HistoryFlags, env: Environ, findings: Findings): HistoryTask {
  const { problems } = findings;
  const limit = readText(option('--limit', flags.limit), wholeNumber(1, ROWS_MAX), problems) ?? DEFAULT_ROWS;
  const span = readSpan(flags, problems);
  const [instrument, ...others] = readInstruments(flags, env, findings);
  if (others.length > 0) problems.push('--symbol: rows are those of one symbol: name one');
  return { kind: 'rows', instrument: instrument ?? { category: 'linear', symbol: '' }, span, limit };
}

/** A UTC day, which as an end is included, or a moment in ISO 8601 with a zone. */
function readTime(said: NamedText | undefined, end: 'from' | 'to', problems: string[]): UnixMs | undefined {
  if (said === undefined) {
    problems.push(
      `--${end} is missing: name the ${end === 'from' ? 'first' : 'last'} day, for example --${end} 2026-08-01`,
    );
    return undefined;
  }
  const text = said.text.trim();
  const start = dayStart(text);
  if (!Number.isNaN(start)) return unixMs(end === 'from' ? start : start + DAY_MS);
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(at) && at >= 0) return unixMs(at);
  problems.push(
    `${cited(said)} is no time: give a UTC day such as 2026-08-01, or a moment with its zone such as 2026-08-01T14:00:00Z`,
  );
  return undefined;
}

function readDates(flags: HistoryFlags, problems: string[]): readonly string[] {
  if (flags.date !== undefined) {
    const dates = partsOf(flags.date);
    for (const date of dates)
      if (Number.isNaN(dayStart(date)))
        problems.push(`--date ${JSON.stringify(date)} is no UTC day: give one such as 2026-08-01`);
    if (dates.length === 0) problems.push('--date is empty: give a UTC day such as 2026-08-01');
    return dates;
  }
  if (flags.from === undefined && flags.to === undefined) {
    problems.push('--date is missing: name the day that is to be verified, for example --date 2026-08-01');
    return [];
  }
  const from = readTime(
    flags.from === undefined ? undefined : { name: '--from', text: flags.from },
    'from',
    problems,
  );
  const to = readTime(flags.to === undefined ? undefined : { name: '--to', text: flags.to }, 'to', problems);
  if (from === undefined || to === undefined) return [];
  if (from >= to || (to - from) / DAY_MS > DAYS_MAX) {
    problems.push('--from and --to: the first day must not be after the last, nor ten years before it');
    return [];
  }
  const days: string[] = [];
  for (let at: number = from; at < to; at += DAY_MS) days.push(utcDateOf(at));
  return days;
}

/** `isNeeded` false: none means all that there are. */
function readInstruments(
  flags: HistoryFlags,
  env: Environ,
  { problems, warnings }: Findings,
  isNeeded = true,
): readonly Instrument[] {
  const category: Category = readCategory(flags.category, env, problems);
  const texts = [flags.symbol, flags.symbols].filter((text) => text !== undefined).join(',');
  const found = new Map<string, Instrument>();
  for (const part of partsOf(texts)) {
    const selector = readSelector(part, category);
    if (typeof selector === 'string') problems.push(`--symbol: ${selector}`);
    else if (selector.kind !== 'symbol')
      problems.push(
        `--symbol: ${JSON.stringify(part)} is a filter: history is asked for by name, for example BTCUSDT,spot:ETHUSDT`,
      );
    else {
      found.set(instrumentKey(selector.instrument), selector.instrument);
      if (selector.raisedFrom !== undefined)
        warnings.push(`--symbol: ${selector.raisedFrom} is taken as ${selector.instrument.symbol}`);
    }
  }
  if (found.size === 0 && isNeeded && partsOf(texts).length === 0)
    problems.push(
      `--symbol is missing: name at least one, for example --symbol BTCUSDT (categories: ${categories.join(', ')}, as in spot:ETHUSDT)`,
    );
  return [...found.values()];
}
