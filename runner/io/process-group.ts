/**
 * Signals a process group, and finds out whether anything in it still lives.
 *
 * A member that died but was not reaped by its parent (a container whose process 1 is no init) still counts as a member for
 * kill(2), so on Linux /proc decides who is a zombie.
 */
import { readdir, readFile } from 'node:fs/promises';

/** Signals all members; 0 only asks whether there are any, zombies included. False when there are none. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** True while a member lives that is not a zombie. Where there is no /proc, zombies count as alive. */
export async function isGroupAlive(pid: number): Promise<boolean> {
  if (!signalGroup(pid, 0)) return false;
  let entries: readonly string[];
  try {
    entries = await readdir('/proc');
  } catch {
    return true;
  }
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue;
    const { state, group } = await readState(entry);
    if (group === pid && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}

/** State and process group from /proc/PID/stat; its second field, the name, may contain blanks and brackets. */
async function readState(pid: string): Promise<{ readonly state: string; readonly group: number }> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, group: Number(group) };
  } catch {
    return { state: 'X', group: 0 };
  }
}
