/** The strategies of the configuration in their threads, as the rest of the runner sees them. */
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../../shared/io/log.ts';
import type { Instrument } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { after, type Clock, type Millis, type MonoMs, unixMs } from '../../shared/time.ts';
import type { SignalView, StrategiesView } from '../api/views.ts';
import type { BookTop } from '../context/book-view.ts';
import type { HealthFacts } from '../context/health.ts';
import { type StrategiesReport, strategyView } from '../observe/strategies-report.ts';
import { StrategyEngine } from '../strategy/engine.ts';
import type { GateState } from '../strategy/gate.ts';
import type { GateSources } from '../strategy/gate-desk.ts';
import { strategySpawner } from '../strategy/io/strategy-threads.ts';
import type { PublishedSignal } from '../strategy/ports.ts';

export type StrategiesOptions = {
  readonly files: readonly string[];
  /** Those that are listened to now. */
  readonly instruments: () => readonly Instrument[];
  readonly policy: Policy['strategy'];
  /** What strategies see as process.env: no secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly topOf: (instrument: Instrument, now: MonoMs) => BookTop | undefined;
  /** What their gates are judged by; without it nothing is held back. */
  readonly gate?: GateSources;
  readonly onSignal: () => void;
};

export type Strategies = {
  readonly engine: StrategyEngine;
  readonly report: StrategiesReport;
  readonly disabled: () => HealthFacts['disabledStrategies'];
  /** Lets them work off what they were told, as long as one call may take, then ends their threads. */
  readonly stop: () => Promise<void>;
};

/** Where nothing is judged nothing is held back. */
const noGate: GateState = { open: true, reasons: [] };

/** How often it is looked whether all is worked off. */
const LOOK_EVERY_MS: Millis = 10;

/** Builds the engine; `engine.start` starts the threads. */
export function buildStrategies(options: StrategiesOptions): Strategies {
  const { files, policy, clock, log } = options;
  const engine = new StrategyEngine(
    {
      files,
      get instruments() {
        return options.instruments();
      },
      policy,
    },
    {
      spawn: strategySpawner({
        clock,
        env: options.env,
        onOutput: (file, line) => log.info({ event: 'strategy_output', file }, line),
      }),
      atTurnEnd: (task) => setImmediate(task),
      topOf: options.topOf,
      ...(options.gate === undefined ? {} : { gate: options.gate }),
      onSignal: (signal) => {
        log.info({ event: 'signal', ...signal }, signal.reason);
        options.onSignal();
      },
      onTrouble: ({ kind, message, ...about }) => log.warn({ event: `strategy_${kind}`, ...about }, message),
    },
  );
  return {
    engine,
    report: {
      view: () => strategiesView(engine, clock),
      signals: () => engine.signals().map(signalView),
      analyze: async (exchangeNow) => {
        const { signals, answered } = await engine.analyze(clock.monoMs(), exchangeNow);
        return { ...strategiesView(engine, clock), signals: signals.map(signalView), answered };
      },
    },
    disabled: () =>
      engine
        .statuses(clock.monoMs())
        .filter(({ state }) => state === 'disabled')
        .map(({ name, last_error }) => ({ name, reason: last_error ?? 'unknown' })),
    stop: async () => {
      const deadline = after(clock.monoMs(), policy.answerWithinMs);
      engine.flush(clock.monoMs());
      while (!engine.isIdle && clock.monoMs() < deadline) await setTimeout(LOOK_EVERY_MS);
      engine.stop();
    },
  };
}

function strategiesView(engine: StrategyEngine, clock: Clock): StrategiesView {
  const { whole, each } = engine.gates(clock.monoMs()) ?? { whole: noGate, each: [] };
  return {
    gate: whole,
    strategies: engine
      .statuses(clock.monoMs())
      .map((status, index) => strategyView(status, each[index] ?? noGate, clock.monoMs(), clock.unixMs())),
  };
}

function signalView(signal: PublishedSignal): SignalView {
  const { strategy, timestamp, category, symbol, setup_type, reason, values } = signal;
  const { side, entry_price, stop_loss, take_profit, risk_reward, confluence_score } = signal;
  const named = { side, entry_price, stop_loss, take_profit, risk_reward, confluence_score };
  const fields: Record<string, number | string | boolean | null> = { ...values };
  for (const [name, value] of Object.entries(named)) if (value !== undefined) fields[name] = value;
  return { strategy, at: unixMs(timestamp), category, symbol, setupType: setup_type, reason, fields };
}
