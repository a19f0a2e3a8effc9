/**
 * A runner process: the real `App`, `Supervisor` and `HealthWatch`, driven as runner/io/run-runner.ts drives them.
 *
 * Its children are processes of the simulated machine. Everything that it tells onwards is shown to a witness, at the very
 * place where strategies and watchers hear of it.
 */
import { pino } from 'pino';
import type { Random } from '../../../connector/exchange/market/random.ts';
import { App } from '../../../runner/app.ts';
import type { AppConfig, AppPorts } from '../../../runner/app-ports.ts';
import type { LedgerStore } from '../../../runner/ledger/gap-ledger.ts';
import { HealthWatch } from '../../../runner/observe/health-watch.ts';
import type { ChildHandle, ChildHandlers, SetAlarm, SpawnChild } from '../../../runner/supervisor/ports.ts';
import { Supervisor } from '../../../runner/supervisor/supervisor.ts';
import type { Command } from '../../../shared/commands.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import { LineDecoder } from '../../../shared/line-decoder.ts';
import type { Topic } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { ConnectorProcess } from './connector.ts';
import { type End, Pipe, type Process } from './process.ts';
import { processClock, type VirtualTime } from './time.ts';

/** Trades of a whole run, so that the tape forgets none. */
const TAPE_CAPACITY = 100_000;
const silentLog = pino({ enabled: false });

/** Who sees what a runner sees. */
export type RunnerWitness = {
  readonly line: (line: string) => void;
  /** `isTold` is false for a trade that the runner keeps to itself: not wanted, or known already. */
  readonly event: (event: TowlineEvent, isTold: boolean) => void;
  readonly childSpawned: (process: Process) => void;
  /** The runner wants this of its child. */
  readonly command: (command: Command) => void;
};

export type RunnerOptions = {
  readonly topics: readonly Topic[];
  readonly policy: Policy;
  readonly nonce: string;
};

export type RunnerWorld = {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly store: LedgerStore;
  readonly witness: RunnerWitness;
  /** What the pipe to a child and Node's own buffer hold together, in characters. */
  readonly pipeCapacity: number;
  /** Starts the connector as the plan wants it; undefined: it cannot be started. */
  readonly startConnector: (
    parent: Process,
    openStdout: (reader: () => ConnectorProcess) => Pipe,
  ) => ConnectorProcess | undefined;
};

/** Shows the witness each event right after the app has taken it in. */
class WitnessedApp extends App {
  #witness: RunnerWitness | undefined;

  watchedBy(witness: RunnerWitness): void {
    this.#witness = witness;
  }

  override dispatch(event: TowlineEvent): void {
    const before = event.type === 'trade' ? this.#onTape(event) : 0;
    super.dispatch(event);
    this.#witness?.event(event, event.type !== 'trade' || this.#onTape(event) > before);
  }

  #onTape(trade: TradeEvent): number {
    return this.context.instrument(trade)?.tape.length ?? 0;
  }
}

export class Runner {
  readonly app: App;
  readonly supervisor: Supervisor;
  readonly health: HealthWatch;
  readonly process: Process;
  readonly #world: RunnerWorld;
  readonly #policy: Policy;

  constructor(process: Process, options: RunnerOptions, world: RunnerWorld) {
    const { time, random, store, witness } = world;
    const { policy, topics, nonce } = options;
    this.process = process;
    this.#world = world;
    this.#policy = policy;
    const clock = processClock(time, policy.sleptAfterMs, () => this.app.clockJumped());
    const config: AppConfig = {
      instruments: instrumentsOf(topics),
      topics,
      category: 'linear',
      bufferSize: TAPE_CAPACITY,
      policy,
      nonce,
      expected: { environment: 'simulated', clock: 'live' },
    };
    const ports: AppPorts = {
      clock,
      log: silentLog,
      heard: (generation) => this.supervisor.heard(generation),
      announcedReady: (generation) => this.supervisor.announcedReady(generation),
      refuse: (generation, refusal) => this.supervisor.refuse(generation, refusal),
      send: (command) => {
        witness.command(command);
        return this.supervisor.send(command);
      },
      ledger: store,
    };
    const app = new WitnessedApp(config, ports);
    this.app = app;
    this.supervisor = new Supervisor(
      { name: 'bybit', command: ['connector'], cwd: '/', env: {} },
      {
        spawn: this.#spawn,
        clock,
        random: () => random.fraction(),
        setAlarm: this.#setAlarm,
        policy: policy.supervisor,
        log: silentLog,
        recordDeath: (death) => app.ledger.death(death),
        onLine: (line, generation) => {
          witness.line(line);
          app.onLine(line, generation);
        },
        onChildStarted: (generation) => app.childStarted(generation),
        onChildReadsAgain: () => app.subscriber.childReadsAgain(),
        onChildEnded: (generation, death) => app.childEnded(generation, death),
        onStateChange: () => app.tell('health'),
      },
    );
    this.health = new HealthWatch({
      app,
      nowMs: clock.unixMs,
      monoNow: clock.monoMs,
      supervisor: () => this.supervisor.report(),
      loopDelayMs: () => 0,
      disabledStrategies: () => [],
    });
    app.watchedBy(witness);
    process.every(policy.tickEveryMs, () => {
      clock.unixMicros();
      app.tick();
      this.health.tick();
    });
    process.onSigterm = () => this.#stop();
    void app.ledger.open('simulated').then(() => process.run(() => this.supervisor.start()));
    time.settle();
  }

  #stop(): void {
    const { app, supervisor, process } = this;
    app.stopping();
    void supervisor
      .stop()
      .then(() => app.ledger.stop())
      .then(() => process.end({ code: 0, signal: null }));
    this.#world.time.settle();
  }

  readonly #setAlarm: SetAlarm = (at, ring) => {
    // What lies in the pipe at that moment is read before the alarm rings.
    return this.#world.time.at(at, () => this.process.after(0.1, ring));
  };

  readonly #spawn: SpawnChild = (_spec, handlers) => {
    const { time, witness, startConnector, pipeCapacity } = this.#world;
    const decoder = new LineDecoder(this.#policy.maxLineLength, handlers.onLine);
    let pipe: Pipe | undefined;
    const child = startConnector(this.process, (writer) => {
      pipe = new Pipe(
        { time, reader: this.process, capacity: pipeCapacity },
        {
          onText: (text) => decoder.push(text),
          onDrain: () => writer().process.run(() => writer().drained()),
        },
      );
      return pipe;
    });
    if (child === undefined || pipe === undefined) return neverRan(this.process, handlers);
    witness.childSpawned(child.process);
    const stdout = pipe;
    child.process.whenEnded((end) =>
      stdout.end(() => {
        decoder.end();
        handlers.onOutputEnded();
        handlers.onExited({ ...end, spawnError: null });
        time.settle();
      }),
    );
    return handleOf(child, time, decoder);
  };
}

function handleOf(child: ConnectorProcess, time: VirtualTime, decoder: LineDecoder): ChildHandle {
  const { process } = child;
  return {
    pid: process.pid,
    isAlive: () => process.isAlive,
    send: (command) => {
      if (!process.isAlive) return false;
      time.after(0.05, () => process.run(() => child.command(command)));
      return true;
    },
    terminate: () => process.signal('SIGTERM'),
    kill: () => process.signal('SIGKILL'),
    counts: () => ({ ...decoder.counts, stderrBytes: 0 }),
  };
}

function neverRan(runner: Process, handlers: ChildHandlers): ChildHandle {
  const end: End = { code: null, signal: null };
  runner.after(0, () =>
    handlers.onExited({ ...end, spawnError: 'the connector cannot be started: no memory' }),
  );
  return {
    pid: null,
    isAlive: () => false,
    send: () => false,
    terminate: () => {},
    kill: () => {},
    counts: () => ({ lines: 0, tooLong: 0, halfLines: 0, stderrBytes: 0 }),
  };
}

function instrumentsOf(topics: readonly Topic[]) {
  const known = new Map(
    topics.map(({ category, symbol }) => [`${category}:${symbol}`, { category, symbol }]),
  );
  return [...known.values()];
}
