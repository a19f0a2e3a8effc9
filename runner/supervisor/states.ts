/**
 * The supervisor's states, events, effects, and the full table of what may lead where (the steps are in machine.ts).
 *
 * A state owns its data. `never` cells are made true by the driver: what a child says is passed on only while it is the
 * current child, and `exited` comes once for each child, after its stdout was read to the end.
 */
import type { BackoffPolicy } from '../../shared/backoff.ts';
import type { Policy } from '../../shared/policy.ts';
import type { Matrix } from '../../shared/state-table.ts';
import type { MonoMs } from '../../shared/time.ts';
import type { ChildExit, Ending, Refusal, StopReason } from './deaths.ts';

/** The durations and limits (shared/policy.ts says why each); tests may raise them. */
export type SupervisorPolicy = {
  readonly [K in keyof Policy['supervisor']]: Policy['supervisor'][K] extends number ? number : BackoffPolicy;
};

export type SupervisorState =
  | { readonly kind: 'idle' }
  /** `mute`: it closed its stdout and can say nothing any more. */
  | { readonly kind: 'starting'; readonly readyBy: MonoMs; readonly mute: boolean }
  /** `stableAt` is null once it has been healthy for long enough. */
  | {
      readonly kind: 'ready';
      readonly silentAt: MonoMs;
      readonly stableAt: MonoMs | null;
      readonly mute: boolean;
    }
  /** `killAt` is null once SIGKILL was sent. */
  | {
      readonly kind: 'stopping';
      readonly killAt: MonoMs | null;
      readonly reason: StopReason;
      readonly afterwards: 'idle' | 'start' | 'retry';
    }
  | { readonly kind: 'backoff'; readonly until: MonoMs }
  | { readonly kind: 'cooling'; readonly until: MonoMs }
  | { readonly kind: 'held' };
export type SupervisorStateKind = SupervisorState['kind'];

/** What is remembered across the lives of children. */
export type Health = {
  /** Deaths in a row, each before it had been healthy for `stableAfterMs`. */
  readonly failures: number;
  /** When children died, within the window. */
  readonly deaths: readonly MonoMs[];
  /** There were too many: until a child has proved to be healthy, each death leads to a long wait. */
  readonly probation: boolean;
};
export type SupervisorMachine = { readonly state: SupervisorState; readonly health: Health };

export type SupervisorEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'restart'; readonly reason: string }
  | { readonly kind: 'announced_ready' }
  /** What it said shows that it is not the child that was asked for. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** It lives, but gives no data whatever it tries (context/escalation.ts). */
  | { readonly kind: 'fruitless'; readonly message: string }
  /** A valid line came, at `at` (which may lie before `now`). */
  | { readonly kind: 'heard'; readonly at: MonoMs }
  | { readonly kind: 'output_ended' }
  | { readonly kind: 'exited'; readonly exit: ChildExit; readonly mayFinish: boolean }
  /** Our own timer came too late: we, not the child, were asleep. */
  | { readonly kind: 'stalled' }
  /** `leaderGone`: the child itself has ended, what is left of its group is being ended, and `exited` will follow. */
  | { readonly kind: 'tick'; readonly leaderGone?: boolean };
export type SupervisorEventKind = SupervisorEvent['kind'];

/** `ended` tells the verdict on the child that is gone; it comes before the `spawn` of the next one. */
export type SupervisorEffect =
  | { readonly kind: 'spawn' }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'ended'; readonly ending: Ending };

export type SupervisorStep = {
  readonly next: SupervisorMachine;
  readonly effects: readonly SupervisorEffect[];
};

const noChild = {
  announced_ready: 'never',
  refused: 'never',
  fruitless: 'never',
  heard: 'never',
  output_ended: 'never',
  exited: 'never',
  stalled: 'ignore',
} as const;

export const supervisorTable: Matrix<SupervisorStateKind, SupervisorEventKind> = {
  idle: { start: ['starting'], stop: 'ignore', restart: 'ignore', ...noChild, tick: 'ignore' },
  starting: {
    start: 'ignore',
    stop: ['stopping'],
    restart: ['stopping'],
    announced_ready: ['ready'],
    refused: ['stopping'],
    fruitless: ['stopping'],
    heard: 'ignore',
    output_ended: ['starting'],
    exited: ['idle', 'backoff', 'cooling', 'held'],
    stalled: ['starting'],
    tick: ['starting', 'stopping'],
  },
  ready: {
    start: 'ignore',
    stop: ['stopping'],
    restart: ['stopping'],
    announced_ready: 'ignore',
    refused: ['stopping'],
    fruitless: ['stopping'],
    heard: ['ready'],
    output_ended: ['ready'],
    exited: ['idle', 'backoff', 'cooling', 'held'],
    stalled: ['ready'],
    tick: ['ready', 'stopping'],
  },
  stopping: {
    start: ['stopping'],
    stop: ['stopping'],
    restart: ['stopping'],
    announced_ready: 'ignore',
    refused: ['stopping'],
    fruitless: 'ignore',
    heard: 'ignore',
    output_ended: 'ignore',
    exited: ['idle', 'starting', 'backoff', 'cooling', 'held'],
    stalled: ['stopping'],
    tick: ['stopping'],
  },
  backoff: {
    start: ['starting'],
    stop: ['idle'],
    restart: ['starting'],
    ...noChild,
    tick: ['backoff', 'starting'],
  },
  cooling: {
    start: ['starting'],
    stop: ['idle'],
    restart: ['starting'],
    ...noChild,
    tick: ['cooling', 'starting'],
  },
  held: { start: ['starting'], stop: ['idle'], restart: ['starting'], ...noChild, tick: 'ignore' },
};

/** Nothing bad is remembered. */
export const freshHealth: Health = { failures: 0, deaths: [], probation: false };
/** Before the first `start`. */
export const initialMachine: SupervisorMachine = { state: { kind: 'idle' }, health: freshHealth };
