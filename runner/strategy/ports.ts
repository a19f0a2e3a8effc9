/** What the strategy engine needs from the world, and what it tells it. */
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import type { Signal } from './api.ts';
import type { PackedBatch } from './batch-writer.ts';
import type { WorkerTask } from './messages.ts';

/** A running worker. */
export type StrategyWorker = {
  readonly post: (message: PackedBatch) => void;
  /** Ends the thread, also one that is stuck in a loop. */
  readonly terminate: () => void;
};

/** What a worker tells. Nothing is told after `onEnd`; after `terminate` whatever is told is ignored. */
export type WorkerListener = {
  readonly onMessage: (message: unknown, now: MonoMs, nowMs: UnixMs) => void;
  /** The thread is gone; `reason` says why, in words. */
  readonly onEnd: (reason: string, now: MonoMs) => void;
};

/** What a strategy concluded, with who and when. */
export type PublishedSignal = Signal & {
  readonly strategy: string;
  /** Counts the signals of this run of the runner, from 1. */
  readonly number: number;
  readonly timestamp: number;
  readonly published_at: UnixMs;
};

/** Something about a strategy that its owner wants to know. */
export type StrategyTrouble = {
  readonly kind: 'threw' | 'bad_signal' | 'bad_message' | 'overloaded' | 'withheld' | 'failed' | 'disabled';
  readonly strategy: string;
  readonly file: string;
  readonly message: string;
};

export type StrategyPorts = {
  readonly spawn: (task: WorkerTask, listener: WorkerListener) => StrategyWorker;
  /** Calls back once, when the present turn of the event loop is over. */
  readonly atTurnEnd: (task: () => void) => void;
  readonly onSignal: (signal: PublishedSignal) => void;
  /** For the log. Repeated troubles of one kind come at most once a second. */
  readonly onTrouble: (trouble: StrategyTrouble) => void;
};

export type StrategyState = 'starting' | 'running' | 'restarting' | 'disabled';

export type StrategyStatus = {
  /** As the strategy calls itself; the file's name until it is loaded. */
  readonly name: string;
  readonly file: string;
  readonly state: StrategyState;
  /** Handlers that threw, signals that were none, workers that were ended. */
  readonly errors: number;
  readonly last_error: string | null;
  /** When that was; null before the first. */
  readonly last_error_at: MonoMs | null;
  readonly signals: number;
  /** Signals that did not leave because the gate was shut. */
  readonly withheld_signals: number;
  /** Signals dropped because one batch made more than 256. */
  readonly surplus_signals: number;
  /** Events that were worked off. */
  readonly events: number;
  readonly waiting: number;
  /** Events that it never got, because too many waited. */
  readonly dropped: number;
  readonly restarts: number;
  /** How long the oldest event that is not worked off has waited, ms. */
  readonly lag_ms: number;
};
