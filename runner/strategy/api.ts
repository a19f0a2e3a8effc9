/**
 * What a strategy is: the interface that a user's own TypeScript file implements (docs/strategies.md).
 *
 * The file exports `strategy` (a Strategy) or `createStrategy(options)`. It runs in a thread of its own: handlers are
 * synchronous, get one event after the other in the order of the feed, and answer with signals or nothing. What a handler
 * gets is only valid during the call, except ticks, candles, klines, tickers and liquidations, which may be kept.
 */
import type { GapCause, GapCure } from '../../shared/events/process-events.ts';
import type { Category, Channel, Instrument, Interval, Side } from '../../shared/market.ts';

/** One trade. */
export type TradeTick = {
  /** When the matching engine did it. */
  readonly ts: Date;
  readonly price: number;
  /** Base coin (linear, spot) or USD (inverse). */
  readonly qty: number;
  /** The taker's side. */
  readonly side: Side;
  /** True when the taker sold. */
  readonly isBuyerMaker: boolean;
  /** The exchange's id where it is a safe integer, else a 53-bit hash of it: the same on every run. */
  readonly id: number;
};

/** Best bid and ask. All prices are null while the book is not valid, and those of a side that is empty. */
export type TopOfBook = {
  /** False when what is known of the book is not to be trusted: no snapshot, disconnected, stale, broken. */
  readonly valid: boolean;
  readonly ts: Date | null;
  readonly bid: number | null;
  readonly bidQty: number | null;
  readonly ask: number | null;
  readonly askQty: number | null;
};

/** The market that an event belongs to, as it stood at that event. */
export type Market = Instrument & {
  /** Where the trade of this call came from: `healed` and `archive` are told late. */
  readonly origin: 'live' | 'healed' | 'archive';
  readonly book: TopOfBook;
  /** Whether signals may leave; those that are answered while it is shut are withheld. */
  readonly gate: StrategyGate;
};

/** A kind of data that a strategy relies on; what is left out means all that is configured. */
export type StrategyNeed = {
  readonly channel: Channel;
  readonly category?: Category | undefined;
  readonly symbol?: string | undefined;
};

/** May what is seen be acted upon? When not, why not: the codes are those of docs/strategies.md. */
export type StrategyGate = {
  readonly open: boolean;
  readonly reasons: readonly {
    readonly code: string;
    /** `trades:linear:BTCUSDT`; null when it concerns everything. */
    readonly topic: string | null;
    readonly since: Date;
    readonly words: string;
  }[];
};

/** A closed candle, or one that changed after it was closed (higher revision). */
export type StrategyCandle = {
  readonly timeframe: '1m' | '5m';
  readonly start: Date;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly turnover: number;
  readonly count: number;
  readonly buyVolume: number;
  readonly sellVolume: number;
  /** False when trades of this span were, or may have been, missed. */
  readonly complete: boolean;
  readonly revision: number;
};

/** A closed candle as the exchange itself says it; `onCandle` tells ours, built from the trades that were seen. */
export type StrategyKline = {
  readonly interval: Interval;
  readonly start: Date;
  /** Its last millisecond. */
  readonly end: Date;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base coin (linear, spot) or USD (inverse). */
  readonly volume: number;
  /** The other one: quote coin (linear, spot) or base coin (inverse). */
  readonly turnover: number;
};

/** What the exchange sums up of a market. Null is what this market does not have (no funding on spot). */
export type StrategyTicker = {
  readonly ts: Date;
  readonly lastPrice: number | null;
  readonly markPrice: number | null;
  readonly indexPrice: number | null;
  readonly bid: number | null;
  readonly bidQty: number | null;
  readonly ask: number | null;
  readonly askQty: number | null;
  readonly high24h: number | null;
  readonly low24h: number | null;
  readonly volume24h: number | null;
  readonly turnover24h: number | null;
  /** Contracts open, both sides counted. */
  readonly openInterest: number | null;
  readonly fundingRate: number | null;
  readonly nextFunding: Date | null;
};

/** A position that was closed by force. */
export type StrategyLiquidation = {
  readonly ts: Date;
  /** The bankruptcy price. */
  readonly price: number;
  /** Base coin (linear, spot) or USD (inverse). */
  readonly qty: number;
  /** What was closed: a `long` position is sold. */
  readonly position: 'long' | 'short';
};

/** Something was missed, at this very place. Sums and averages over it are wrong. */
export type StrategyGap = {
  /** What was missed; books have none, their validity tells. Null when it concerns everything (`slow_strategy`, `restarted`). */
  readonly channel: Exclude<Channel, 'depth'> | null;
  /** Null when it concerns everything. */
  readonly category: Category | null;
  readonly symbol: string | null;
  /** `slow_strategy`: this strategy did not keep up; `restarted`: its worker was ended and begun anew. */
  readonly cause: GapCause | 'slow_strategy' | 'restarted';
  /** `healed`: it is over, by what `healedBy` says. */
  readonly state: 'open' | 'healed' | 'lost';
  /** Null unless it is healed. By `archive`: its trades are stored, and the strategy is not told of them. */
  readonly healedBy: GapCure | null;
  /** The last event before and the first after; null while not known. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** Events known to be missing; null where that is not known. */
  readonly missing: number | null;
};

/** What a strategy concluded. Field names as published by the API. */
export type Signal = {
  /** What was seen, for example `bullish_sweep`. */
  readonly setup_type: string;
  readonly category: Category;
  readonly symbol: string;
  /** In words, for whoever reads the signal. */
  readonly reason: string;
  readonly side?: Side | undefined;
  readonly entry_price?: number | undefined;
  readonly stop_loss?: number | undefined;
  readonly take_profit?: number | undefined;
  readonly risk_reward?: number | undefined;
  /** 0 to 100. */
  readonly confluence_score?: number | undefined;
  /** Time of what was seen, ms; the time of publication when left out. */
  readonly timestamp?: number | undefined;
  /** Whatever else is worth telling. At most 50. */
  readonly values?: Readonly<Record<string, number | string | boolean | null>> | undefined;
};

/** What a handler may answer. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is the ordinary case
export type Answer = Signal | readonly Signal[] | undefined | void;

export type Strategy = {
  /** Shown in the API and in logs. */
  readonly name: string;
  /** Data without which its signals mean nothing. Left out: everything that is configured. */
  readonly needs?: readonly StrategyNeed[] | undefined;
  readonly onTrade?: (tick: TradeTick, market: Market) => Answer;
  /** The best bid or ask, or the validity of the book, has changed. */
  readonly onBook?: (top: TopOfBook, market: Market) => Answer;
  readonly onCandle?: (candle: StrategyCandle, market: Market) => Answer;
  /** A candle of the exchange has closed (subscription `kline.1` and the like). Each is told once. */
  readonly onKline?: (kline: StrategyKline, market: Market) => Answer;
  /** Something of the ticker has changed; it is whole each time (subscription `ticker`). */
  readonly onTicker?: (ticker: StrategyTicker, market: Market) => Answer;
  /** Subscription `liquidation`. */
  readonly onLiquidation?: (liquidation: StrategyLiquidation, market: Market) => Answer;
  readonly onGap?: (gap: StrategyGap) => Answer;
  /** The gate opened or shut, or is shut for other reasons; at the very place in the stream of events. */
  readonly onGate?: (gate: StrategyGate) => Answer;
  /** Once a second, in the time of the exchange. */
  readonly onTimer?: (now: Date) => Answer;
};

/** What `createStrategy(options)` gets. */
export type StrategyOptions = {
  /** Everything that is configured (SYMBOLS), the first being the default. */
  readonly instruments: readonly Instrument[];
};
