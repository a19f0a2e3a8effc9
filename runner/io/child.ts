/**
 * Spawns a child in a process group of its own and hands on what it says: lines, the end of its output, its end.
 *
 * Nothing a child does can hurt us: lines are bounded, stderr is always drained, a child that does not read its stdin fills
 * a bounded queue, and a failure to spawn is an ordinary end. Signals go to the whole group. When we are SIGKILLed our own
 * connectors stop by themselves (stdin ends, the parent changes: TOWLINE_PARENT_PID, TOWLINE_STOP_ON_EOF); a watchdog
 * ends those that do not (io/watchdog.ts).
 */
import { accessSync, constants, statSync } from 'node:fs';
import { execa } from 'execa';
import { readEventLines } from '../../shared/io/lines.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Millis } from '../../shared/time.ts';
import type { ChildCounts, ChildHandle, ChildHandlers, ChildSpec, SpawnChild } from '../supervisor/ports.ts';
import { awaitEnd } from './child-end.ts';
import { boundedCommands } from './child-input.ts';
import { drainStderr } from './child-log.ts';
import { signalGroup } from './process-group.ts';
import { watchOver } from './watchdog.ts';

export type ChildOptions = {
  /** In characters; longer lines are discarded and counted. */
  readonly maxLineLength: number;
  /** How long the rest of a group may live after its leader, and a group after us, until SIGKILL. */
  readonly killAfterMs: Millis;
  readonly log: Logger;
  /** Takes a JSON log line of a connector of ours, unchanged. */
  readonly passLog: (line: string) => void;
  /** Ends the group when we are SIGKILLed. Needs /bin/sh; costs one sleeping shell a child. */
  readonly watchdog: boolean;
};

type Subprocess = ReturnType<typeof run>;

/** The real `SpawnChild`. */
export function childSpawner(options: ChildOptions): SpawnChild<object> {
  return (spec, handlers) => {
    let subprocess: Subprocess;
    try {
      subprocess = run(spec);
    } catch (error) {
      return neverRan(handlers, Promise.resolve(spawnFailure(spec, error)));
    }
    const { pid } = subprocess;
    if (pid === undefined) {
      const why = subprocess.then((result) => spawnFailure(spec, result.cause ?? result));
      return neverRan(handlers, why);
    }
    return running(spec, subprocess, pid, handlers, options);
  };
}

function run(spec: ChildSpec) {
  const [program = '', ...args] = spec.command;
  return execa(program === 'node' ? process.execPath : program, args, {
    cwd: spec.cwd,
    // The spec's environment is the whole one: what is not in it (our secrets) must not be inherited.
    env: { ...spec.env, TOWLINE_PARENT_PID: String(process.pid), TOWLINE_STOP_ON_EOF: '1' },
    extendEnv: false,
    stdio: 'pipe',
    // execa's own buffering ends the child after 100 MB of output.
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  });
}

function running(
  spec: ChildSpec,
  subprocess: Subprocess,
  pid: number,
  handlers: ChildHandlers,
  options: ChildOptions,
): ChildHandle<object> {
  const { killAfterMs, log } = options;
  const watchdog = options.watchdog ? watchOver(pid, killAfterMs, log) : undefined;
  const end = awaitEnd(subprocess.nodeChildProcess, pid, killAfterMs, (exit) => {
    watchdog?.dismiss();
    handlers.onExited({ ...exit, spawnError: null });
  });
  const stdout = readEventLines(subprocess.stdout, options.maxLineLength, {
    onLine: handlers.onLine,
    onOrdinary: handlers.onOrdinary,
    onEnd: () => {
      handlers.onOutputEnded();
      end.outputEnded();
    },
  });
  const stderr = drainStderr(subprocess.stderr, { child: spec.name, child_pid: pid }, log, options.passLog);
  const commands = boundedCommands(subprocess.stdin, () => handlers.onReadsAgain?.());
  const signal = (name: NodeJS.Signals): void => {
    if (!end.isOver()) signalGroup(pid, name);
  };
  return {
    pid,
    isAlive: end.isLeaderAlive,
    send: commands,
    terminate: () => signal('SIGTERM'),
    kill: () => signal('SIGKILL'),
    counts: (): ChildCounts => ({
      lines: stdout.lines,
      tooLong: stdout.tooLong,
      halfLines: stdout.halfLines,
      stderrBytes: stderr.bytes,
    }),
  };
}

function neverRan(handlers: ChildHandlers, why: Promise<string>): ChildHandle<object> {
  void why.then((spawnError) => handlers.onExited({ code: null, signal: null, spawnError }));
  return {
    pid: null,
    isAlive: () => false,
    send: () => false,
    terminate: () => {},
    kill: () => {},
    counts: () => ({ lines: 0, tooLong: 0, halfLines: 0, stderrBytes: 0 }),
  };
}

/** Why the program could not be started, in plain words. The system says ENOENT for a missing folder as well. */
function spawnFailure(spec: ChildSpec, error: unknown): string {
  const program = spec.command[0] ?? '';
  if (program === '') return 'the connector cannot be started: its command is empty';
  if (!isFolder(spec.cwd))
    return `the connector cannot be started: there is no folder ${spec.cwd} to run it in`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' && program.includes('/') && isReadable(program))
    return `the connector cannot be started: the interpreter that ${program} names in its first line is missing`;
  if (code === 'ENOENT') return `the connector cannot be started: there is no program ${program}`;
  if (code === 'EACCES') return `the connector cannot be started: no permission to execute ${program}`;
  const message = error instanceof Error ? error.message : String(error);
  return `the connector cannot be started: ${message.split('\n', 1)[0] ?? ''}`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
