/**
 * Files to which whole lines are added. One is open at a time, however many there are: to keep 1,200 of them open would save 7 % of the
 * processor's time (measured). Each is looked at before it is first written to: a run that was killed may have left a last line without its
 * end, which is cut off. A write that fails leaves the file as it was.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { isMissing } from '../../../shared/io/missing.ts';
import { endOfLastLine } from './journal-disk.ts';

/** Files whose end is known; of more all are looked at anew. */
const MAX_KNOWN = 10_000;

export class LineFiles {
  readonly #root: string;
  /** Size of a file as we left it. */
  readonly #sizes = new Map<string, number>();
  /** Folders, from `root` on, in which there may be new names. Who makes them durable takes them out. */
  readonly newNames = new Set<string>();
  /** Last lines without their end that were cut off. */
  torn = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** Answers how many bytes were added. `isMade`: a file that is not there is made; otherwise nothing is added. */
  append(file: string, text: string, isMade = true): number {
    if (text === '') return 0;
    const fd = this.#open(file, isMade);
    if (fd === undefined) return 0;
    try {
      return this.#write(fd, file, Buffer.from(text));
    } finally {
      closeSync(fd);
    }
  }

  #write(fd: number, file: string, data: Uint8Array): number {
    const size = this.#trueSize(fd, file);
    try {
      for (let at = 0; at < data.length; ) at += writeSync(fd, data, at, data.length - at, size + at);
    } catch (error) {
      // Where that fails too, the next look at the file's end finds the part of a line.
      this.#sizes.delete(file);
      ftruncateSync(fd, size);
      throw error;
    }
    if (this.#sizes.size > MAX_KNOWN) this.#sizes.clear();
    this.#sizes.set(file, size + data.length);
    return data.length;
  }

  #open(file: string, isMade: boolean): number | undefined {
    try {
      return openSync(file, 'r+');
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    if (!isMade) return undefined;
    // Another one of that name may have been removed.
    this.#sizes.delete(file);
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, 'wx+');
  }

  /** A name is durable once its folder is; so are the names of new folders. That of a file that is there was perhaps made by a run that was killed. */
  #noteName(file: string): void {
    for (let folder = path.dirname(file); folder.length >= this.#root.length; folder = path.dirname(folder))
      this.newNames.add(folder);
  }

  /** The size up to the end of the last whole line; what is behind it is cut off. Where it has grown or shrunk otherwise, it is looked at. */
  #trueSize(fd: number, file: string): number {
    const { size } = fstatSync(fd);
    if (!this.#sizes.has(file)) this.#noteName(file);
    if (size === (this.#sizes.get(file) ?? 0)) return size;
    const end = endOfLastLine(fd, size);
    if (end === size) return size;
    ftruncateSync(fd, end);
    this.torn += 1;
    return end;
  }
}
