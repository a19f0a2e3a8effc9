/**
 * What a history child tells (docs/history.md): how far it is, what each range came from, the sums of days, the candles that stand in, and
 * how a recording compares with the archive. A child of another kind than the one that streams: it is asked once, answers and ends.
 */
import { z } from 'zod';
import { dayTotalsSchema } from '../day-totals.ts';
import { categories, environments } from '../market.ts';
import { klineSchema, tradeSchema } from './market-events.ts';
import { errorSchema, progressSchema } from './process-events.ts';

const lineNumber = z.int().positive().optional();
const ms = z.int().nonnegative();
const instrument = { category: z.enum(categories), symbol: z.string().min(1).max(40) };
const span = z.object({ from: ms, to: ms });
const count = z.int().nonnegative();
const sum = dayTotalsSchema.shape.volume;

/** Bins of one line: 50,000 are a real day, and a line is at most 1 MiB. */
export const BINS_IN_LINE = 2_000;
/** Spans and edges of one line; a part of a day has one span and two edges at most. */
const SPANS_MAX = 1_000;

const place = z.string().max(200);

/** How politely one kind of host is asked: the REST endpoints, or the archive. Times are the child's wall clock, ms. */
const laneSchema = z.object({
  /** Requests that went out, those of them that brought nothing, and how often "too often" was said. */
  sent: count,
  failed: count,
  refusals: count,
  waiting: count,
  under_way: count,
  /** At a time, and the least pause between two. */
  concurrency: count,
  delay_ms: z.number().nonnegative(),
  /** 1 at best, 5 at most. */
  throttle_factor: z.number().positive(),
  breakers: z
    .array(
      z.object({ endpoint: place, state: z.enum(['closed', 'open', 'half_open']), until: ms.nullable() }),
    )
    .max(50),
  /** The exchange has shut this address out. */
  banned_until: ms.nullable(),
  banned_because: z.string().max(4_000).nullable(),
  shut_endpoints: z.array(z.object({ endpoint: place, until: ms })).max(50),
  outage_until: ms.nullable(),
});
export type PoliteLane = Readonly<z.infer<typeof laneSchema>>;

export const politeSchema = z.object({
  access: z.enum(['public', 'keyed']),
  key: z.enum(['none', 'unchecked', 'taken', 'refused', 'unknown']),
  rest: laneSchema,
  archive: laneSchema.extend({ files: count, bytes: count }),
});
export type PoliteReport = Readonly<z.infer<typeof politeSchema>>;

/** More than `progress` of shared/events/process-events.ts tells: `current` and `total` count days. */
export const historyProgressSchema = progressSchema.extend({
  task: z.literal('history'),
  /** That came over the line so far. */
  bytes: count,
  /** Of the days that are done. */
  rows: count,
  bytes_per_second: z.number().nonnegative(),
  /** Null while nobody can know. */
  eta_ms: ms.nullable(),
  /** What is under way: `linear:BTCUSDT 2026-08-01 download`. */
  now: z.array(z.string().max(200)).max(16),
  /** Left out by a child that asks nobody. */
  polite: politeSchema.optional(),
});

/** A range within one UTC day: where its rows come from, and how true they are. */
export const historyRangeSchema = z.object({
  type: z.literal('history_range'),
  n: lineNumber,
  ...instrument,
  date: z.string().length(10),
  from: ms,
  to: ms,
  source: z.enum(['cache', 'recording', 'archive', 'recent', 'klines', 'none']),
  exactness: z.enum(['exact', 'approximate', 'absent']),
  /** A word of connector/history/plan/plan.ts. */
  reason: z.string().max(100),
  /** `planned` with --dry-run; `failed`: `code` and `error` say what stood in the way of something better. */
  state: z.enum(['planned', 'done', 'failed']),
  /** Every trade of it is from the exchange's own archive: a gap that lies in such ranges is closed. */
  is_archive: z.boolean(),
  /** Of the day's file; null when there is none. */
  rows: count.nullable(),
  /** From when on asking again may give something better; null: never, or there is nothing better. */
  ask_again_at: ms.nullable(),
  code: z.string().max(100).optional(),
  error: z.string().max(4_000).optional(),
});

/**
 * All of a day was told, but for the candle of the minute that is not over. What lies between two of these may be of several days.
 */
export const historyDaySchema = z.object({
  type: z.literal('history_day'),
  n: lineNumber,
  ...instrument,
  date: z.string().length(10),
  /** Something failed that the same question can bring later. */
  retryable: z.boolean(),
});

/**
 * The sums of the stored trades of one span of a day, in parts: each line repeats everything but `bins`, of which it has its own. The
 * bins of all parts together, in their order, are those of the totals.
 */
export const dayTotalsEventSchema = z.object({
  type: z.literal('day_totals'),
  n: lineNumber,
  /** Counts from 1. */
  part: z.int().positive(),
  parts: z.int().positive(),
  /** The spans of which the totals hold every trade. */
  spans: z.array(span).max(SPANS_MAX),
  /** Sums of the minutes that a span covers in part. */
  edges: z.array(z.object({ start: ms, volume: sum, notional: sum })).max(SPANS_MAX),
  totals: dayTotalsSchema,
});

/** A closed one-minute candle that stands in where no trades are stored. `volume` and `turnover` as in `kline`. */
export const historyKlineSchema = klineSchema.extend({ origin: z.literal('archive') });

const tradeRow = z.object({
  timestamp: ms,
  id: z.string().max(64),
  price: z.number().positive(),
  qty: z.number().positive(),
  side: z.enum(['buy', 'sell']),
});

/** What was recorded here, held against the exchange's archive of that day. */
export const verificationSchema = z.object({
  type: z.literal('verification'),
  n: lineNumber,
  ...instrument,
  date: z.string().length(10),
  /** By the exchange's ids, or (spot) by time, price, quantity and side. */
  matched_by: z.enum(['id', 'values']),
  recorded: count,
  archived: count,
  /** Rows of the archive while we recorded. */
  expected: count,
  matched: count,
  missing: count,
  extra: count,
  different: count,
  /** Of those expected, rounded down: 100 means all. Null when none was expected. */
  percentage: z.number().min(0).max(100).nullable(),
  /** The first of them. */
  missing_rows: z.array(tradeRow).max(100),
  extra_rows: z.array(tradeRow).max(100),
  at: ms,
});

/** What --check found: whether the exchange answers, and what the key may do. */
export const accessSchema = z.object({
  type: z.literal('access'),
  n: lineNumber,
  environment: z.enum(environments),
  public: z.object({
    ok: z.boolean(),
    code: z.string().max(100).optional(),
    error: z.string().max(4_000).optional(),
  }),
  key: z.enum(['none', 'taken', 'refused', 'unknown']),
  /** Only of a key that is taken. */
  read_only: z.boolean().optional(),
  permissions: z.array(z.string().max(200)).max(1_000).optional(),
  can_withdraw: z.boolean().optional(),
  /** Addresses that it is bound to; empty: any. */
  ips: z.array(z.string().max(200)).max(1_000).optional(),
  expires_at: ms.nullable().optional(),
  /** Only of a key that is refused. */
  code: z.string().max(100).optional(),
  error: z.string().max(4_000).optional(),
});

/** A stored trade. `origin` is `archive`: whether it came live or was healed is not stored. */
export const storedTradeSchema = tradeSchema.extend({
  origin: z.literal('archive'),
  /** What stored it. Null in files of older programs. */
  source: z.enum(['archive', 'recording', 'recent']).nullable(),
});

/** The end of an answer of trades: what of the asked span it is about, and what of that is not stored. */
export const historyRowsSchema = z.object({
  type: z.literal('history_rows'),
  n: lineNumber,
  ...instrument,
  /** The answer is about this part of what was asked for, ms, half-open: from its oldest trade on when there are `more`. */
  from: ms,
  to: ms,
  /** Trades that were told. */
  rows: count,
  /** Older trades of the span are stored: ask again with `to` as `from` is here. */
  more: z.boolean(),
  /** What of it is not stored completely, ascending. Many small ones are told as fewer that hold them all. */
  missing: z.array(span).max(SPANS_MAX),
});

export const historyEventSchemas = {
  history_rows: historyRowsSchema,
  history_range: historyRangeSchema,
  history_day: historyDaySchema,
  day_totals: dayTotalsEventSchema,
  verification: verificationSchema,
  access: accessSchema,
} as const;

export const historyEventSchema = z.discriminatedUnion('type', [
  historyProgressSchema,
  historyRangeSchema,
  historyDaySchema,
  dayTotalsEventSchema,
  historyKlineSchema,
  verificationSchema,
  accessSchema,
  errorSchema,
]);

/** Of every line that this version understands. */
export const historyTypes: ReadonlySet<string> = new Set(
  historyEventSchema.options.map(({ shape }) => shape.type.value),
);

/** Of the lines that answer a question for trades. */
export const rowsLineSchema = z.discriminatedUnion('type', [
  storedTradeSchema,
  historyRowsSchema,
  errorSchema,
]);

export type StoredTrade = Readonly<z.infer<typeof storedTradeSchema>>;
export type HistoryRowsEvent = Readonly<z.infer<typeof historyRowsSchema>>;
export type HistoryProgressEvent = Readonly<z.infer<typeof historyProgressSchema>>;
export type HistoryRangeEvent = Readonly<z.infer<typeof historyRangeSchema>>;
export type HistoryDayEvent = Readonly<z.infer<typeof historyDaySchema>>;
export type DayTotalsEvent = Readonly<z.infer<typeof dayTotalsEventSchema>>;
export type HistoryKlineEvent = Readonly<z.infer<typeof historyKlineSchema>>;
export type VerificationEvent = Readonly<z.infer<typeof verificationSchema>>;
/** Any line of a history child. */
export type HistoryEvent = z.infer<typeof historyEventSchema>;
