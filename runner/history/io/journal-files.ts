/**
 * The files of recorded trades: lines are added to a day's file in one write, then the file is made durable, and only then is claimed what
 * is complete of it. Synchronous: it runs in a thread of its own (journal-worker.ts).
 *
 * A disk may need a millisecond and more to confirm a file, and there may be hundreds of them. So that lines of all are added at least
 * once a second, each batch confirms only as many files as fit into its time, those first that have waited for longest; what is said of
 * the others waits for a later batch.
 *
 * One file is open at a time, however many there are. Each file is looked at before it is first written to: a run that was killed
 * may have left a last line without its end, which is cut off. A write that fails leaves the file as it was. Claims are not made durable:
 * a power failure may cost the newest of them, but none goes ahead of its trades.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DAY_MS, utcDateOf } from '../../../shared/day-totals.ts';
import {
  missedLine,
  recordingFolder,
  spanLine,
  spansFileOf,
  tradesFileOf,
} from '../../../shared/recording-files.ts';
import { column, flag, journalLine, ROW } from '../journal-rows.ts';
import type { JournalBatch, JournalWritten } from '../messages.ts';
import { endOfLastLine, endsWith, isMissing, makeDurable } from './journal-disk.ts';
import { keepWithin, positionsOf } from './journal-folder.ts';
import { idsAmong } from './recorded-ids.ts';

/** Files whose end is known; of more all are looked at anew. */
const MAX_KNOWN = 10_000;
/** So long files are made durable in each batch; at least one is. */
const DURABLE_WITHIN_MS = 300;

/** Rows of one instrument and day, in their order. */
type Group = {
  readonly place: number;
  readonly folder: string;
  readonly file: string;
  readonly rows: number[];
  /** Ids of late ones: an earlier run may have recorded them. */
  readonly late: Set<string>;
  lateFrom: number;
};

export class JournalFiles {
  readonly #root: string;
  /** Size of a file as we left it. */
  readonly #sizes = new Map<string, number>();
  /** By instrument: the last batch of which something failed. */
  readonly #failedIn = new Map<string, number>();
  #torn = 0;
  readonly #durableWithinMs: number;
  /** Files with lines that may not be durable yet, and whose they are; those that have waited for longest first. */
  readonly #soft = new Map<string, string>();
  /** Folders in which there are new names since they were last made durable. */
  readonly #newNames = new Set<string>();

  /** `root`: the folder of all recordings. */
  constructor(root: string, durableWithinMs = DURABLE_WITHIN_MS) {
    this.#root = root;
    this.#durableWithinMs = durableWithinMs;
  }

  write(batch: JournalBatch): JournalWritten {
    this.#torn = 0;
    if (this.#sizes.size > MAX_KNOWN) this.#sizes.clear();
    const failed = new Set<number>();
    const problems: string[] = [];
    const attempt = (places: Iterable<number>, work: () => void): void => {
      try {
        work();
      } catch (error) {
        for (const place of places) failed.add(place);
        problems.push(error instanceof Error ? error.message : String(error));
      }
    };
    const groups = this.#groupsOf(batch);
    const sums = { bytes: 0, doubles: 0 };
    for (const group of groups) attempt([group.place], () => this.#writeRows(batch, group, sums));
    attempt([], () => this.#makeDurable(batch.isLast ? Number.POSITIVE_INFINITY : this.#durableWithinMs));
    const lost = [...failed];
    for (const place of lost) this.#failedIn.set(this.#folderOf(batch, place), batch.number);
    const unclaimed = this.#writeClaims(batch, failed, sums, attempt);
    const { keep, isCut, environment } = batch;
    return {
      ...sums,
      torn: this.#torn,
      failed: lost,
      unclaimed,
      message: problems[0] ?? null,
      kept: keep === null ? null : keepWithin(this.#root, keep),
      positions: isCut ? positionsOf(this.#root, environment) : [],
    };
  }

  #folderOf({ environment, instruments }: JournalBatch, place: number): string {
    const instrument = instruments[place];
    if (instrument === undefined) throw new Error(`a batch names no instrument ${place}`);
    return recordingFolder(this.#root, { environment, ...instrument });
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
    const file = path.join(folder, tradesFileOf(utcDateOf(day * DAY_MS)));
    return { place, folder, file, rows: [], late: new Set(), lateFrom: Number.POSITIVE_INFINITY };
  }

  #writeRows({ rows }: JournalBatch, group: Group, sums: { bytes: number; doubles: number }): void {
    const known = group.late.size === 0 ? undefined : idsAmong(group.file, group.late, group.lateFrom);
    let text = '';
    let doubles = 0;
    for (const row of group.rows) {
      if (known?.has(rows.ids[row] ?? '') === true) doubles += 1;
      else text += journalLine(rows, row);
    }
    if (text !== '') this.#soft.set(group.file, group.folder);
    sums.bytes += this.#append(group.file, text);
    sums.doubles += doubles;
  }

  /** Answers the places whose claims were not written. */
  #writeClaims(
    batch: JournalBatch,
    failed: Set<number>,
    sums: { bytes: number },
    attempt: (places: Iterable<number>, work: () => void) => void,
  ): readonly number[] {
    const soft = new Set(this.#soft.values());
    const texts = new Map<string, { readonly place: number; text: string }>();
    const unclaimed = new Set<number>();
    for (const { place, from: begin, to, isMissed, after } of batch.claims) {
      const folder = this.#folderOf(batch, place);
      // The recorder did not know yet of what failed: these claims may rest on it. What was wrong is taken back in any case.
      const isRefused = failed.has(place) || (this.#failedIn.get(folder) ?? 0) > batch.known;
      if (!isMissed && (isRefused || soft.has(folder))) {
        unclaimed.add(place);
        continue;
      }
      const isWhole = after !== undefined && endsWith(folder, begin - 1, after);
      for (let start = isWhole ? begin - 1 : begin; start < to; ) {
        const end = Math.min(to, (Math.floor(start / DAY_MS) + 1) * DAY_MS);
        const file = path.join(folder, spansFileOf(utcDateOf(start)));
        const line = isMissed ? missedLine({ from: start, to: end }) : spanLine({ from: start, to: end });
        const known = texts.get(file);
        if (known === undefined) texts.set(file, { place, text: line });
        else known.text += line;
        start = end;
      }
    }
    for (const [file, { place, text }] of texts) {
      const before = failed.size;
      const isAlready = failed.has(place);
      attempt([place], () => {
        sums.bytes += this.#append(file, text);
      });
      if (isAlready || failed.size > before) unclaimed.add(place);
    }
    return [...unclaimed];
  }

  /** New names first: there are few, and a file without its name is lost. What cannot be confirmed is tried again with the next batch. */
  #makeDurable(withinMs: number): void {
    for (const folder of this.#newNames) {
      makeDurable(folder);
      this.#newNames.delete(folder);
    }
    const until = performance.now() + withinMs;
    for (const file of this.#soft.keys()) {
      makeDurable(file);
      this.#soft.delete(file);
      if (performance.now() >= until) return;
    }
  }

  /** Answers how many bytes were added. */
  #append(file: string, text: string): number {
    if (text === '') return 0;
    const data = Buffer.from(text);
    const fd = this.#open(file);
    try {
      const size = this.#trueSize(fd, file);
      try {
        for (let at = 0; at < data.length; ) at += writeSync(fd, data, at, data.length - at, size + at);
      } catch (error) {
        // Where that fails too, the next look at the file's end finds the part of a line.
        this.#sizes.delete(file);
        ftruncateSync(fd, size);
        throw error;
      }
      this.#sizes.set(file, size + data.length);
      return data.length;
    } finally {
      closeSync(fd);
    }
  }

  #open(file: string): number {
    try {
      return openSync(file, 'r+');
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    mkdirSync(path.dirname(file), { recursive: true });
    const fd = openSync(file, 'wx+');
    // A new name is durable once its folder is; so are the names of new folders.
    for (let folder = path.dirname(file); folder.length >= this.#root.length; folder = path.dirname(folder))
      this.#newNames.add(folder);
    return fd;
  }

  /** The size up to the end of the last whole line; what is behind it is cut off. Where it has grown or shrunk otherwise, it is looked at. */
  #trueSize(fd: number, file: string): number {
    const { size } = fstatSync(fd);
    if (size === (this.#sizes.get(file) ?? 0)) return size;
    const end = endOfLastLine(fd, size);
    if (end === size) return size;
    ftruncateSync(fd, end);
    this.#torn += 1;
    return end;
  }
}
