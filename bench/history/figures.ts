/** What a measured program tells in its last line, and which minutes are asked for. */
import { readFileSync } from 'node:fs';
import { dayStart } from '../../shared/day-totals.ts';
import { DATE } from './archive.ts';

export type Figures = {
  readonly ms: number;
  readonly rows: number;
  /** The first query, which opens the file. */
  readonly firstMs?: number;
  /** Without a pause, of the thread that has the feed. */
  readonly longestMs?: number;
  readonly vwap?: number;
  readonly poc?: number;
};
export type Told = Figures & { readonly peakMb: number; readonly cpuMs: number };

export const MINUTE_QUERIES = 21;

/** Minutes all over the half day. */
export function minuteOf(query: number): { readonly from: number; readonly to: number } {
  const from = dayStart(DATE) + ((query * 37) % 720) * 60_000;
  return { from, to: from + 60_000 };
}

export function tell(figures: Figures): void {
  const { user, system } = process.cpuUsage();
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const told: Told = { ...figures, peakMb: Number(peak) / 1_024, cpuMs: (user + system) / 1_000 };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
