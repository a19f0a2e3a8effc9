/**
 * The files of recorded trades: lines are added to a day's file in one write, and then it is claimed what is complete of it. So both outlive
 * the death of the process; for how long a claim counts unless the disk confirms its trades is shared/recording-files.ts' matter, and
 * unconfirmed.ts sees to it that it does. Synchronous: it runs in a thread of its own (journal-worker.ts).
 */
import path from 'node:path';
import { DAY_MS, utcDateOf } from '../../../shared/day-totals.ts';
import {
  freshLine,
  missedLine,
  recordingFolder,
  spansFileOf,
  tradesFileOf,
} from '../../../shared/recording-files.ts';
import { column, flag, journalLine, ROW } from '../journal-rows.ts';
import type { JournalBatch, JournalWritten } from '../messages.ts';
import { endsWith, hasLost, makeDurable } from './journal-disk.ts';
import { keepWithin, positionsOf } from './journal-folder.ts';
import { LineFiles } from './line-files.ts';
import { idsAmong } from './recorded-ids.ts';
import { type ConfirmOptions, Unconfirmed } from './unconfirmed.ts';

export type JournalOptions = Omit<ConfirmOptions, 'now' | 'makeDurable'> &
  Partial<Pick<ConfirmOptions, 'now' | 'makeDurable'>>;

/** Days whose names are remembered. */
const MAX_DATES = 100;

/** Rows of one instrument and day, in their order. */
type Group = {
  readonly place: number;
  readonly folder: string;
  readonly date: string;
  readonly file: string;
  readonly rows: number[];
  /** Ids of late ones: an earlier run may have recorded them. */
  readonly late: Set<string>;
  lateFrom: number;
};

/** What is added to one file of spans. */
type NewClaims = {
  readonly place: number;
  readonly folder: string;
  readonly date: string;
  text: string;
  /** Of that, what takes back. */
  missed: string;
};

export class JournalFiles {
  readonly #root: string;
  readonly #boot: string | undefined;
  readonly #files: LineFiles;
  readonly #unconfirmed: Unconfirmed;
  /** By instrument: the last batch of which something failed. */
  readonly #failedIn = new Map<string, number>();
  /** Folders by place in the batch that is being written, and the last days that were named: there are hundreds of each twice a second. */
  #folders: (string | undefined)[] = [];
  readonly #dates = new Map<number, string>();

  /** `root`: the folder of all recordings. */
  constructor(root: string, options: JournalOptions) {
    this.#root = root;
    this.#boot = options.boot;
    this.#files = new LineFiles(root);
    this.#unconfirmed = new Unconfirmed(this.#files, {
      now: () => performance.now(),
      makeDurable,
      ...options,
    });
  }

  write(batch: JournalBatch): JournalWritten {
    this.#files.torn = 0;
    this.#folders = [];
    const failed = new Set<number>();
    const problems: string[] = [];
    const problem = (error: unknown): void => {
      problems.push(error instanceof Error ? error.message : String(error));
    };
    const attempt = (place: number, work: () => void): void => {
      try {
        work();
      } catch (error) {
        failed.add(place);
        problem(error);
      }
    };
    const groups = this.#groupsOf(batch);
    const sums = { bytes: 0, doubles: 0 };
    for (const group of groups) attempt(group.place, () => this.#writeRows(batch, group, sums));
    const lost = [...failed];
    for (const place of lost) this.#failedIn.set(this.#folderOf(batch, place), batch.number);
    const unclaimed = this.#writeClaims(batch, failed, sums, attempt);
    const { keep, isCut, isLast, environment } = batch;
    // The trades and claims of all are written by now: only what a failure of the power would cost waits for the disk.
    const isAll = isLast || (isCut && this.#boot === undefined);
    sums.bytes += this.#unconfirmed.confirm(isAll, problem);
    return {
      ...sums,
      torn: this.#files.torn,
      failed: lost,
      unclaimed,
      message: problems[0] ?? null,
      kept: keep === null ? null : keepWithin(this.#root, keep),
      positions: isCut ? positionsOf(this.#root, environment) : [],
      unconfirmed: this.#unconfirmed.size,
    };
  }

  #folderOf({ environment, instruments }: JournalBatch, place: number): string {
    const known = this.#folders[place];
    if (known !== undefined) return known;
    const instrument = instruments[place];
    if (instrument === undefined) throw new Error(`a batch names no instrument ${place}`);
    const folder = recordingFolder(this.#root, { environment, ...instrument });
    this.#folders[place] = folder;
    return folder;
  }

  /** `day`: whole days since 1970. */
  #dateOf(day: number): string {
    const known = this.#dates.get(day);
    if (known !== undefined) return known;
    if (this.#dates.size >= MAX_DATES) this.#dates.clear();
    const date = utcDateOf(day * DAY_MS);
    this.#dates.set(day, date);
    return date;
  }

  #groupsOf(batch: JournalBatch): readonly Group[] {
    const { numbers, ids } = batch.rows;
    const groups = new Map<string, Group>();
    let group: Group | undefined;
    let groupDay = Number.NaN;
    for (const [row, id] of ids.entries()) {
      const at = row * ROW;
      const place = numbers[at] ?? 0;
      const timestamp = numbers[at + column.timestamp] ?? 0;
      const day = Math.floor(timestamp / DAY_MS);
      if (group?.place !== place || groupDay !== day) {
        const key = `${place} ${day}`;
        group = groups.get(key) ?? this.#newGroup(batch, place, day);
        groupDay = day;
        groups.set(key, group);
      }
      group.rows.push(row);
      if (((numbers[at + column.flags] ?? 0) & flag.late) === 0) continue;
      group.late.add(id);
      group.lateFrom = Math.min(group.lateFrom, timestamp);
    }
    return [...groups.values()];
  }

  #newGroup(batch: JournalBatch, place: number, day: number): Group {
    const folder = this.#folderOf(batch, place);
    const date = this.#dateOf(day);
    const file = folder + path.sep + tradesFileOf(date);
    return { place, folder, date, file, rows: [], late: new Set(), lateFrom: Number.POSITIVE_INFINITY };
  }

  #writeRows({ rows }: JournalBatch, group: Group, sums: { bytes: number; doubles: number }): void {
    const known = this.#knownOf(group);
    let text = '';
    let doubles = 0;
    for (const row of group.rows) {
      if (known?.has(rows.ids[row] ?? '') === true) doubles += 1;
      else text += journalLine(rows, row);
    }
    sums.bytes += this.#files.append(group.file, text);
    if (text !== '') this.#unconfirmed.written(group.folder, group.date);
    sums.doubles += doubles;
  }

  /** What need not be written again. Where the disk has lost trades, what can be read is not proof that it is there. */
  #knownOf({ folder, date, file, late, lateFrom }: Group): ReadonlySet<string> | undefined {
    if (late.size === 0 || hasLost(folder + path.sep + spansFileOf(date))) return undefined;
    return idsAmong(file, late, lateFrom);
  }

  /** Answers the places whose claims were not written. */
  #writeClaims(
    batch: JournalBatch,
    failed: Set<number>,
    sums: { bytes: number },
    attempt: (place: number, work: () => void) => void,
  ): readonly number[] {
    const news = new Map<string, NewClaims>();
    const unclaimed = new Set<number>();
    for (const { place, from: begin, to, isMissed, after } of batch.claims) {
      const folder = this.#folderOf(batch, place);
      // The recorder did not know yet of what failed: these claims may rest on it. What was wrong is taken back in any case.
      const isRefused = failed.has(place) || (this.#failedIn.get(folder) ?? 0) > batch.known;
      if (!isMissed && isRefused) {
        unclaimed.add(place);
        continue;
      }
      const isWhole = after !== undefined && endsWith(folder, begin - 1, after, this.#boot);
      for (let start = isWhole ? begin - 1 : begin; start < to; ) {
        const day = Math.floor(start / DAY_MS);
        const end = Math.min(to, (day + 1) * DAY_MS);
        const date = this.#dateOf(day);
        const file = folder + path.sep + spansFileOf(date);
        const span = { from: start, to: end };
        // What takes back stands on a line of its own, even if a failure of the power makes zeros of what an earlier run left before it.
        const claims = news.get(file) ?? { place, folder, date, text: isMissed ? '\n' : '', missed: '' };
        const line = isMissed ? missedLine(span) : freshLine(span, this.#unconfirmed.tag);
        claims.text += line;
        if (isMissed) claims.missed += line;
        news.set(file, claims);
        start = end;
      }
    }
    for (const [file, { place, folder, date, text, missed }] of news) {
      const before = failed.size;
      const isAlready = failed.has(place);
      attempt(place, () => {
        sums.bytes += this.#files.append(file, text);
        this.#unconfirmed.claimed(folder, date, missed);
      });
      if (isAlready || failed.size > before) unclaimed.add(place);
    }
    return [...unclaimed];
  }
}
