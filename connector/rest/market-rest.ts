/**
 * What the connector may ask of the exchange over REST: a port of typed questions.
 *
 * Every answer is a value; nothing throws. A failure says by its code whether asking again can help (shared/errors.ts):
 * the client has by then tried again itself as often as is polite, so whoever asks need not try at once.
 */
import type { Result } from '../../shared/errors.ts';
import type {
  BookCheckEvent,
  InstrumentEvent,
  KlineEvent,
  TradeEvent,
} from '../../shared/events/market-events.ts';
import type { Category, Instrument, Interval } from '../../shared/market.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';

/**
 * The rows of an answer. `bad` is how many of them could not be read and were left out, `firstBad` what was wrong with the
 * first: a list with bad rows proves no completeness.
 */
export type Rows<T> = {
  readonly rows: readonly T[];
  readonly bad: number;
  readonly firstBad: string | undefined;
};

/** One look at the exchange's clock: ours minus the exchange's, true within `errorMs` either way (half the round trip). */
export type ClockSample = { readonly offsetMs: Millis; readonly errorMs: Millis };

/** Candles whose `start` lies in `from`..`to`, both included; `from` and `to` are milliseconds of the exchange's clock. */
export type KlineRange = {
  readonly interval: Interval;
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** Also the candle that is not closed yet, with `closed: false`. Left out without it. */
  readonly withOpen?: boolean;
};

export type MarketRest = {
  /** Asked once: the next look at the clock is the repetition. */
  readonly clock: () => Promise<Result<ClockSample>>;
  /**
   * The newest trades that the exchange still tells (1,000 on linear and inverse, 60 on spot), in match order, the oldest
   * first, each with `origin: healed`. There is no way to ask for older ones.
   */
  readonly recentTrades: (instrument: Instrument) => Promise<Result<Rows<TradeEvent>>>;
  /**
   * A few of the newest trades (`isWhole`: all that `recentTrades` has), in match order, and the exchange's clock as it told them.
   * Asked once: a late answer is of no use.
   */
  readonly newestTrades: (
    instrument: Instrument,
    isWhole?: boolean,
  ) => Promise<Result<Rows<TradeEvent> & { readonly exchangeAt: UnixMs }>>;
  /** Candles, the oldest first. A range of more than `maxKlines` candles is refused (shared/policy.ts). */
  readonly klines: (instrument: Instrument, range: KlineRange) => Promise<Result<Rows<KlineEvent>>>;
  /** The whole book of this moment, to this many levels a side (1..1,000). */
  readonly book: (instrument: Instrument, depth: number) => Promise<Result<BookCheckEvent>>;
  /** Everything that is traded in a category now, over all pages. */
  readonly instruments: (category: Category) => Promise<Result<Rows<InstrumentEvent>>>;
  /** By symbol, in quote coin (linear, spot) or base coin (inverse), of the last 24 hours. */
  readonly turnovers: (category: Category) => Promise<Result<ReadonlyMap<string, number>>>;
};
