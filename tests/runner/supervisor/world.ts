/** The supervisor over real processes: the real io/child.ts, timers and clocks, with a short policy and an ear for lines. */
import path from 'node:path';
import { pino } from 'pino';
import { childSpawner } from '../../../runner/io/child.ts';
import { eventLoopAlarm } from '../../../runner/io/timers.ts';
import type { Death } from '../../../runner/supervisor/deaths.ts';
import type { ChildSpec } from '../../../runner/supervisor/ports.ts';
import type { SupervisorPolicy } from '../../../runner/supervisor/states.ts';
import { Supervisor } from '../../../runner/supervisor/supervisor.ts';
import { systemClock, systemRandom } from '../../../shared/io/clock.ts';
import { scaledPolicy } from '../../../shared/policy.ts';

const fixtures = path.join(import.meta.dirname, '../../fixtures/children');

/** The path of a fixture child. */
export function fixturePath(file: string): string {
  return path.join(fixtures, file);
}

/** The command that runs a fixture child. */
export function fixtureCommand(file: string, ...args: readonly string[]): readonly string[] {
  return file.endsWith('.mjs') ? ['node', fixturePath(file), ...args] : [fixturePath(file), ...args];
}

/** Fast enough for tests, slow enough for a busy machine. */
export const shortPolicy: SupervisorPolicy = {
  ...scaledPolicy(0.02).supervisor,
  readyWithinMs: 3_000,
  silentAfterMs: 1_000,
  killAfterMs: 500,
  stalledAfterMs: 1_000,
};

export type World = {
  readonly supervisor: Supervisor;
  readonly deaths: readonly Death[];
  readonly ended: readonly Death[];
  readonly started: readonly number[];
  /** The process groups that there ever were. */
  readonly pids: ReadonlySet<number>;
  readonly logs: readonly string[];
  readonly lines: () => number;
};

export type WorldOptions = {
  readonly policy?: Partial<SupervisorPolicy>;
  readonly cwd?: string;
  readonly mayFinish?: boolean;
  readonly onLine?: (line: string) => void;
  readonly onReadsAgain?: () => void;
  readonly watchdog?: boolean;
};

/** A supervisor over the given command. It hears every JSON object with a `type`, as the intake does. */
export function openWorld(command: readonly string[], options: WorldOptions = {}): World {
  const policy = { ...shortPolicy, ...options.policy };
  const clock = systemClock(2_000, () => {});
  const deaths: Death[] = [];
  const ended: Death[] = [];
  const started: number[] = [];
  const pids = new Set<number>();
  const logs: string[] = [];
  let lineCount = 0;
  const note = (line: string): void => {
    // A line is a slice of its chunk and would keep all of it in memory.
    if (logs.length < 1_000) logs.push(Buffer.from(line).toString());
  };
  const log = pino({ level: 'debug' }, { write: note });
  const spec: ChildSpec = {
    name: 'fixture',
    command,
    cwd: options.cwd ?? fixtures,
    env: { PATH: process.env['PATH'] ?? '' },
    ...(options.mayFinish === undefined ? {} : { mayFinish: options.mayFinish }),
  };
  const supervisor = new Supervisor(spec, {
    spawn: childSpawner({
      maxLineLength: scaledPolicy().maxLineLength,
      killAfterMs: policy.killAfterMs,
      log,
      passLog: note,
      watchdog: options.watchdog ?? true,
    }),
    clock,
    random: systemRandom,
    setAlarm: eventLoopAlarm(clock),
    policy,
    log,
    recordDeath: (death) => deaths.push(death),
    onLine: (line, generation) => {
      lineCount += 1;
      options.onLine?.(line);
      hear(supervisor, line, generation);
    },
    onChildStarted: (generation) => {
      started.push(generation);
      const { pid } = supervisor.report();
      if (pid !== null) pids.add(pid);
    },
    onChildReadsAgain: () => options.onReadsAgain?.(),
    onChildEnded: (_generation, death) => ended.push(death),
    onStateChange: () => {},
  });
  return { supervisor, deaths, ended, started, pids, logs, lines: () => lineCount };
}

function hear(supervisor: Supervisor, line: string, generation: number): void {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return;
  }
  if (typeof event !== 'object' || event === null || !('type' in event)) return;
  supervisor.heard(generation);
  const status = 'status' in event ? event.status : undefined;
  if (status === 'ready' || status === 'connected') supervisor.announcedReady(generation);
}
