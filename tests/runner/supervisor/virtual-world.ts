/** The supervisor under a clock that the test moves, with children that do what the test says. */
import { pino } from 'pino';
import type { ChildExit, Death, DeathTally } from '../../../runner/supervisor/deaths.ts';
import type { ChildHandle, ChildHandlers } from '../../../runner/supervisor/ports.ts';
import type { SupervisorPolicy } from '../../../runner/supervisor/states.ts';
import { Supervisor } from '../../../runner/supervisor/supervisor.ts';
import type { Command } from '../../../shared/commands.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMicros, unixMs } from '../../../shared/time.ts';

const EPOCH_MS = 1_717_440_000_000;

/** A child made of paper: it obeys SIGTERM at once unless `stubborn`. */
export class PaperChild {
  stubborn = false;
  readonly received: string[] = [];
  readonly handlers: ChildHandlers;
  readonly pid: number | null;
  #alive = true;
  #ended = false;

  constructor(handlers: ChildHandlers, pid: number | null) {
    this.handlers = handlers;
    this.pid = pid;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  /** The process itself ends; something else of its group lives on until `exit`. */
  loseLeader(): void {
    this.#alive = false;
  }

  exit(how: Partial<ChildExit>): void {
    if (this.#ended) return;
    this.#alive = false;
    this.#ended = true;
    this.handlers.onExited({ code: null, signal: null, spawnError: null, ...how });
  }

  receive(what: string): void {
    this.received.push(what);
    if (what === 'SIGTERM' && !this.stubborn) this.exit({ signal: 'SIGTERM' });
    if (what === 'SIGKILL') this.exit({ signal: 'SIGKILL' });
  }
}

export class VirtualWorld {
  readonly supervisor: Supervisor;
  readonly children: PaperChild[] = [];
  readonly recorded: Death[] = [];
  readonly ended: Death[] = [];
  readonly lines: string[] = [];
  onEnded: () => void = () => {};
  random = 0.5;
  #now = 0;
  #alarm: { readonly at: number; readonly ring: () => void } | undefined;

  constructor(
    options: {
      readonly policy?: Partial<SupervisorPolicy>;
      readonly mayFinish?: boolean;
      readonly previousDeaths?: DeathTally;
    } = {},
  ) {
    const { mayFinish = false, previousDeaths = {} } = options;
    const spec = { name: 'paper', command: ['paper'], cwd: '/', env: {}, mayFinish };
    this.supervisor = new Supervisor(spec, {
      spawn: (_spec, handlers) => this.#spawn(handlers),
      clock: {
        monoMs: () => monoMs(this.#now),
        unixMs: () => unixMs(EPOCH_MS + this.#now),
        unixMicros: () => unixMicros((EPOCH_MS + this.#now) * 1_000),
      },
      random: () => this.random,
      setAlarm: (at, ring) => {
        const alarm = { at, ring };
        this.#alarm = alarm;
        return () => {
          if (this.#alarm === alarm) this.#alarm = undefined;
        };
      },
      policy: { ...scaledPolicy().supervisor, ...options.policy },
      log: pino({ level: 'silent' }),
      previousDeaths,
      recordDeath: (death) => this.recorded.push(death),
      onLine: (line, generation) => {
        this.lines.push(line);
        this.supervisor.heard(generation);
        if (line === 'ready') this.supervisor.announcedReady(generation);
      },
      onChildEnded: (_generation, death) => {
        this.ended.push(death);
        this.onEnded();
      },
      onStateChange: () => {},
    });
  }

  get state(): string {
    return this.supervisor.report().state;
  }

  get child(): PaperChild {
    const child = this.children.at(-1);
    if (child === undefined) throw new Error('no child was spawned yet');
    return child;
  }

  /** Moves the clock and rings what is due, in order; `say` lets the current child speak every so often. */
  advance(ms: number, say?: { readonly every: number; readonly line: string }): void {
    const end = this.#now + ms;
    let nextWord = this.#now + (say?.every ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const next = Math.min(this.#alarm?.at ?? Number.POSITIVE_INFINITY, nextWord);
      if (next > end) break;
      this.#now = Math.max(this.#now, next);
      if (next === nextWord && say !== undefined) {
        nextWord += say.every;
        if (this.child.isAlive) this.child.handlers.onLine(say.line);
      } else {
        this.#ring();
      }
    }
    this.#now = end;
  }

  /** Moves the clock while nobody runs: the alarm rings once, too late. */
  sleep(ms: number): void {
    this.#now += ms;
    if (this.#alarm !== undefined && this.#alarm.at <= this.#now) this.#ring();
  }

  #ring(): void {
    const alarm = this.#alarm;
    this.#alarm = undefined;
    alarm?.ring();
  }

  #spawn(handlers: ChildHandlers): ChildHandle {
    const child = new PaperChild(handlers, 1_000 + this.children.length);
    this.children.push(child);
    return {
      pid: child.pid,
      isAlive: () => child.isAlive,
      send: (command: Command) => {
        child.received.push(command.command);
        return true;
      },
      terminate: () => child.receive('SIGTERM'),
      kill: () => child.receive('SIGKILL'),
      counts: () => ({ lines: 10, tooLong: 1, halfLines: 1, stderrBytes: 100 }),
    };
  }
}
