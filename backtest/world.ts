/**
 * The runner of a backtest: its own App, gate and strategy engine under a simulated clock, without a child, a store or an API.
 *
 * The context is told what a child that replays a recording would tell it: clock `replay`, so that the time of the newest trade is
 * "now" for candles, timers and gates. Everything is synchronous, so what comes out depends on the trades and the strategy alone.
 */
import { App } from '../runner/app.ts';
import { usualContextSettings } from '../runner/context/context-settings.ts';
import { gateSources } from '../runner/gate-sources.ts';
import type { Strategy } from '../runner/strategy/api.ts';
import { StrategyEngine } from '../runner/strategy/engine.ts';
import type { GateState } from '../runner/strategy/gate.ts';
import type { PublishedSignal, StrategyStatus, StrategyTrouble } from '../runner/strategy/ports.ts';
import type { Logger } from '../shared/io/log.ts';
import type { Environment, Instrument, Topic } from '../shared/market.ts';
import { scaledPolicy } from '../shared/policy.ts';
import { SimulatedClock } from './clock.ts';
import { InThread } from './in-thread.ts';

/** The one child of a backtest, as the runner counts them. */
export const GENERATION = 1;
/** Trades that the context keeps, as the runner does where nothing is set. */
const TAPE_CAPACITY = 10_000;

export type WorldOptions = {
  readonly strategy: Strategy;
  /** Its path, to find the place of an error. */
  readonly file: string;
  readonly instrument: Instrument;
  readonly environment: Environment;
  /** Where the replay begins, ms. */
  readonly from: number;
  /** The width of the bins of the profile, a decimal. */
  readonly tickSize: string;
};

export type WorldPorts = {
  /** Says nothing: whatever is worth telling is told by the backtest. */
  readonly log: Logger;
  readonly onSignal: (signal: PublishedSignal) => void;
  readonly onTrouble: (trouble: StrategyTrouble) => void;
};

/** The gate of the strategy, from `at` (ms) on. */
export type GateChange = GateState & { readonly at: number };

export class World {
  readonly clock: SimulatedClock;
  readonly app: App;
  readonly thread: InThread;
  readonly instrument: Instrument;
  /** In the order in which they came. */
  readonly gates: GateChange[] = [];
  readonly #engine: StrategyEngine;
  /** What the engine wants done at the end of the turn. */
  #atTurnEnd: (() => void) | undefined;

  constructor(options: WorldOptions, { log, onSignal, onTrouble }: WorldPorts) {
    const { instrument, strategy, file, environment } = options;
    const topic: Topic = { channel: 'trades', ...instrument };
    const policy = scaledPolicy();
    const clock = new SimulatedClock(options.from);
    this.clock = clock;
    this.instrument = instrument;
    this.app = new App(
      {
        ...{ instruments: [instrument], topics: [topic], category: instrument.category, policy },
        bufferSize: TAPE_CAPACITY,
        nonce: 'backtest',
        context: { ...usualContextSettings, profileTickSize: options.tickSize },
        expected: { environment, clock: 'replay' },
      },
      {
        ...{ clock, log },
        heard: () => undefined,
        announcedReady: () => undefined,
        refuse: (_generation, refusal) => {
          throw new Error(refusal.message);
        },
        send: () => true,
      },
    );
    this.thread = new InThread(strategy, clock, ({ open, reasons }, at) => {
      this.gates.push({ at, open, reasons });
    });
    this.#engine = new StrategyEngine(
      { files: [file], instruments: [instrument], policy: policy.strategy },
      {
        ...{ onSignal, onTrouble },
        spawn: this.thread.spawn,
        atTurnEnd: (task) => {
          this.#atTurnEnd = task;
        },
        topOf: (of, now) => this.app.context.topOf(of, now),
        gate: gateSources(
          this.app,
          clock.unixMs,
          () => true,
          () => undefined,
          // The cache is all that is asked, and its holes were told before.
          () => [],
        ),
      },
    );
    this.app.attachStrategies(this.#engine);
    this.thread.loaded();
    this.#beginChild(topic, environment);
  }

  /** What the engine put off until the end of the turn: to be called after each event, so that a signal has the time of its cause. */
  settle(): void {
    for (let task = this.#atTurnEnd; task !== undefined; task = this.#atTurnEnd) {
      this.#atTurnEnd = undefined;
      task();
    }
  }

  status(): StrategyStatus | undefined {
    return this.#engine.statuses(this.clock.monoMs())[0];
  }

  /** A word of the child, which the runner reads as from any other. */
  tell(line: object): void {
    this.app.onLine(JSON.stringify(line), GENERATION);
    this.settle();
  }

  #beginChild(topic: Topic, environment: Environment): void {
    this.app.childStarted(GENERATION);
    this.tell({ type: 'status', status: 'ready', connector: 'backtest', environment, clock: 'replay' });
    this.tell({ type: 'status', status: 'connected', scope: 'public', category: topic.category });
    this.tell({ type: 'status', status: 'subscribed', ...topic });
    this.app.tick();
    this.settle();
  }
}
