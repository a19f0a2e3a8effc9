/**
 * Not outliving whoever started us for its own sake: the demo, which may be killed before it can stop us.
 *
 * It names itself in TOWLINE_PARENT_PID, as we do to our child. A runner that somebody starts for its own sake (a terminal,
 * systemd) is not given that variable and outlives its starter.
 */
import type { Logger } from '../../shared/io/log.ts';

/** As often as a connector looks for its parent. */
const LOOK_EVERY_MS = 1_000;

/** Stops us in order, as SIGTERM does, once the process of this id is gone. Does nothing without an id. */
export function stopWithStarter(starter: string | undefined, log: Logger): void {
  if (!starter) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent && !isGone(Number(starter))) return;
    clearInterval(timer);
    log.warn({ event: 'starter_gone', starter }, 'the program that started us is gone: stopping');
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_EVERY_MS);
  timer.unref();
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
