/** Memory of a process as the kernel counts it. Linux only. */
import { readFileSync } from 'node:fs';

/** Resident memory in bytes; NaN when the process has ended. */
export function residentBytes(pid: number): number {
  return (
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1_024
  );
}
