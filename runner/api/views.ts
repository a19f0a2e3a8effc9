/**
 * The data that the ports hand to the API and that nobody else has a type for: plain and readonly, times as `UnixMs`.
 *
 * What the context, the supervisor and the strategies say already is handed over in their own types. How it all looks
 * outside (the contract's names, ISO times) is the presenters' matter.
 */

import type { Category, ClockKind, Environment } from '../../shared/market.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';
import type { Connection } from '../context/connections.ts';
import type { Escalated, EscalationStep } from '../context/escalation.ts';
import type { TapeStats } from '../context/tape.ts';
import type { TopicView } from '../context/topic-feed.ts';
import type { RecordingCounts } from '../history/recorder-types.ts';
import type { BadLine } from '../intake/intake.ts';
import type { LoopDelayReading } from '../io/loop-delay.ts';
import type { GateState } from '../strategy/gate.ts';
import type { StrategyStatus } from '../strategy/ports.ts';
import type { SupervisorReport } from '../supervisor/report.ts';

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

/** `connected`: the topic is acknowledged on a socket that is open. */
export type TradeStats = TapeStats & { readonly connected: boolean };

export type TopicStatus = TopicView & {
  /** Acknowledged on a socket that is open. */
  readonly connected: boolean;
  /** Exchange time of the last event; null before the first. */
  readonly lastAt: UnixMs | null;
};

/** One socket to the exchange, with what the child's last heartbeat said of it; null before one did. */
export type SocketView = Connection & {
  readonly reconnects: number | null;
  readonly topics: number | null;
  /** Only of raced sockets: trades that it brought first, and trades that no other socket brought. */
  readonly firstTrades: number | null;
  readonly onlyTrades: number | null;
};

export type ConnectorView = {
  readonly name: string;
  /** The child is ready, and the exchange's sockets that we need are open. */
  readonly connected: boolean;
  /** Receipt of the last line. */
  readonly lastAt: UnixMs | null;
  /** Lines that wait in the runner. */
  readonly queueSize: number;
  /** Reconnects of its sockets to the exchange. */
  readonly reconnectionAttempts: number;
  readonly sockets: readonly SocketView[];
  /** What was done about silence since the runner started: how often each step was taken, and the last one. */
  readonly escalation: {
    readonly counts: Readonly<Record<EscalationStep, number>>;
    readonly last: Escalated | undefined;
  };
  /** What the child asked the exchange about trades that did not come, and what came of it; null while it has not said. */
  readonly silenceChecks: {
    readonly asked: number;
    readonly confirmed: number;
    readonly withheld: number;
  } | null;
  /** Lists of newest trades that the child held what it told against, and trades that it found to be left out; null while it has not said. */
  readonly tradeAudit: { readonly lists: number; readonly leftOut: number } | null;
  /** Errors that it told. */
  readonly errorCount: number;
  /** Lines that were no events, over all children. */
  readonly badLines: number;
  /** The last of them that were whole lines, newest first. */
  readonly badLineSamples: readonly BadLine[];
  /** The process, as the supervisor sees it. */
  readonly process: SupervisorReport;
  /** Of its last heartbeat: lines that wait in it, memory, CPU. */
  readonly childQueueSize: number;
  readonly rssBytes: number | null;
  readonly cpuPercent: number | null;
  /** Our clock minus the exchange's, with the shortest way of the last minute; negative: ours is behind. Null while unknown. */
  readonly clockOffsetMs: Millis | null;
};

/** A file of the flight recorder. */
export type DumpView = {
  readonly name: string;
  readonly program: 'runner' | 'connector';
  readonly reason: string;
  readonly at: UnixMs;
  readonly bytes: number;
};

/** What became of a dump: paths of both halves, null where one could not be written, and why not. */
export type DumpedView = {
  readonly reason: string;
  readonly at: UnixMs;
  readonly runner: string | null;
  readonly connector: string | null;
  readonly problems: readonly string[];
};

/** One event of the child's life, for example kind `started`, text `pid 4711`. */
export type LifeEvent = { readonly at: UnixMs; readonly kind: string; readonly text: string };

/** `perMinuteCount` = in the last 60 s; `perSecondRate` = over the last few seconds; `queueSize` = events that wait. */
export type ChannelRate = {
  readonly total: number;
  readonly perMinuteCount: number;
  readonly perSecondRate: number;
  readonly queueSize: number;
};

export type MetricsView = {
  readonly trades: ChannelRate;
  readonly depth: ChannelRate;
  /** Delay of the runner's event loop over the last window. */
  readonly loopDelay: LoopDelayReading;
  readonly rssBytes: number;
  readonly uptimeSeconds: number;
  /** Changes of the ledger that wait to be written, and those that were given up because too many waited. */
  readonly ledger: { readonly waiting: number; readonly dropped: number };
  /** Of the flight recorder: files written on demand or for a fault, and faults for which nothing was written. Null without one. */
  readonly dumps: { readonly written: number; readonly suppressed: number } | null;
  /** Of the recording of trades; undefined where none are recorded. */
  readonly recording?: RecordingCounts | undefined;
  /** Of the disk of DATA_DIR at the last look; null while unknown. */
  readonly diskFreeBytes: number | null;
  /** Everything that is counted by reason and only grows, for example `duplicates`, `unknown_types`. Keys lower snake case. */
  readonly counts: Readonly<Record<string, number>>;
};

/** A strategy's own status, with the last error by the wall clock. */
export type StrategyView = Omit<StrategyStatus, 'last_error_at'> & {
  /** By what this strategy needs. */
  readonly gate: GateState;
  readonly last_error_at: UnixMs | null;
};

export type StrategiesView = {
  /** Whether everything that is wanted may be acted upon. */
  readonly gate: GateState;
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

/** What the strategies concluded when they were asked. */
export type AnalysisView = StrategiesView & {
  /** Newest first. */
  readonly signals: readonly SignalView[];
  /** In the order of `strategies`: has it worked off what it was told in time? */
  readonly answered: readonly boolean[];
};
