/**
 * Finds the moment at which nothing of a child is left: its leader has exited, its output was read to the end, its process
 * group is empty.
 *
 * Node may report the exit before the last lines were read, and a leader (a shell, npm) may die before the program it had
 * started. What is left of the group after its leader is asked to stop, later killed; a descendant that left the group but
 * keeps our pipe open cannot hold us up for ever either: our end of it is closed.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../../shared/time.ts';
import { isGroupAlive, signalGroup } from './process-group.ts';

/** A group that outlives its leader is looked at soon, then less and less often. */
const FIRST_LOOK_MS = 10;
const LOOK_EVERY_MS = 250;

export type Exit = { readonly code: number | null; readonly signal: string | null };
export type EndWatch = {
  /** To be called when stdout was read to its end. */
  readonly outputEnded: () => void;
  readonly isLeaderAlive: () => boolean;
  /** True when `onEnd` was called: the process id may belong to somebody else from now on. */
  readonly isOver: () => boolean;
};

/** Calls `onEnd` once, with how the leader ended. */
export function awaitEnd(
  child: ChildProcess,
  pid: number,
  killAfterMs: Millis,
  onEnd: (exit: Exit) => void,
): EndWatch {
  let exit: Exit | undefined;
  let groupEmpty = false;
  let outputEnded = false;
  let over = false;
  const finishWhenGone = (): void => {
    if (over || exit === undefined || !outputEnded || !groupEmpty) return;
    over = true;
    onEnd(exit);
  };
  const closeOutput = (): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  child.once('exit', (code, signal) => {
    exit = { code, signal };
    void emptyGroup(pid, killAfterMs).then(() => {
      groupEmpty = true;
      finishWhenGone();
      if (!over) setTimeout(closeOutput, killAfterMs).unref();
    });
  });
  return {
    outputEnded: () => {
      outputEnded = true;
      finishWhenGone();
    },
    isLeaderAlive: () => exit === undefined,
    isOver: () => over,
  };
}

/** Ends what is left of a group: SIGTERM at once, SIGKILL after `killAfterMs`. Resolves when nothing lives in it. */
async function emptyGroup(pid: number, killAfterMs: Millis): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  const killAt = performance.now() + killAfterMs;
  for (let wait = FIRST_LOOK_MS; await isGroupAlive(pid); wait = Math.min(wait * 2, LOOK_EVERY_MS)) {
    const rest = killAt - performance.now();
    if (rest <= 0) signalGroup(pid, 'SIGKILL');
    await delay(rest > 0 ? Math.min(wait, rest) : FIRST_LOOK_MS);
  }
}
