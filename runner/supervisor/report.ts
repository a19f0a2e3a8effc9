/**
 * What is told about a child in /ws/health, built from the machine and the counters of its driver.
 */
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { Death, DeathCause, DeathTally } from './deaths.ts';
import type { ChildCounts, ChildHandle } from './ports.ts';
import type { SupervisorMachine, SupervisorStateKind } from './states.ts';

/** The truth about the child process, for /ws/health. */
export type SupervisorReport = {
  readonly state: SupervisorStateKind;
  readonly generation: number;
  readonly pid: number | null;
  readonly process_alive: boolean;
  readonly ready: boolean;
  /** Too many deaths: until a child was healthy for long enough, each death leads to `cooling`. */
  readonly probation: boolean;
  /** When the state began. */
  readonly since: UnixMs;
  /** Of the current child; 0 without one. */
  readonly uptime_seconds: number;
  /** Children after the first. */
  readonly restarts: number;
  /** How often we, not the child, were asleep. */
  readonly stalled: number;
  readonly next_try_in_ms: Millis | null;
  readonly last_exit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly cause: DeathCause;
    readonly message: string;
    readonly at: UnixMs;
  } | null;
  /** Unasked ends by cause, those of earlier lives of the runner included. */
  readonly deaths: DeathTally;
  readonly commands_refused: number;
  readonly lines: number;
  readonly too_long: number;
  readonly half_lines: number;
  readonly stderr_bytes: number;
};

/** The child that is there now, until its end was told. */
export type CurrentChild = { readonly handle: ChildHandle; readonly startedAt: MonoMs };

/** What the driver counts. `pastCounts` are those of the children that are gone. */
export type Tallies = {
  readonly generation: number;
  readonly since: UnixMs;
  readonly stalled: number;
  readonly commandsRefused: number;
  readonly pastCounts: ChildCounts;
  readonly lastDeath: Death | undefined;
  readonly deaths: DeathTally;
};

export const noCounts: ChildCounts = { lines: 0, tooLong: 0, halfLines: 0, stderrBytes: 0 };

export function supervisorReport(
  { state, health }: SupervisorMachine,
  child: CurrentChild | undefined,
  tallies: Tallies,
  now: MonoMs,
): SupervisorReport {
  const counts = addCounts(tallies.pastCounts, child?.handle.counts() ?? noCounts);
  const waits = state.kind === 'backoff' || state.kind === 'cooling';
  return {
    state: state.kind,
    generation: tallies.generation,
    pid: child?.handle.pid ?? null,
    process_alive: child?.handle.isAlive() ?? false,
    ready: state.kind === 'ready',
    probation: health.probation,
    since: tallies.since,
    uptime_seconds: child === undefined ? 0 : Math.max(0, now - child.startedAt) / 1_000,
    restarts: Math.max(0, tallies.generation - 1),
    stalled: tallies.stalled,
    next_try_in_ms: waits ? Math.max(0, Math.round(state.until - now)) : null,
    last_exit: lastExit(tallies.lastDeath),
    deaths: tallies.deaths,
    commands_refused: tallies.commandsRefused,
    lines: counts.lines,
    too_long: counts.tooLong,
    half_lines: counts.halfLines,
    stderr_bytes: counts.stderrBytes,
  };
}

/** The sums of two children. */
export function addCounts(a: ChildCounts, b: ChildCounts): ChildCounts {
  return {
    lines: a.lines + b.lines,
    tooLong: a.tooLong + b.tooLong,
    halfLines: a.halfLines + b.halfLines,
    stderrBytes: a.stderrBytes + b.stderrBytes,
  };
}

function lastExit(death: Death | undefined): SupervisorReport['last_exit'] {
  if (death === undefined) return null;
  const { code, signal, cause, message, at } = death;
  return { code, signal, cause, message, at };
}
