/**
 * What the runner and the thread of a strategy say to each other.
 *
 * Events go in batches, one at a time; each is answered. What comes back was made beside a stranger's code, so it is
 * checked like anything from outside.
 */
import { z } from 'zod';
import type { TradeEvent } from '../../shared/events/market-events.ts';
import {
  type Category,
  type Channel,
  categories,
  channels,
  type Instrument,
  type Interval,
  type Side,
} from '../../shared/market.ts';
import type { BookTop } from '../context/book-view.ts';
import type { Candle } from '../context/candle.ts';
import type { Signal, StrategyGap } from './api.ts';
import type { GateState } from './gate.ts';

/** One batch holds at most this many events. */
export const MAX_BATCH = 256;
/** The answer to one batch holds at most this many signals; more are counted. */
export const MAX_SIGNALS = 256;

export type TradeMessage = {
  readonly kind: 'trade';
  readonly category: Category;
  readonly symbol: string;
  readonly timestamp: number;
  readonly price: number;
  readonly qty: number;
  readonly side: Side;
  readonly isBuyerMaker: boolean;
  /** As strategies see it (trade-tick.ts). */
  readonly id: number;
  readonly origin: 'live' | 'healed' | 'archive';
};
export type BookMessage = Instrument & { readonly kind: 'book'; readonly top: BookTop };
export type CandleMessage = { readonly kind: 'candle'; readonly candle: Candle };
/** A closed candle of the exchange. */
export type KlineMessage = Instrument & {
  readonly kind: 'kline';
  readonly interval: Interval;
  readonly start: number;
  readonly end: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly turnover: number;
};
/**
 * `values`: last, mark and index price; bid, its quantity; ask, its quantity; high, low, volume and turnover of 24 h; open
 * interest; funding rate; time of the next funding. NaN stands for what the market does not have.
 */
export type TickerMessage = Instrument & {
  readonly kind: 'ticker';
  readonly timestamp: number;
  readonly values: readonly number[];
};
export const TICKER_VALUES = 14;
export type LiquidationMessage = Instrument & {
  readonly kind: 'liquidation';
  readonly timestamp: number;
  readonly price: number;
  readonly qty: number;
  readonly position: 'long' | 'short';
};
export type GapMessage = {
  readonly kind: 'gap';
  readonly channel: Exclude<Channel, 'depth'> | null;
  readonly category: Category | null;
  readonly symbol: string | null;
  readonly cause: StrategyGap['cause'];
  readonly state: StrategyGap['state'];
  readonly healedBy: StrategyGap['healedBy'];
  /** ms */
  readonly from: number | null;
  readonly to: number | null;
  readonly missing: number | null;
};
/** The gate of the strategy, as it is from here on. */
export type GateMessage = { readonly kind: 'gate' } & GateState;
export type TimerMessage = { readonly kind: 'timer'; readonly at: number };
export type StrategyMessage =
  | TradeMessage
  | BookMessage
  | CandleMessage
  | KlineMessage
  | TickerMessage
  | LiquidationMessage
  | GapMessage
  | GateMessage
  | TimerMessage;

/** What is offered to a worker: of a trade the event itself, so that the thousands of them need no copy. */
export type Offered = Exclude<StrategyMessage, TradeMessage> | TradeEvent;

/** To the worker. */
export type BatchMessage = { readonly batch: number; readonly events: readonly StrategyMessage[] };

/** With what a worker is started. */
export type WorkerTask = { readonly file: string; readonly instruments: readonly Instrument[] };

const price = z.number().positive();

export const signalSchema: z.ZodType<Signal> = z.object({
  setup_type: z.string().min(1).max(100),
  category: z.enum(categories),
  symbol: z.string().min(1).max(40),
  reason: z.string().max(1_000),
  side: z.enum(['buy', 'sell']).optional(),
  entry_price: price.optional(),
  stop_loss: price.optional(),
  take_profit: price.optional(),
  risk_reward: z.number().optional(),
  confluence_score: z.number().min(0).max(100).optional(),
  timestamp: z.int().positive().optional(),
  values: z
    .record(z.string().max(60), z.union([z.number(), z.string().max(1_000), z.boolean(), z.null()]))
    .refine((values) => Object.keys(values).length <= 50, 'at most 50 values')
    .optional(),
});

export const needsSchema = z
  .array(
    z.object({
      channel: z.enum(channels),
      category: z.enum(categories).optional(),
      symbol: z.string().min(1).max(40).optional(),
    }),
  )
  .max(1_000);

const count = z.int().nonnegative();
const text = z.string().max(4_000);

/** From the worker. */
export const workerMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('loaded'), name: z.string().min(1).max(100), needs: needsSchema.optional() }),
  /** The file cannot be used: trying again would not help. */
  z.object({ kind: z.literal('unusable'), reason: text }),
  /** Between two events of a long batch: slow, but not stuck. */
  z.object({ kind: z.literal('alive'), batch: count, done: count }),
  z.object({
    kind: z.literal('answer'),
    batch: count,
    signals: z.array(signalSchema).max(MAX_SIGNALS),
    /** Signals past the limit. */
    surplus: count,
    /** Signals that were answered while the gate was shut. */
    withheld: count.default(0),
    /** Answers of handlers that are no signals, and what was wrong with the last. */
    invalid: count,
    invalidReason: text.nullable(),
    /** Handlers that threw, and the last error with its place. */
    errors: count,
    lastError: text.nullable(),
    /** Events in a row up to now whose handler threw, or answered nothing but nonsense, and what was wrong with the last. */
    errorsInARow: count,
    lastInARow: text.nullable().default(null),
  }),
]);

export type WorkerMessage = z.infer<typeof workerMessageSchema>;
export type BatchAnswer = Extract<WorkerMessage, { kind: 'answer' }>;
