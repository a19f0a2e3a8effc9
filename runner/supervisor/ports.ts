/** What the supervisor needs from the world: a way to spawn, clocks, an alarm, and somebody to tell. */
import type { Command } from '../../shared/commands.ts';
import type { OrdinaryEvent } from '../../shared/events/ordinary-lines.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Clock, MonoMs, Random } from '../../shared/time.ts';
import type { ChildExit, Death, DeathTally } from './deaths.ts';
import type { SupervisorPolicy } from './states.ts';

/** Which program to keep alive. */
export type ChildSpec = {
  /** A short name for logs, reports and the tally, for example `bybit`. */
  readonly name: string;
  /** The program and its arguments, without a shell; `node` means the Node that runs us. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing of ours is added but how the child finds its parent. */
  readonly env: Readonly<Record<string, string>>;
  /** An exit with code 0 means that its work is done (a replay); otherwise it is a death like any other. */
  readonly mayFinish?: boolean;
};

/** What came from a child: lines and bytes. */
export type ChildCounts = {
  readonly lines: number;
  readonly tooLong: number;
  readonly halfLines: number;
  readonly stderrBytes: number;
};

/** A spawned child. `terminate` and `kill` reach its whole process group. */
export type ChildHandle<Sent = Command> = {
  /** Null when it could not be spawned; then `onExited` follows. */
  readonly pid: number | null;
  /** False once the process itself has ended, even while its output is still being read. */
  readonly isAlive: () => boolean;
  /** As a line on its stdin. False when it was refused because the child does not read. */
  readonly send: (command: Sent) => boolean;
  readonly terminate: () => void;
  readonly kill: () => void;
  readonly counts: () => ChildCounts;
};

/** What a child does. `onExited` comes once, last, after all its lines, when nothing of its group is left. */
export type ChildHandlers = {
  readonly onLine: (line: string) => void;
  /** Trades and book updates whose lines need not be parsed; without it they come as lines. */
  readonly onOrdinary?: ((events: readonly OrdinaryEvent[]) => void) | undefined;
  readonly onOutputEnded: () => void;
  /** It takes commands again after it had refused some. */
  readonly onReadsAgain?: () => void;
  readonly onExited: (exit: ChildExit) => void;
};

/** Never throws and never calls a handler before it returns: a failure to spawn comes through `onExited`. */
export type SpawnChild<Sent = Command> = (spec: ChildSpec, handlers: ChildHandlers) => ChildHandle<Sent>;

/**
 * Calls `ring` once, at `at` or later, after a read turn that began after `at`: what the child had written by then has been
 * passed on (DESIGN 6, Liveness). Answers how to cancel it.
 */
export type SetAlarm = (at: MonoMs, ring: () => void) => () => void;

export type SupervisorPorts = {
  readonly spawn: SpawnChild;
  readonly clock: Clock;
  readonly random: Random;
  readonly setAlarm: SetAlarm;
  readonly policy: SupervisorPolicy;
  readonly log: Logger;
  /** Deaths of earlier lives of the runner, by cause. */
  readonly previousDeaths?: DeathTally;
  /** Stores an unasked end. */
  readonly recordDeath: (death: Death) => void;
  readonly onLine: (line: string, generation: number) => void;
  /** Without it all lines come as texts. */
  readonly onOrdinary?: (events: readonly OrdinaryEvent[], generation: number) => void;
  readonly onChildStarted?: (generation: number) => void;
  /** It had refused commands because it did not read (`send` answered false); now it takes them again. */
  readonly onChildReadsAgain?: () => void;
  /** After the child's stdout was read to the end and it exited; also for a child that could not be spawned. */
  readonly onChildEnded: (generation: number, death: Death) => void;
  readonly onStateChange: () => void;
};
