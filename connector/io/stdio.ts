/**
 * The connector's side of the line: events out on stdout, commands in on stdin, and the ways in which a parent disappears.
 *
 * A reader that goes away (`| head`) is an ordinary end, not an error. A supervised connector must not outlive its parent:
 * the end of stdin tells it, and when stdin is held open by somebody else, the parent's process id does.
 */
import { batchingLineWriter, type LineWriter, readCommands } from '../../shared/io/lines.ts';
import type { Millis } from '../../shared/time.ts';

export type StdioHandlers = {
  readonly onCommand: (value: unknown) => void;
  readonly onBadCommand: (reason: string) => void;
  /** The reader takes lines again. */
  readonly onDrain: () => void;
  /** Nobody reads us any more, or our parent is gone. */
  readonly onHangUp: (why: 'stdout closed' | 'stdin ended' | 'parent gone') => void;
};

export type StdioOptions = {
  readonly maxLineLength: number;
  readonly stopOnEof: boolean;
  readonly parentPid: number | undefined;
  readonly parentCheckEveryMs: Millis;
};

/** Time for whoever closes us to finish, for example to set the exit code. */
const EXIT_AFTER_MS = 50;

/** Opens both sides of the line. After `close` nothing of it keeps the process alive. */
export function openStdio(
  handlers: StdioHandlers,
  options: StdioOptions,
): LineWriter & { readonly close: () => void } {
  const writer = batchingLineWriter(process.stdout, handlers.onDrain);
  process.stdout.on('error', () => handlers.onHangUp('stdout closed'));
  process.stdout.on('close', () => handlers.onHangUp('stdout closed'));
  readCommands(process.stdin, options.maxLineLength, {
    onValue: handlers.onCommand,
    onBad: handlers.onBadCommand,
    onEnd: () => {
      if (options.stopOnEof) handlers.onHangUp('stdin ended');
    },
  });
  const firstParent = process.ppid;
  const timer = setInterval(() => {
    if (options.stopOnEof && (process.ppid !== firstParent || isGone(options.parentPid)))
      handlers.onHangUp('parent gone');
  }, options.parentCheckEveryMs);
  return {
    ...writer,
    close: () => {
      clearInterval(timer);
      process.stdin.destroy();
      // What a reader that does not read left in the pipe would keep this process alive for ever.
      if (writer.isBlocked()) setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
    },
  };
}

function isGone(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
