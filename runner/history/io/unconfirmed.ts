/**
 * Days of recordings that the disk has not confirmed: from time to time it is made to, and that is noted beside what was claimed
 * (shared/recording-files.ts). Until then claims outlive the process that made them, but no failure of the power.
 *
 * A disk may need a millisecond and more to confirm a file, and there may be hundreds of them: each is confirmed now and then, and each time
 * only as many as fit into the time, those first that have waited for longest. What was taken back goes first, as soon as it was written,
 * and nothing is noted above which that is not confirmed: a claim that counts for good must not lose the line which contradicts it.
 *
 * Where the disk fails to confirm trades they may be gone, and asking it again proves nothing: it reports what it has lost only once. So what
 * was claimed since the last confirmation is said to be lost.
 */
import path from 'node:path';
import { durableLine, lostLine, spansFileOf, tradesFileOf } from '../../../shared/recording-files.ts';
import type { Millis } from '../../../shared/time.ts';
import type { LineFiles } from './line-files.ts';

export type ConfirmOptions = {
  /** Of this machine; undefined where it is not known. */
  readonly boot: string | undefined;
  /** Of `recording` of shared/history-policy.ts. */
  readonly confirmEveryMs: Millis;
  readonly confirmWithinMs: Millis;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Makes what was written to a file durable, or the names in a folder. Throws when the disk does not confirm it. */
  readonly makeDurable: (file: string) => void;
};

/** Stands where no boot is known: no reader is in it, so what is written counts once it is confirmed. */
const UNKNOWN_BOOT = 'none';

type Day = {
  readonly name: string;
  readonly trades: string;
  readonly spans: string;
  readonly since: number;
  /** There is something to be noted as confirmed. */
  isClaimed: boolean;
};

export class Unconfirmed {
  /** What claims are marked with. */
  readonly boot: string;
  readonly #options: ConfirmOptions;
  readonly #everyMs: Millis;
  readonly #files: LineFiles;
  /** Those that have waited for longest first. */
  readonly #days = new Map<string, Day>();
  /** Files of spans in which something was taken back, and what is still to be added for that. */
  readonly #takenBack = new Map<string, string>();

  constructor(files: LineFiles, options: ConfirmOptions) {
    this.#files = files;
    this.#options = options;
    this.boot = options.boot ?? UNKNOWN_BOOT;
    this.#everyMs = options.boot === undefined ? 0 : options.confirmEveryMs;
  }

  get size(): number {
    return this.#days.size + this.#takenBack.size;
  }

  /** Trades were added to a day. */
  written(folder: string, date: string): void {
    this.#dayOf(folder, date);
  }

  /** Spans were added to a day, or (`isMissed`) also taken back. */
  claimed(folder: string, date: string, isMissed: boolean): void {
    const day = this.#dayOf(folder, date);
    day.isClaimed = true;
    if (isMissed && !this.#takenBack.has(day.spans)) this.#takenBack.set(day.spans, '');
  }

  /** Confirms what is due, or all. What the disk refuses is handed to `failed`, and tried again later. Answers bytes that were added. */
  confirm(isAll: boolean, failed: (error: unknown) => void): number {
    const start = this.#options.now();
    const until = isAll ? Number.POSITIVE_INFINITY : start + this.#options.confirmWithinMs;
    let bytes = this.#confirmTakenBack(until, failed);
    // A copy: what is refused goes to the end, so that it stands in nobody's way.
    for (const day of [...this.#days.values()]) {
      if (!isAll && start - day.since < this.#everyMs) break;
      if (this.#takenBack.has(day.spans)) continue;
      try {
        bytes += this.#confirmDay(day);
      } catch (error) {
        failed(error);
        bytes += this.#confirmTakenBack(until, failed);
      }
      if (this.#options.now() >= until) break;
    }
    return bytes;
  }

  /** Of one file at least. */
  #confirmTakenBack(until: number, failed: (error: unknown) => void): number {
    let bytes = 0;
    for (const [spans, text] of [...this.#takenBack]) {
      let left = text;
      this.#takenBack.delete(spans);
      try {
        bytes += this.#files.append(spans, text, false);
        left = '';
        this.#options.makeDurable(spans);
      } catch (error) {
        failed(error);
        this.#takenBack.set(spans, left);
      }
      if (this.#options.now() >= until) break;
    }
    return bytes;
  }

  #dayOf(folder: string, date: string): Day {
    const name = folder + date;
    const known = this.#days.get(name);
    if (known !== undefined) return known;
    const trades = path.join(folder, tradesFileOf(date));
    const spans = path.join(folder, spansFileOf(date));
    const day: Day = { name, trades, spans, since: this.#options.now(), isClaimed: false };
    this.#days.set(name, day);
    return day;
  }

  #confirmDay(day: Day): number {
    this.#days.delete(day.name);
    try {
      this.#confirmNames(day.trades);
      // Also where no trades were added: a run that was killed may have left some that the disk has not confirmed.
      this.#options.makeDurable(day.trades);
    } catch (error) {
      this.#takenBack.set(day.spans, lostLine(this.boot));
      throw error;
    }
    if (!day.isClaimed) return 0;
    try {
      this.#confirmFormer(day.spans);
      // A day that was removed meanwhile is not made anew.
      return this.#files.append(day.spans, durableLine(this.boot), false);
    } catch (error) {
      this.#days.set(day.name, { ...day, since: this.#options.now() });
      throw error;
    }
  }

  /** A run that was killed may have taken something back in it just before. */
  #confirmFormer(spans: string): void {
    if (!this.#files.former.has(spans)) return;
    this.#options.makeDurable(spans);
    this.#files.former.delete(spans);
  }

  /** A file without its name is lost. */
  #confirmNames(file: string): void {
    const { newNames } = this.#files;
    let child = file;
    for (let folder = path.dirname(file); folder !== child; folder = path.dirname(folder)) {
      child = folder;
      if (!newNames.has(folder)) continue;
      this.#options.makeDurable(folder);
      newNames.delete(folder);
    }
  }
}
