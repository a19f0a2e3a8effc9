/**
 * The events about the connector itself (DESIGN 7.1): status, error, gap, reply, progress.
 *
 * `scope` says what a status speaks of: `process` (the child), `public` or `private` (a socket), or a topic, which is then
 * named by channel, category and symbol.
 */
import { z } from 'zod';
import { categories, clockKinds, environments, partialTopicFields, topicFields } from '../market.ts';

/** Some 30 years: beyond, no date could be told. */
const MAX_CLOCK_OFFSET_MS = 1e12;

const lineNumber = z.int().positive().optional();
const at = z.number().int().positive();

/** The life of a child, its sockets and its topics. */
export const statusNames = [
  'ready',
  'connecting',
  'connected',
  'authenticated',
  'subscribed',
  'unsubscribed',
  'disconnected',
  'stale',
  'flowing',
  'resync',
  'heartbeat',
  'stopping',
] as const;
export type StatusName = (typeof statusNames)[number];

/**
 * Which socket of its category: they are numbered from 0 in the life of a child, and a number is never used for another
 * one. A connector with one socket a category may leave it out.
 */
const socketNumber = z.int().nonnegative().optional();

/** State of one topic inside a heartbeat. */
export const topicReportSchema = z.object({
  ...topicFields,
  state: z.enum(['wanted', 'requested', 'active', 'releasing', 'rejected']),
  stale: z.boolean(),
  /** Milliseconds since the last data of this topic; null before the first. */
  age_ms: z.number().nonnegative().nullable(),
  messages: z.number().int().nonnegative(),
  /** The sockets of its category that carry it, by their numbers; two with raced sockets. */
  sockets: z.array(z.int().nonnegative()).max(10).optional(),
});
export type TopicReport = Readonly<z.infer<typeof topicReportSchema>>;

/** State of one socket inside a heartbeat. */
export const socketReportSchema = z.object({
  category: z.enum(categories),
  socket: socketNumber,
  url: z.string().max(500),
  state: z.string().max(40),
  reconnects: z.number().int().nonnegative(),
  frames: z.number().int().nonnegative(),
  bad_frames: z.number().int().nonnegative(),
  /** Topics that it carries, acknowledged or asked for. */
  topics: z.number().int().nonnegative().optional(),
  /** Only with raced sockets: trades that it brought first, and trades that no other socket brought. */
  first_trades: z.number().int().nonnegative().optional(),
  only_trades: z.number().int().nonnegative().optional(),
});
export type SocketReport = Readonly<z.infer<typeof socketReportSchema>>;

export const statusSchema = z.object({
  type: z.literal('status'),
  n: lineNumber,
  status: z.enum(statusNames),
  scope: z.enum(['process', 'public', 'private', 'topic']).optional(),
  connector: z.string().max(100).optional(),
  at: at.optional(),
  reason: z.string().max(2_000).optional(),
  /** Only with `ready`. */
  protocol: z.number().int().positive().optional(),
  environment: z.enum(environments).optional(),
  clock: z.enum(clockKinds).optional(),
  pid: z.number().int().positive().optional(),
  /** Only with scope public or private. */
  url: z.string().max(500).optional(),
  socket: socketNumber,
  /** Only with `disconnected`: closed on purpose, since it carries nothing any more; it is not opened again. */
  retired: z.boolean().optional(),
  ...partialTopicFields,
  /** Only with `heartbeat`: memory in bytes, CPU in percent of one core since the last beat. */
  rss_bytes: z.number().nonnegative().optional(),
  heap_bytes: z.number().nonnegative().optional(),
  cpu_percent: z.number().nonnegative().optional(),
  /** Lines and bytes that wait in the child for its reader. */
  queue_lines: z.number().int().nonnegative().optional(),
  queue_bytes: z.number().int().nonnegative().optional(),
  /** Depth lines given up (their books were fetched anew) and trades given up (each inside a gap) since the start. */
  dropped_depth: z.number().int().nonnegative().optional(),
  dropped_trades: z.number().int().nonnegative().optional(),
  bad_lines: z.number().int().nonnegative().optional(),
  /**
   * Questions to the exchange about trades that did not come, since the start; silences that were called because of an answer,
   * and silences in which nothing was traded, so that none was called.
   */
  silence_asked: z.number().int().nonnegative().optional(),
  silence_confirmed: z.number().int().nonnegative().optional(),
  silence_withheld: z.number().int().nonnegative().optional(),
  /** Lists that what was told of trades was held against, since the start, and trades of theirs that had been left out. */
  trades_audited: z.number().int().nonnegative().optional(),
  trades_left_out: z.number().int().nonnegative().optional(),
  /**
   * Only with `heartbeat`. Our clock minus the exchange's plus the shortest way of the last minute, milliseconds: the lowest
   * receipt minus `sent_at`. Negative: our clock is behind. Null, or left out, while unknown. Where `clock_error_ms` is said
   * it comes from round trips instead, and the way is not in it.
   */
  clock_offset_ms: z.number().min(-MAX_CLOCK_OFFSET_MS).max(MAX_CLOCK_OFFSET_MS).nullable().optional(),
  /** The true offset lies within this many milliseconds of `clock_offset_ms`: half of the shortest round trip of late. */
  clock_error_ms: z.number().nonnegative().max(MAX_CLOCK_OFFSET_MS).nullable().optional(),
  topics: z.array(topicReportSchema).max(5_000).optional(),
  sockets: z.array(socketReportSchema).max(1_000).optional(),
});

export const errorSchema = z.object({
  type: z.literal('error'),
  n: lineNumber,
  /** What is wrong and what to do, in words. */
  error: z.string().max(4_000),
  /** From the catalogue in shared/errors.ts; a foreign connector may use its own. */
  code: z.string().max(100).optional(),
  retryable: z.boolean().optional(),
  at: at.optional(),
  /** What it speaks of, as far as that is one topic or market. */
  ...partialTopicFields,
});

/**
 * One end of a gap: the last event of the topic before it or the first after it. `id` is a trade's id; of a book its update
 * id; of candles the start of the candle; of liquidations, which have no id, their time and place.
 */
export const gapBoundSchema = z.object({
  id: z.string().min(1).max(64),
  timestamp: z.number().int().positive(),
  seq: z.number().int().optional(),
});
export type GapBound = Readonly<z.infer<typeof gapBoundSchema>>;

/** The end of a gap that a trade makes: the trade's place, without the rest of it. */
export function gapBound({ id, timestamp, seq }: GapBound): GapBound {
  return seq === undefined ? { id, timestamp } : { id, timestamp, seq };
}

/** The place of a liquidation. It has no id: its time, price and quantity name it. */
export function liquidationBound({
  timestamp,
  price,
  qty,
}: {
  readonly timestamp: number;
  readonly price: number;
  readonly qty: number;
}): GapBound {
  return { id: `${timestamp}:${price}:${qty}`.slice(0, 64), timestamp };
}

/** Why data were not seen. */
export const gapCauses = [
  'socket_lost',
  'data_silent',
  'child_died',
  'overload',
  'resubscribed',
  'machine_slept',
  'bad_frame',
  /** An update of a book was left out, or it came out of order. */
  'book_broken',
  /** The runner itself was not running. */
  'runner_stopped',
] as const;
export type GapCause = (typeof gapCauses)[number];

/**
 * What closed a gap: the exchange's list of recent trades or of candles, the other one of two raced sockets, the next day's
 * archive; or a snapshot, after which a book or a ticker is true again (what it did in between stays unseen).
 */
export const gapCures = ['recent_trades', 'klines', 'second_socket', 'archive', 'snapshot'] as const;
export type GapCure = (typeof gapCures)[number];

/**
 * A span that we know we did not see. It travels in-band, at the very place in the stream where the data are missing; the
 * same `gap_id` is told again when its end is known (`to`) or its state changes.
 */
export const gapSchema = z.object({
  type: z.literal('gap'),
  n: lineNumber,
  gap_id: z.string().min(1).max(100),
  state: z.enum(['open', 'healed', 'lost']),
  ...topicFields,
  cause: z.enum(gapCauses),
  /** The last one seen before; null when none had been seen. */
  from: gapBoundSchema.nullable(),
  /** The first one seen after; null while it has not come, and when a gap is healed before it comes. */
  to: gapBoundSchema.nullable(),
  at,
  /** Only with state healed. */
  healed_by: z.enum(gapCures).optional(),
  /** Events of the span that were fetched and told after all, with `origin` healed where they have one. */
  recovered: z.number().int().nonnegative().optional(),
  /** Trades known to be missing, where that is known (overload). */
  missing: z.number().int().nonnegative().optional(),
});

export const replySchema = z.object({
  type: z.literal('reply'),
  n: lineNumber,
  /** The id of the command that is answered. */
  id: z.string().max(200),
  ok: z.boolean(),
  error: z.string().max(4_000).optional(),
  code: z.string().max(100).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/** How far a long work (history, replay) is. */
export const progressSchema = z.object({
  type: z.literal('progress'),
  n: lineNumber,
  task: z.string().max(100),
  current: z.number().nonnegative(),
  total: z.number().nonnegative().nullable(),
  done: z.boolean(),
  at: at.optional(),
});

export type StatusEvent = Readonly<z.infer<typeof statusSchema>>;
export type ErrorEvent = Readonly<z.infer<typeof errorSchema>>;
export type GapEvent = Readonly<z.infer<typeof gapSchema>>;
export type ReplyEvent = Readonly<z.infer<typeof replySchema>>;
export type ProgressEvent = Readonly<z.infer<typeof progressSchema>>;
export type ProcessEvent = StatusEvent | ErrorEvent | GapEvent | ReplyEvent | ProgressEvent;
