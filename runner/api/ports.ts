/**
 * What the HTTP API needs from the runner: function types that return plain data, and nothing else.
 *
 * The API never reaches into the runner; whoever builds the world (runner/main.ts) adapts the runner's state to these. All
 * functions except those of promises answer at once from memory and must not throw. Times are `UnixMs`; the presenters turn
 * them into ISO 8601 text and the names into those of the contract (DESIGN 7.3).
 */

import type { VerificationEvent } from '../../shared/events/history-events.ts';
import type { InstrumentEvent, LiquidationEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Category, Instrument, Interval, Topic } from '../../shared/market.ts';
import type { Subscription } from '../../shared/settings/topics.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { AuditView } from '../audit/audit-report.ts';
import type { BookView } from '../context/book-view.ts';
import type { Candle, Timeframe } from '../context/candle.ts';
import type { HealthReport, Readiness } from '../context/health.ts';
import type { LastPrice } from '../context/instrument-context.ts';
import type { KlineView } from '../context/other-channels.ts';
import type { TickerView } from '../context/ticker-view.ts';
import type { GapFilter, GapPosition } from '../ledger/changes.ts';
import type { Coverage } from '../ledger/coverage.ts';
import type { GapPage } from '../ledger/gap-list.ts';
import type { RangePage, RangeWish } from '../stored/range.ts';
import type { SymbolsView } from '../symbols/symbols-view.ts';
import type { ContextPorts } from './context-ports.ts';
import type {
  AnalysisView,
  ConnectorView,
  DumpedView,
  DumpView,
  LifeEvent,
  MetricsView,
  Mode,
  SignalView,
  StrategiesView,
  TopicStatus,
  TradeStats,
} from './views.ts';

export type ApiPorts = {
  /** What "now" is for ages on the page: the wall clock, or event time under a replay. */
  readonly now: () => UnixMs;
  readonly mode: () => Mode;
  /** Everything that is listened to; the first is the default of `symbol` and `category`. None while only filters are waited for. */
  readonly instruments: () => readonly Instrument[];

  /** The trade tape in memory, newest first. Read lazily: the API stops when it has enough. */
  readonly trades: (instrument: Instrument) => Iterable<TradeEvent>;
  /** The same, but only what the child that runs now has told; empty while none runs. */
  readonly liveTape: (instrument: Instrument) => Iterable<TradeEvent>;
  /** Of the newest live trade whose time is possible; undefined before the first. */
  readonly lastPrice: (instrument: Instrument) => LastPrice | undefined;
  readonly tradeStats: (instrument: Instrument) => TradeStats;
  /** From memory, and where that does not hold all of the page, from stored history. Rejects with an ApiError. */
  readonly tradeRange: (instrument: Instrument, range: RangeWish) => Promise<RangePage>;

  /** Undefined when no depth of this symbol is wanted. */
  readonly book: (instrument: Instrument) => BookView | undefined;
  /** Oldest first, at most `count` (1..1000), the last one still open. */
  readonly candles: (instrument: Instrument, timeframe: Timeframe, count: number) => readonly Candle[];

  /** Undefined when the ticker of this symbol is not wanted. */
  readonly ticker: (instrument: Instrument) => TickerView | undefined;
  /** The exchange's candles, at most `limit` (1..1000); undefined when this interval is not wanted. */
  readonly klines: (instrument: Instrument, interval: Interval, limit: number) => KlineView | undefined;
  /** Newest first; undefined when the liquidations of this symbol are not wanted. */
  readonly liquidations: (instrument: Instrument) => Iterable<LiquidationEvent> | undefined;

  /** What came of holding books against the exchange's own. */
  readonly audit: () => AuditView;
  readonly health: () => HealthReport;
  readonly readiness: () => Readiness;
  /** One entry for each child, the market data's first; at least one. */
  readonly connectors: () => readonly [ConnectorView, ...ConnectorView[]];
  /** Every topic that is wanted, refused ones included. */
  readonly topics: () => readonly TopicStatus[];
  /** What happened to the child lately, newest first. */
  readonly lifeEvents: () => Iterable<LifeEvent>;
  /** Gaps of all runs of the runner, newest first. */
  readonly gapPage: (filter: GapFilter, limit: number, after: GapPosition | null) => Promise<GapPage>;
  /** How much of what was followed was seen, from `start` up to `end`. */
  readonly coverage: (start: UnixMs, end: UnixMs) => Promise<Coverage>;
  /** Comparisons of recordings with the archive that history has kept, of these instruments, the newest days first. */
  readonly verifications: (
    instruments: readonly Instrument[],
    limit: number,
  ) => Promise<readonly VerificationEvent[]>;
  /** Known holes of this run and those that earlier ones left open, newest first, all instruments and states. */
  readonly gaps: () => Iterable<GapEvent>;
  readonly metrics: () => MetricsView;

  /** The flight recorder; undefined when it is switched off. */
  readonly flight: () =>
    | {
        readonly dump: (reason: string) => Promise<DumpedView>;
        /** Newest first. */
        readonly list: () => readonly DumpView[];
      }
    | undefined;

  readonly symbols: SymbolPorts;

  readonly strategies: () => StrategiesView;
  /** Signals of all strategies, newest first. */
  readonly signals: () => Iterable<SignalView>;
  /** Tells each strategy a timer now, and waits for what it concludes, some seconds at most. */
  readonly analyze: () => Promise<AnalysisView>;

  /** What is reckoned from trades and liquidations. */
  readonly context: ContextPorts;

  /**
   * Tells that a section of what the page shows has changed; what is in it is then read through the other ports, a few
   * times a second at most. Called only while somebody listens. `instrument` is absent for sections that have none.
   */
  readonly subscribe: (listener: LiveListener) => () => void;
};

/** What is listened to, and changes of it. */
export type SymbolPorts = {
  /** CATEGORY: the market of what names none. */
  readonly category: Category;
  readonly view: () => SymbolsView;
  /** By hand; without `subscriptions` those of the settings. `full`: there is no room for its topics. */
  readonly add: (
    instrument: Instrument,
    subscriptions: readonly Subscription[] | undefined,
  ) =>
    | { readonly kind: 'done'; readonly topics: readonly Topic[]; readonly fresh: number }
    | { readonly kind: 'full' };
  /** Answers how many topics were given up; 0 when it was not wanted. */
  readonly remove: (instrument: Instrument) => number;
  /** Asks for the lists of all markets that have filters; answers which. */
  readonly refresh: () => readonly Category[];
  /** The list of a market, asked of the exchange when it is not known yet. */
  readonly list: (
    category: Category,
  ) => Promise<
    | { readonly ok: true; readonly rows: readonly InstrumentEvent[] }
    | { readonly ok: false; readonly reason: string }
  >;
};

export type LiveSection =
  | 'trades'
  | 'book'
  | 'candles'
  | 'ticker'
  | 'liquidations'
  | 'gaps'
  | 'signals'
  | 'life'
  | 'health';
/** Must be cheap and must not throw: it is called on the feed's way. */
export type LiveListener = (section: LiveSection, instrument?: Instrument) => void;
