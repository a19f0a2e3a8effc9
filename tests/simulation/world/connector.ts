/**
 * A connector process: the real `Stream` with its real REST client, driven as connector/io/run-stream.ts drives it.
 *
 * Stdout is batched, blocks and drains as a pipe does; stdin brings commands; SIGTERM, a command and the end of stdin stop it. A
 * child may also be one that does not do what it should (`Conduct`).
 */
import { marketRest } from '../../../connector/bybit/rest-market.ts';
import type { ConnectionLog } from '../../../connector/connection-budget.ts';
import type { Random } from '../../../connector/exchange/market/random.ts';
import { openRest } from '../../../connector/io/rest.ts';
import { Stream } from '../../../connector/stream.ts';
import type { Category } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Millis } from '../../../shared/time.ts';
import type { Network } from './network.ts';
import type { Pipe, Process } from './process.ts';
import { processClock, type VirtualTime } from './time.ts';

/** Characters that Node writes at once, whatever the turn (shared/io/lines.ts). */
const BATCH_LENGTH = 64 * 1024;
const LOOK_FLUSHED_MS: Millis = 10;

/** What a child does with its life. */
export type Conduct =
  | { readonly kind: 'works' }
  /** It ends by itself at once. */
  | { readonly kind: 'ends'; readonly code: number }
  /** It runs, but never says a word. */
  | { readonly kind: 'mute' }
  /** It works, but a request to stop is not heard. */
  | { readonly kind: 'deaf' };

export type ConnectorOptions = {
  readonly policy: Policy;
  readonly conduct: Conduct;
  readonly nonce: string;
  /** From its start to its first line. */
  readonly startsInMs: Millis;
  readonly connectionLog: ConnectionLog;
  /** Sockets for each topic. */
  readonly redundancy: number;
};

export type ConnectorWorld = {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly random: Random;
};

/** What its parent holds of it. */
export type ConnectorProcess = {
  readonly process: Process;
  /** A command, or what stands for one, on its stdin. */
  readonly command: (value: unknown) => void;
  readonly stdinEnded: () => void;
  /** Its reader takes lines again. */
  readonly drained: () => void;
};

/** Starts the program in a process; `stdout` is where it writes. */
export function startConnector(
  process: Process,
  stdout: Pipe,
  options: ConnectorOptions,
  world: ConnectorWorld,
): ConnectorProcess {
  const { conduct } = options;
  const program = { current: undefined as Program | undefined };
  const waiting: unknown[] = [];
  if (conduct.kind !== 'deaf') process.onSigterm = () => process.end({ code: null, signal: 'SIGTERM' });
  else process.onSigterm = () => undefined;
  process.after(options.startsInMs, () => {
    if (conduct.kind === 'mute') return;
    if (conduct.kind === 'ends') {
      process.end({ code: conduct.code, signal: null });
      return;
    }
    program.current = new Program(process, stdout, options, world);
    for (const value of waiting.splice(0)) program.current.stream.command(value);
  });
  process.whenEnded(() => world.network.processEnded(process));
  return {
    process,
    command: (value) => {
      if (program.current === undefined) waiting.push(value);
      else program.current.stream.command(value);
    },
    stdinEnded: () => {
      if (program.current === undefined) process.end({ code: 0, signal: null });
      else program.current.finish('stdin ended');
    },
    drained: () => program.current?.stream.drained(),
  };
}

class Program {
  readonly stream: Stream;
  readonly #process: Process;
  readonly #stdout: Pipe;
  readonly #policy: Policy;
  readonly #time: VirtualTime;
  #batch = '';
  #isScheduled = false;
  #isFinishing = false;

  constructor(process: Process, stdout: Pipe, options: ConnectorOptions, world: ConnectorWorld) {
    const { policy, nonce, connectionLog, conduct, redundancy } = options;
    const { time, network, random } = world;
    this.#process = process;
    this.#stdout = stdout;
    this.#policy = policy;
    this.#time = time;
    const clock = processClock(time, policy.sleptAfterMs, (driftMs) => this.stream.slept(driftMs));
    const urls: Record<Category, string> = {
      linear: 'ws://exchange/v5/public/linear',
      spot: 'ws://exchange/v5/public/spot',
      inverse: 'ws://exchange/v5/public/inverse',
    };
    const client = openRest(policy.rest, {
      clock,
      random: () => random.fraction(),
      get: (target) => network.get(process, clock, target, policy.rest.timeoutMs),
      sleep: (ms) => this.#sleep(ms),
    });
    const rest = marketRest((request) => {
      time.settle();
      return client.ask(request);
    }, policy.rest);
    this.stream = new Stream(
      {
        environment: 'simulated',
        defaultCategory: 'linear',
        urls,
        policy,
        redundancy,
        pid: process.pid,
        nonce,
      },
      {
        clock,
        random: () => random.fraction(),
        socket: (category, events, socket) => network.socket(category, process, events, socket),
        connectionLog,
        rest,
        writeLine: (line) => this.#write(line),
        isBlocked: () => stdout.isFull,
        readProcess: () => ({ cpuMicros: 0, wallMicros: time.now * 1_000, rssBytes: 60e6, heapBytes: 20e6 }),
        record: undefined,
        onShutdown: () => this.finish('told to shut down'),
      },
    );
    this.stream.start();
    process.every(policy.tickEveryMs, () => this.stream.tick());
    if (conduct.kind !== 'deaf') process.onSigterm = () => this.finish('SIGTERM');
  }

  finish(why: string): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.stream.stop(why);
    const deadline = this.#time.now + this.#policy.flushWithinMs;
    const look = (): void => {
      if (this.#time.now < deadline && (!this.stream.isFlushed || this.#stdout.isFull)) {
        this.#process.after(LOOK_FLUSHED_MS, look);
        return;
      }
      this.#flush();
      this.#process.end({ code: 0, signal: null });
    };
    look();
  }

  #write(line: string): void {
    this.#batch += `${line}\n`;
    if (this.#batch.length >= BATCH_LENGTH) {
      this.#flush();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#process.after(0, () => {
        this.#isScheduled = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    const text = this.#batch;
    this.#batch = '';
    if (text.length > 0 && this.#process.isAlive) this.#stdout.write(text);
  }

  #sleep(ms: Millis): Promise<void> {
    return new Promise((resolve) => {
      this.#process.after(ms, () => {
        this.#time.settle();
        resolve();
      });
    });
  }
}
