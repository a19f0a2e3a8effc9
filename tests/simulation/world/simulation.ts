/**
 * One run: an exchange, a network, a machine with a runner and its connectors, a plan of troubles, and witnesses of all of it.
 *
 * Everything is drawn from the seed, so the same seed gives the same run to the last letter.
 */

import { type ConnectionLog, memoryConnectionLog } from '../../../connector/connection-budget.ts';
import { orderFault } from '../../../connector/exchange/control/ordered-faults.ts';
import { createRandom, type Random } from '../../../connector/exchange/market/random.ts';
import type { Topic } from '../../../shared/market.ts';
import { type Policy, scaledPolicy } from '../../../shared/policy.ts';
import { Witness } from '../invariants/witness.ts';
import { type Conduct, type ConnectorProcess, startConnector } from './connector.ts';
import { SimulatedExchange } from './exchange.ts';
import { Journal } from './journal.ts';
import { Network } from './network.ts';
import { drawPlan, drawRacedPlan, type PlannedTrouble, type Trouble } from './plan.ts';
import { Process } from './process.ts';
import { Runner } from './runner.ts';
import { MemoryStore } from './store.ts';
import { VirtualTime } from './time.ts';

const linear = { category: 'linear', symbol: 'AAAUSDT' } as const;
const thin = { category: 'linear', symbol: 'BBBUSDT' } as const;
const spot = { category: 'spot', symbol: 'AAAUSDT' } as const;

/** What the runner is asked to listen to. */
export const TOPICS: readonly Topic[] = [
  { channel: 'trades', ...linear },
  { channel: 'depth', ...linear, depth: 50 },
  { channel: 'kline', ...linear, interval: '1' },
  { channel: 'ticker', ...thin },
  { channel: 'liquidation', ...linear },
  { channel: 'trades', ...thin },
  { channel: 'trades', ...spot },
  { channel: 'depth', ...spot, depth: 50 },
];

const RUNNER_BACK_AFTER_MS = 2_000;
/** What a pipe of the kernel and Node's own buffer hold together, in characters. */
const PIPE_CAPACITY = 64 * 1024 + 16 * 1024;
/** In some runs there is so little room that a runner of a few seconds' sleep is an overload; the markets here are slow. */
const NARROW = { share: 0.3, pipeCapacity: 2_000, maxQueueBytes: 6_000 };
/** Runs with two sockets for each topic. */
const RACED_SHARE = 0.25;

export type SimulationOptions = {
  readonly seed: string;
  /** Keep all that was noted, not only the last of it. */
  readonly keepAll?: boolean;
  /** Without troubles, when only the world itself is to be looked at. */
  readonly plan?: readonly PlannedTrouble[];
};

export class Simulation {
  readonly time = new VirtualTime();
  readonly journal: Journal;
  readonly network: Network;
  readonly exchange: SimulatedExchange;
  readonly store: MemoryStore;
  readonly policy: Policy;
  readonly plan: readonly PlannedTrouble[];
  /** All children, oldest first. */
  readonly children: Process[] = [];
  readonly topics = TOPICS;
  readonly witness: Witness;
  runner: Runner;
  runners = 0;
  readonly #random: Random;
  readonly #isNarrow: boolean;
  readonly #redundancy: number;
  readonly #connectionLog: ConnectionLog;
  readonly #conducts: (Conduct | 'cannot start')[] = [];
  #child: ConnectorProcess | undefined;
  #pids = 100;

  constructor({ seed, keepAll = false, plan }: SimulationOptions) {
    this.#random = createRandom(`${seed}/machine`);
    this.journal = new Journal(this.time, keepAll);
    const policy = scaledPolicy(1);
    this.#isNarrow = this.#random.fraction() < NARROW.share;
    this.policy = this.#isNarrow ? { ...policy, maxQueueBytes: NARROW.maxQueueBytes } : policy;
    this.#connectionLog = memoryConnectionLog(this.policy.connection.budget.windowMs);
    this.network = new Network(
      this.time,
      createRandom(`${seed}/network`),
      this.policy.connection.openTimeoutMs,
    );
    this.exchange = new SimulatedExchange(seed, this.time, this.network);
    this.store = new MemoryStore(this.time);
    // By dice of its own: whatever is drawn for raced sockets changes nothing of the other runs.
    const race = createRandom(`${seed}/race`);
    this.#redundancy = plan === undefined && race.fraction() < RACED_SHARE ? 2 : 1;
    const raced = this.#redundancy === 2 ? drawRacedPlan(race) : [];
    this.plan = plan ?? [...drawPlan(createRandom(`${seed}/plan`)), ...raced];
    this.witness = new Witness(this);
    this.runner = this.#startRunner();
    for (const { at, trouble } of this.plan) this.time.at(at, () => this.#cause(trouble));
  }

  #startRunner(): Runner {
    this.runners += 1;
    const life = this.runners;
    const process = this.#process(`runner ${life}`);
    this.witness.runnerStarted();
    process.whenEnded(({ code, signal }) => {
      this.journal.note(`${process.name} ended (${signal ?? code})`);
      // As the service manager does (RestartSec).
      this.time.after(RUNNER_BACK_AFTER_MS, () => {
        this.runner = this.#startRunner();
      });
    });
    return new Runner(
      process,
      { topics: this.topics, policy: this.policy, nonce: `run${life}` },
      {
        time: this.time,
        random: this.#random,
        store: this.store.of(process),
        pipeCapacity: this.#isNarrow ? NARROW.pipeCapacity : PIPE_CAPACITY,
        witness: {
          line: (line) => this.journal.said(line),
          event: (event, isTold) => this.witness.event(event, isTold, life),
          command: (command) => this.witness.command(command),
          childSpawned: (child) => {
            this.journal.note(`${child.name} was started`);
            this.witness.childSpawned(child);
          },
        },
        startConnector: (parent, openStdout) => this.#startConnector(parent, openStdout),
      },
    );
  }

  readonly #startConnector: ConstructorParameters<typeof Runner>[2]['startConnector'] = (
    parent,
    openStdout,
  ) => {
    const conduct = this.#conducts.shift() ?? { kind: 'works' };
    if (conduct === 'cannot start') {
      this.journal.note('the child cannot be started');
      return undefined;
    }
    const process = this.#process(`child ${this.children.length + 1}`);
    const pipe = openStdout(() => child);
    const child: ConnectorProcess = startConnector(
      process,
      pipe,
      {
        policy: this.policy,
        conduct,
        nonce: `c${this.children.length + 1}`,
        startsInMs: 150 + this.#random.exponential() * 100,
        connectionLog: this.#connectionLog,
        redundancy: this.#redundancy,
      },
      { time: this.time, network: this.network, random: this.#random },
    );
    this.children.push(process);
    this.#child = child;
    process.whenEnded(({ code, signal }) => this.journal.note(`${process.name} ended (${signal ?? code})`));
    parent.whenEnded(() => this.#orphaned(child));
    return child;
  };

  /** Its stdin ends; the watchdog ends what is left later. */
  #orphaned(child: ConnectorProcess): void {
    child.process.after(0.1, () => child.stdinEnded());
    this.time.after(this.policy.supervisor.killAfterMs, () =>
      child.process.end({ code: null, signal: 'SIGKILL' }),
    );
  }

  #process(name: string): Process {
    this.#pids += 1;
    return new Process(name, this.#pids, this.time, (error) =>
      this.journal.broken(
        'no program throws',
        `${name}: ${error instanceof Error ? error.stack : String(error)}`,
      ),
    );
  }

  #cause(trouble: Trouble): void {
    this.journal.note(`TROUBLE ${JSON.stringify(trouble)}`);
    const { time, network, exchange } = this;
    const child = this.#child?.process;
    const runner = this.runner.process;
    switch (trouble.kind) {
      case 'cut':
        network.cut(trouble.category, trouble.side);
        return;
      case 'half_open':
        network.halfOpen(trouble.category, trouble.side);
        return;
      case 'leave_out':
        network.leaveOut(trouble.topic, trouble.side, trouble.count);
        return;
      case 'stall':
        network.stall(trouble.ms);
        return;
      case 'refuse':
        network.refuse(trouble.ms);
        return;
      case 'silence_rest':
        network.silenceRest(trouble.ms);
        return;
      case 'slow_network':
        network.slow(trouble.ms);
        return;
      case 'exchange': {
        const answer = orderFault(
          exchange.exchange,
          network,
          JSON.stringify(trouble.fault),
          exchange.moment(),
        );
        if (answer.status !== 200) throw new Error(`the exchange refused ${answer.body}`);
        exchange.remember(true);
        return;
      }
      case 'kill_child':
        child?.signal('SIGKILL');
        return;
      case 'terminate_child':
        child?.signal('SIGTERM');
        return;
      case 'stop_child':
        child?.stop();
        time.after(trouble.ms, () => child?.continue());
        return;
      case 'stop_runner':
        runner.stop();
        time.after(trouble.ms, () => runner.continue());
        return;
      case 'kill_runner':
        if (!runner.isAlive) return;
        runner.end({ code: null, signal: 'SIGKILL' });
        this.witness.runnerKilled(this.runners);
        return;
      case 'restart_runner':
        runner.signal('SIGTERM');
        return;
      case 'bad_children':
        this.#conducts.push(...trouble.conducts);
        child?.signal('SIGKILL');
        return;
      case 'set_clock':
        time.setWall(trouble.offMs);
        time.after(trouble.ms, () => time.setWall(0));
        return;
    }
  }
}
