/**
 * The data that the ports hand to the API: plain and readonly, in the runner's words, times as `UnixMs`.
 *
 * How they look outside (snake case, ISO times) is the presenters' matter.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapCause } from '../../shared/events/process-events.ts';
import type { Category, Channel, ClockKind, Environment, Level } from '../../shared/market.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';
import type { SubscriptionState } from '../context/topic-feed.ts';
import type { DeathCause } from '../supervisor/deaths.ts';

/** Where the data come from: never to be mistaken on the page. */
export type Mode = {
  /** `unknown`: a connector of the user's own that has not said it. Never taken for a real one, nor for a simulated one. */
  readonly environment: Environment | 'unknown';
  readonly clock: ClockKind;
  /** The name that the child gave itself in `ready`; null before. */
  readonly connector: string | null;
  /** The profile, or `command` when CONNECTOR_COMMAND was given. */
  readonly profile: string;
};

export type TradeStats = {
  /** Trades on the tape now. */
  readonly count: number;
  readonly oldest: UnixMs | null;
  readonly newest: UnixMs | null;
  /** The most that the tape holds (WEBSOCKET_BUFFER_SIZE). */
  readonly capacity: number;
  /** The topic's socket is connected and acknowledged. */
  readonly connected: boolean;
};

/** The place of a trade in the tape's order: (timestamp, seq, place in frame), where the id stands for the place. */
export type TradePosition = {
  readonly timestamp: number;
  readonly seq: number | null;
  readonly id: string;
};

export type RangeQuery = {
  /** Both ends are included. */
  readonly start: UnixMs;
  readonly end: UnixMs;
  /** 1..10,000. */
  readonly limit: number;
  /** Only rows older than this one; null for the first page. */
  readonly after: TradePosition | null;
};

/** `next` is null on the last page. Rows are newest first. */
export type TradePage = { readonly rows: readonly TradeEvent[]; readonly next: TradePosition | null };

export type BookView = {
  readonly valid: boolean;
  /** Why not, in words; null while valid. */
  readonly reason: string | null;
  /** Of the last update; null before the first. */
  readonly time: UnixMs | null;
  readonly lastUpdateId: number | null;
  /** Best first. While invalid the last known levels, or none: the page strikes them out, `/orderbook` leaves them out. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

export type Timeframe = '1m' | '5m';

export type Candle = {
  readonly start: UnixMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  /** False while it is open, began before its subscription, or holds a gap. */
  readonly complete: boolean;
  /** Grows when healed trades change a candle that was issued. */
  readonly revision: number;
};

export type HealthStatus = 'Healthy' | 'Degraded' | 'Unhealthy';

export type HealthCheck = {
  /** Lower snake case, or the topic's key, for example `child`, `flowing trades:linear:BTCUSDT`. */
  readonly name: string;
  readonly ok: boolean;
  /** Since when it says what it says. */
  readonly since: UnixMs;
  /** In words what is wrong and what is being done; null while ok. */
  readonly reason: string | null;
};

export type HealthReport = {
  readonly status: HealthStatus;
  /** The exchange's sockets that we need are open. */
  readonly websocketConnected: boolean;
  readonly checks: readonly HealthCheck[];
};

export type Readiness = {
  readonly ready: boolean;
  /** What is waited for, in words, for example `acknowledgement of trades:linear:BTCUSDT`. */
  readonly missing: readonly string[];
  readonly refused: readonly { readonly topic: string; readonly reason: string }[];
};

export type TopicView = {
  /** `topicKey` of shared/market.ts. */
  readonly topic: string;
  readonly channel: Channel;
  readonly category: Category;
  readonly symbol: string;
  readonly state: SubscriptionState;
  /** Acknowledged on a socket that is open. */
  readonly connected: boolean;
  /** Silent for longer than it should be. */
  readonly stale: boolean;
  /** Exchange time of the last event; null before the first. */
  readonly lastAt: UnixMs | null;
  /** Since the last receipt; null before the first. */
  readonly ageMs: Millis | null;
  readonly messages: number;
  /** Why it is not flowing or was refused; null while all is well. */
  readonly reason: string | null;
};

export type LastExit = {
  readonly at: UnixMs;
  /** The same cause for programs, in the words of `deaths`: `signal_sigkill`, `silent`, `exit_78`. */
  readonly code: DeathCause;
  /** In words: `killed by SIGKILL`, `said nothing for 20 s`, `exit code 78 (configuration)`. */
  readonly cause: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
};

export type ConnectorView = {
  readonly name: string;
  readonly connected: boolean;
  /** Receipt of the last line. */
  readonly lastAt: UnixMs | null;
  /** Lines that wait in the runner. */
  readonly queueSize: number;
  /** Reconnects of its sockets to the exchange. */
  readonly reconnectionAttempts: number;
  readonly processAlive: boolean;
  readonly pid: number | null;
  /** Lines that wait in the child, from its heartbeat. */
  readonly childQueueSize: number;
  readonly errorCount: number;
  /** The supervisor's state: idle, starting, ready, stopping, backoff, cooling, held. */
  readonly state: string;
  readonly uptimeSeconds: number;
  readonly restarts: number;
  /** Unasked ends by cause, over all lives of the runner on this data folder. */
  readonly deaths: Readonly<Record<string, number>>;
  /** While it is down: until it is started again. */
  readonly nextTryInMs: Millis | null;
  readonly lastExit: LastExit | null;
  readonly rssBytes: number | null;
  readonly cpuPercent: number | null;
  /** Our clock minus the exchange's, with the shortest way of the last minute; negative: ours is behind. Null while unknown. */
  readonly clockOffsetMs: Millis | null;
  readonly lines: number;
  readonly badLines: number;
};

/** One event of the child's life, for example kind `started`, text `pid 4711`. */
export type LifeEvent = { readonly at: UnixMs; readonly kind: string; readonly text: string };

export type GapView = {
  readonly gapId: string;
  readonly state: 'open' | 'healed' | 'lost';
  readonly channel: Channel;
  readonly category: Category;
  readonly symbol: string;
  readonly cause: GapCause;
  /** The last trade before; null when none had been seen. */
  readonly from: { readonly id: string; readonly timestamp: number } | null;
  /** The first trade after; null while it has not come. */
  readonly to: { readonly id: string; readonly timestamp: number } | null;
  readonly openedAt: UnixMs;
  /** Trades known to be missing; null where that is not known. */
  readonly missing: number | null;
};

/** `perMinuteCount` = in the last 60 s; `perSecondRate` = over the last few seconds; `queueSize` = events that wait. */
export type ChannelRate = {
  readonly total: number;
  readonly perMinuteCount: number;
  readonly perSecondRate: number;
  readonly queueSize: number;
};

export type LoopDelay = { readonly p50Ms: Millis; readonly p99Ms: Millis; readonly maxMs: Millis };

export type MetricsView = {
  readonly trades: ChannelRate;
  readonly depth: ChannelRate;
  /** Delay of the runner's event loop over the last window. */
  readonly loopDelay: LoopDelay;
  readonly rssBytes: number;
  readonly uptimeSeconds: number;
  /** Everything that is counted by reason and only grows, for example `duplicate_trade`, `unknown_type`. Keys lower snake case. */
  readonly counts: Readonly<Record<string, number>>;
};

export type StrategyView = {
  readonly name: string;
  /** starting, running, restarting, disabled. */
  readonly state: string;
  readonly reason: string | null;
  readonly events: number;
  readonly signals: number;
  readonly restarts: number;
  /** Handlers that threw, answers that were no signals, threads that were ended; the newest in words, with its time. */
  readonly errors: {
    readonly count: number;
    readonly last: string | null;
    readonly lastAt: UnixMs | null;
  };
  /** Events that it never got: 20,000 waited already (each such span is told to it as a gap). */
  readonly dropped: number;
  /** Since the oldest event was offered that is not worked off; 0 while none waits. */
  readonly lagMs: Millis;
};

export type StrategiesView = {
  /** Whether signals may leave; the reasons are coded values (facts: gates). */
  readonly gate: { readonly open: boolean; readonly reasons: readonly string[] };
  readonly strategies: readonly StrategyView[];
};

export type SignalView = {
  readonly strategy: string;
  readonly at: UnixMs;
  readonly category: Category;
  readonly symbol: string;
  readonly setupType: string;
  readonly reason: string | null;
  /** What else the strategy says, by wire name: entry_price, stop_loss ... */
  readonly fields: Readonly<Record<string, number | string | boolean | null>>;
};
