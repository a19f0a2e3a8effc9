/** How far a fetch of history is: days, bytes, rows, how fast, and how long it will take. Pure: the time is an argument. */
import type { Millis, MonoMs } from '../../../shared/time.ts';
import type { DownloadProgress } from '../polite/downloads.ts';
import type { DayKey } from '../store/paths.ts';
import type { DayStage } from './fulfil-day.ts';
import type { DayOutcome } from './outcome.ts';

export type Progress = {
  readonly days: number;
  readonly daysDone: number;
  /** That came over the line in this run. */
  readonly bytes: number;
  /** Of the days that are done. */
  readonly rows: number;
  readonly bytesPerSecond: number;
  readonly daysPerSecond: number;
  /** Undefined while nobody can know. */
  readonly etaMs: Millis | undefined;
  /** What is under way: `linear:BTCUSDT 2026-08-01 download`. */
  readonly now: readonly string[];
};

export class ProgressMeter {
  readonly #days: number;
  readonly #begun: MonoMs;
  readonly #underWay = new Map<
    string,
    { readonly stage: DayStage; readonly of: DownloadProgress | undefined }
  >();
  #done = 0;
  #rows = 0;

  constructor(days: number, now: MonoMs) {
    this.#days = days;
    this.#begun = now;
  }

  stage(key: DayKey, stage: DayStage, of?: DownloadProgress): void {
    this.#underWay.set(nameOf(key), { stage, of });
  }

  day(day: DayOutcome): void {
    this.#underWay.delete(nameOf(day));
    this.#done += 1;
    this.#rows += day.rows ?? 0;
  }

  /** @param bytes - that came over the line in this run */
  tell(now: MonoMs, bytes: number): Progress {
    const seconds = Math.max(0.001, (now - this.#begun) / 1_000);
    const under = [...this.#underWay.values()];
    const part = under.reduce((sum, { stage, of }) => sum + partOf(stage, of), 0);
    const reached = this.#done + part;
    const left = this.#days - reached;
    return {
      days: this.#days,
      daysDone: this.#done,
      bytes,
      rows: this.#rows,
      bytesPerSecond: bytes / seconds,
      daysPerSecond: this.#done / seconds,
      etaMs: reached <= 0 ? undefined : Math.round((left / reached) * seconds * 1_000),
      now: [...this.#underWay].map(([name, { stage }]) => `${name} ${stage}`),
    };
  }
}

/** A file takes about as long to come as to be converted. */
function partOf(stage: DayStage, of: DownloadProgress | undefined): number {
  if (stage === 'convert') return 0.5;
  return of?.total === undefined || of.total === 0 ? 0 : 0.5 * Math.min(1, of.bytes / of.total);
}

function nameOf({ category, symbol, date }: Pick<DayKey, 'category' | 'symbol' | 'date'>): string {
  return `${category}:${symbol} ${date}`;
}

/** `1.5 GB`, as people write it: powers of 1,000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1_000 && unit < units.length - 1) [value, unit] = [value / 1_000, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `1:05`, or `2:01:05` with hours; `-` when it is not known. */
export function durationText(ms: Millis | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return '-';
  const seconds = Math.round(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
