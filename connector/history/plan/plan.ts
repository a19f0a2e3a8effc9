/**
 * Where the rows of a range come from, and what cannot be had: one decision over all sources.
 *
 * Each stretch is taken from the first source that has it, the exact ones before the approximate ones and what is on this machine
 * before what must be asked for: the cache, our own recording, the archive of finished days, the list of the newest trades, and
 * then candles, which stand in where ticks do not exist (source-corrections.md). Pure: what is known is an argument, so that the same
 * knowledge gives the same plan, and a plan that was carried out is followed by one that only reads the cache.
 */
import { assert } from '../../../shared/errors.ts';
import type { HistoryPolicy } from '../../../shared/history-policy.ts';
import type { Environment, Instrument } from '../../../shared/market.ts';
import { type Millis, type UnixMs, unixMs } from '../../../shared/time.ts';
import { type Span, union } from '../store/spans.ts';
import { type ArchiveKnowledge, type ArchiveOfDay, archiveOfDay } from './archive-days.ts';
import { dayOf, shared, without } from './spans.ts';

export type PlanSource = 'cache' | 'recording' | 'archive' | 'recent' | 'klines' | 'none';
/** `exact`: every trade. `approximate`: candles. `absent`: nothing. */
export type Exactness = 'exact' | 'approximate' | 'absent';

/** Why a range comes from its source. Of candles and of nothing: why there are no trades. */
export type PlanReason =
  | 'cached'
  | 'recorded'
  | 'archived'
  | 'newest_trades'
  | 'not_yet'
  | 'no_archive'
  | 'before_archive'
  | 'day_not_over'
  | 'archive_not_published'
  | 'archive_has_none';

/** What is to be done for a range. `date` is a UTC day, 2026-08-01. */
export type PlanStep =
  | { readonly kind: 'read_cache'; readonly date: string; readonly of: 'trades' | 'klines' }
  | { readonly kind: 'read_recording'; readonly date: string }
  /** The file of the whole day, which then is in the cache, whatever part of it was asked for. */
  | { readonly kind: 'fetch_archive'; readonly date: string }
  | { readonly kind: 'read_recent' }
  /**
   * Candles of a minute that start in `from`..`to` (half-open): whole minutes, so those at the ends may hold trades of the
   * neighbouring ranges, which whoever adds up has to take off.
   */
  | {
      readonly kind: 'read_klines';
      readonly interval: '1';
      readonly date: string;
      readonly from: UnixMs;
      readonly to: UnixMs;
    };

/** Lies within one UTC day. */
export type PlannedRange = Span & {
  readonly source: PlanSource;
  readonly exactness: Exactness;
  readonly reason: PlanReason;
  /** From when on asking again may give something better; undefined: never, or there is nothing better. */
  readonly askAgainAt: UnixMs | undefined;
  readonly steps: readonly PlanStep[];
};

export type PlanInput = ArchiveKnowledge & {
  readonly environment: Environment;
  readonly instrument: Instrument;
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly now: UnixMs;
  /** What the manifests of the cache say is there completely, of this environment, category and symbol. */
  readonly cached: readonly Span[];
  /** The same of candles that were kept. */
  readonly cachedKlines?: readonly Span[];
  /** What our own recording holds completely: a gap in it is no part of these. */
  readonly recorded: readonly Span[];
  /** What the list of the newest trades covers completely; undefined while it was not asked for. */
  readonly recent: Span | undefined;
  /** May candles stand in? */
  readonly klines: boolean;
};

const MINUTE: Millis = 60_000;
const forever: UnixMs = unixMs(Number.MAX_SAFE_INTEGER);
const ever: UnixMs = unixMs(Number.MIN_SAFE_INTEGER);

/** In order, without a hole and without an overlap, from `from` to `to`. */
export function planHistory(input: PlanInput, policy: HistoryPolicy['plan']): readonly PlannedRange[] {
  const { from, to } = input;
  if (from >= to) return [];
  const days = Math.ceil((to - dayOf(from).from) / (dayOf(from).to - dayOf(from).from));
  assert(days <= policy.maxDays, `a plan of ${days} days; ${policy.maxDays} are the limit`);
  const known = {
    ...input,
    cached: union(input.cached),
    cachedKlines: union(input.cachedKlines ?? []),
    recorded: union(input.recorded),
  };
  const ranges: PlannedRange[] = [];
  for (let day = dayOf(from); day.from < to; day = dayOf(day.to)) {
    const part = { from: unixMs(Math.max(from, day.from)), to: unixMs(Math.min(to, day.to)) };
    ranges.push(...planDay(known, part, day.date, archiveOfDay(input, day, policy)));
  }
  return ranges;
}

type Known = PlanInput & { readonly cachedKlines: readonly Span[] };

/** What one source has, and how a range of it is described. Sources are tried in their order. */
type Layer = {
  readonly spans: readonly Span[];
  readonly describe: (range: Span) => Omit<PlannedRange, 'from' | 'to'>;
};

function planDay(known: Known, part: Span, date: string, archive: ArchiveOfDay): readonly PlannedRange[] {
  const ranges: PlannedRange[] = [];
  let left: readonly Span[] = [part];
  for (const { spans, describe } of layers(known, date, archive)) {
    const ofTheDay = shared([part], spans);
    for (const range of shared(left, ofTheDay)) ranges.push({ ...range, ...describe(range) });
    left = without(left, ofTheDay);
  }
  return ranges.toSorted((one, other) => one.from - other.from);
}

function layers(known: Known, date: string, archive: ArchiveOfDay): readonly Layer[] {
  const { now, cached, cachedKlines, recorded, recent } = known;
  const whole: Span = { from: ever, to: forever };
  const step = (kind: 'read_recording' | 'fetch_archive'): readonly PlanStep[] => [{ kind, date }];
  const exact = (source: PlanSource, reason: PlanReason, steps: readonly PlanStep[]) => () =>
    ({ source, exactness: 'exact', reason, askAgainAt: undefined, steps }) as const;
  const nothing = (reason: PlanReason, askAgainAt: UnixMs | undefined) => () =>
    ({ source: 'none', exactness: 'absent', reason, askAgainAt, steps: [] }) as const;
  const missing = archive.kind === 'missing' ? archive : undefined;
  const reason = missing?.reason ?? 'no_archive';
  return [
    // First of all: whatever a file says of it, the future has not happened.
    { spans: [{ from: now, to: forever }], describe: nothing('not_yet', undefined) },
    {
      spans: cached,
      describe: exact('cache', 'cached', [{ kind: 'read_cache', date, of: 'trades' }]),
    },
    { spans: recorded, describe: exact('recording', 'recorded', step('read_recording')) },
    {
      spans: missing === undefined ? [whole] : [],
      describe: exact('archive', 'archived', [
        ...step('fetch_archive'),
        { kind: 'read_cache', date, of: 'trades' },
      ]),
    },
    {
      spans: recent === undefined ? [] : union([recent]),
      describe: exact('recent', 'newest_trades', [{ kind: 'read_recent' }]),
    },
    {
      spans: cachedKlines,
      describe: () => ({
        source: 'cache',
        exactness: 'approximate',
        reason,
        askAgainAt: missing?.askAgainAt,
        steps: [{ kind: 'read_cache', date, of: 'klines' }],
      }),
    },
    {
      spans: known.klines ? [whole] : [],
      describe: (range) => ({
        source: 'klines',
        exactness: 'approximate',
        reason,
        askAgainAt: missing?.askAgainAt,
        steps: [readKlines(range, date)],
      }),
    },
    { spans: [whole], describe: nothing(reason, missing?.askAgainAt) },
  ];
}

function readKlines({ from, to }: Span, date: string): PlanStep {
  return {
    kind: 'read_klines',
    interval: '1',
    date,
    from: unixMs(Math.floor(from / MINUTE) * MINUTE),
    to: unixMs(Math.ceil(to / MINUTE) * MINUTE),
  };
}

/** Each reason as the end of a sentence: "00:00 to 14:00 is told from candles: ...". */
export const reasonWords: Readonly<Record<PlanReason, string>> = {
  cached: 'it is on this machine',
  recorded: 'it was recorded here',
  archived: 'the archive has the file of that day',
  newest_trades: 'the exchange still lists these trades',
  not_yet: 'it has not happened yet',
  no_archive: 'there is no archive of this market',
  before_archive: 'the archive begins later',
  day_not_over: 'the archive has a day only after its end, and nothing was recorded here',
  archive_not_published: 'the archive has not published that day yet, and nothing was recorded here',
  archive_has_none: 'the archive has no file of that day, and nothing was recorded here',
};

export type PlanTotals = {
  readonly exactMs: Millis;
  readonly approximateMs: Millis;
  readonly absentMs: Millis;
  /** Days whose file is to be fetched. */
  readonly archiveDays: number;
};

/** What a plan comes to. */
export function planTotals(ranges: readonly PlannedRange[]): PlanTotals {
  const lengthOf = (wanted: Exactness): Millis =>
    ranges
      .filter(({ exactness }) => exactness === wanted)
      .reduce((sum, { from, to }) => sum + (to - from), 0);
  const days = ranges.filter(({ source }) => source === 'archive').map(({ from }) => dayOf(from).date);
  return {
    exactMs: lengthOf('exact'),
    approximateMs: lengthOf('approximate'),
    absentMs: lengthOf('absent'),
    archiveDays: new Set(days).size,
  };
}
