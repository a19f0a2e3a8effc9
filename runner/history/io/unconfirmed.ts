/**
 * Days of recordings that the disk has not confirmed: from time to time it is made to, and that is noted beside what was claimed
 * (shared/recording-files.ts). Until then claims outlive the process that made them, but no failure of the power.
 *
 * A disk may need a millisecond and more to confirm a file, and there may be hundreds of them: each is confirmed now and then, and each time
 * only as many as fit into the time, those first that have waited for longest. What was taken back goes first, as soon as it was written,
 * and nothing is noted above which that is not confirmed: a claim that counts for good must not lose the line which contradicts it.
 *
 * Where the disk fails to confirm something it may be gone, and asking it again proves nothing: it reports what it has lost only once. So
 * what was claimed since the last confirmation is said to be lost, and what was taken back is written again. What a run knows of that dies
 * with it, so each confirms only what it has claimed itself.
 */
import path from 'node:path';
import { DAY_MS, dayStart } from '../../../shared/day-totals.ts';
import {
  durableLine,
  lostLine,
  missedLine,
  spansFileOf,
  tagOf,
  tradesFileOf,
} from '../../../shared/recording-files.ts';
import type { Millis } from '../../../shared/time.ts';
import type { LineFiles } from './line-files.ts';

export type ConfirmOptions = {
  /** Of this machine; undefined where it is not known. */
  readonly boot: string | undefined;
  /** Of this run of the recorder, lower-case letters and digits: random, so that no two have the same. */
  readonly run: string;
  /** Of `recording` of shared/history-policy.ts. */
  readonly confirmEveryMs: Millis;
  readonly confirmWithinMs: Millis;
  /** Monotonic, ms. */
  readonly now: () => number;
  /** Makes what was written to a file durable, or the names in a folder. Throws when the disk does not confirm it. */
  readonly makeDurable: (file: string) => void;
};

/** Of what is to be written again of one file, characters: beyond that the whole day is taken back. */
const MAX_TEXT = 16_384;

type Day = {
  readonly name: string;
  readonly trades: string;
  readonly spans: string;
  readonly date: string;
  readonly since: number;
  /** There is something to be noted as confirmed. */
  isClaimed: boolean;
};

/** What was taken back in a file of spans. */
type TakenBack = {
  text: string;
  /** The disk has not refused it since. */
  isWritten: boolean;
  /** By `now`: until then it is not tried again. */
  notBefore: number;
};

export class Unconfirmed {
  /** What claims are marked with. */
  readonly tag: string;
  readonly #options: ConfirmOptions;
  readonly #everyMs: Millis;
  readonly #files: LineFiles;
  /** Those that have waited for longest first. */
  readonly #days = new Map<string, Day>();
  /** By file of spans. */
  readonly #takenBack = new Map<string, TakenBack>();

  constructor(files: LineFiles, options: ConfirmOptions) {
    this.#files = files;
    this.#options = options;
    this.tag = tagOf(options.boot, options.run);
    this.#everyMs = options.boot === undefined ? 0 : options.confirmEveryMs;
  }

  get size(): number {
    return this.#days.size + this.#takenBack.size;
  }

  /** Trades were added to a day. */
  written(folder: string, date: string): void {
    this.#dayOf(folder, date);
  }

  /** Spans were added to a day; `missed`: the lines that also took some back. */
  claimed(folder: string, date: string, missed: string): void {
    const day = this.#dayOf(folder, date);
    day.isClaimed = true;
    if (missed !== '') this.#takeBack(day, missed, true);
  }

  /** Confirms what is due, or all. What the disk refuses is handed to `failed`, and tried again later. Answers bytes that were added. */
  confirm(isAll: boolean, failed: (error: unknown) => void): number {
    const start = this.#options.now();
    const until = isAll ? Number.POSITIVE_INFINITY : start + this.#options.confirmWithinMs;
    let bytes = this.#confirmTakenBack(isAll, until, failed);
    // A copy: what is refused goes to the end, so that it stands in nobody's way.
    for (const day of [...this.#days.values()]) {
      if (!isAll && start - day.since < this.#everyMs) break;
      if (this.#takenBack.has(day.spans)) continue;
      try {
        bytes += this.#confirmDay(day);
      } catch (error) {
        failed(error);
        // What was refused just now waits, also at the end.
        bytes += this.#confirmTakenBack(false, until, failed);
      }
      if (this.#options.now() >= until) break;
    }
    return bytes;
  }

  /** Of one file at least. */
  #confirmTakenBack(isAll: boolean, until: number, failed: (error: unknown) => void): number {
    let bytes = 0;
    const start = this.#options.now();
    for (const [spans, back] of [...this.#takenBack]) {
      if (!isAll && start < back.notBefore) continue;
      this.#takenBack.delete(spans);
      try {
        // On a line of its own, whatever becomes of what was refused before it.
        if (!back.isWritten) bytes += this.#files.append(spans, `\n${back.text}`, false);
        this.#options.makeDurable(spans);
      } catch (error) {
        failed(error);
        // All of it again, since nothing says what is left of it: that takes back no less.
        const notBefore = this.#options.now() + this.#options.confirmEveryMs;
        this.#takenBack.set(spans, { text: back.text, isWritten: false, notBefore });
      }
      if (this.#options.now() >= until) break;
    }
    return bytes;
  }

  #takeBack({ spans, date }: Day, more: string, isWritten: boolean): void {
    const known = this.#takenBack.get(spans);
    let text = (known?.text ?? '') + more;
    const from = dayStart(date);
    if (text.length > MAX_TEXT) text = missedLine({ from, to: from + DAY_MS }) + lostLine(this.tag);
    const isAll = isWritten && known?.isWritten !== false && text.length <= MAX_TEXT;
    // At once, also where the disk has refused what was taken back before.
    this.#takenBack.set(spans, { text, isWritten: isAll, notBefore: 0 });
  }

  #dayOf(folder: string, date: string): Day {
    const name = folder + date;
    const known = this.#days.get(name);
    if (known !== undefined) return known;
    const trades = path.join(folder, tradesFileOf(date));
    const spans = path.join(folder, spansFileOf(date));
    const day: Day = { name, trades, spans, date, since: this.#options.now(), isClaimed: false };
    this.#days.set(name, day);
    return day;
  }

  #confirmDay(day: Day): number {
    this.#days.delete(day.name);
    try {
      this.#confirmNames(day.trades);
      // Also where no trades were added: a claim may rest on those of the batch before, or of a run that was killed.
      this.#options.makeDurable(day.trades);
    } catch (error) {
      this.#takeBack(day, lostLine(this.tag), false);
      throw error;
    }
    if (!day.isClaimed) return 0;
    try {
      // A day that was removed meanwhile is not made anew.
      return this.#files.append(day.spans, durableLine(this.tag), false);
    } catch (error) {
      this.#days.set(day.name, { ...day, since: this.#options.now() });
      throw error;
    }
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
