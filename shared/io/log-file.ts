/**
 * The optional log file: a copy of what goes to stderr, rotated by day and size, that never costs more than itself.
 *
 * It is written in the background from a bounded queue. When it cannot be written any more (a full disk), that is told once,
 * its lines are given up (stderr has them), and it is tried again once a minute. Not a rotating library: the one for pino
 * forgets the files of earlier lives, ends the process when the disk is full, and its writer waits for ever for room when
 * it is flushed at exit.
 */
import { close, mkdirSync, openSync, readdirSync, statSync, unlinkSync, write, writeSync } from 'node:fs';
import path from 'node:path';
import { fail, ok, type Result } from '../errors.ts';
import { type LogFileName, logFileName, logFilesAmong } from '../log-file-names.ts';
import { retention } from '../policy.ts';
import type { Millis, UnixMs } from '../time.ts';

export type LogFileLimits = {
  /** A file that has reached this is followed by the next. */
  readonly maxBytes: number;
  /** Files that are kept, the current one included, over all restarts. */
  readonly kept: number;
  /** Files of days longer ago than this are removed, at the end of each day and at the start. */
  readonly ageMs: Millis;
  /** Characters that may wait for the disk; lines beyond are given up. */
  readonly maxWaiting: number;
  readonly retryAfterMs: number;
};

export const logFileLimits: LogFileLimits = {
  maxBytes: retention.logs.bytes / retention.logs.files,
  kept: retention.logs.files,
  ageMs: retention.logs.ageMs,
  maxWaiting: 8 * 1024 * 1024,
  retryAfterMs: 60_000,
};

export type LogFilePorts = {
  readonly nowMs: () => UnixMs;
  /** Why nothing may be written although it could be, in words; null while it may. Asked for each line. */
  readonly refusal?: () => string | null;
  /** Told once when lines are given up, until it works again. */
  readonly onTrouble: (reason: string) => void;
  /** It works again; so many lines are not in it. */
  readonly onRecovered: (lost: number) => void;
};

/** The log file of this path: its folder is made, its file opened. What is wrong with the path is the failure. */
export function openLogFile(file: string, ports: LogFilePorts, limits = logFileLimits): Result<LogFile> {
  try {
    makeFolder(path.dirname(file));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error('it is a folder');
    return ok(new LogFile(file, ports, limits));
  } catch (error) {
    const words = `LOG_FILENAME: the log file ${file} cannot be written: ${reasonOf(error)}.`;
    return fail(
      'config_invalid',
      `${words} Name a file in a folder that this user may write to, or remove it.`,
    );
  }
}

type OpenFile = { readonly fd: number; readonly name: LogFileName; size: number };

export class LogFile {
  readonly #folder: string;
  readonly #base: string;
  readonly #ports: LogFilePorts;
  readonly #limits: LogFileLimits;
  #current: OpenFile | undefined;
  #waiting: string[] = [];
  #waitingLength = 0;
  #isWriting = false;
  /** While it cannot be written: when to try again, and what was given up. */
  #trouble: { retryAt: number; lost: number } | undefined;

  /** Throws when the file cannot be opened. */
  constructor(file: string, ports: LogFilePorts, limits: LogFileLimits) {
    this.#folder = path.dirname(file);
    this.#base = path.basename(file);
    this.#ports = ports;
    this.#limits = limits;
    this.#current = this.#open();
  }

  /** Takes one line with its end. Never throws, never waits. */
  write(line: string): void {
    if (this.#trouble !== undefined && this.#ports.nowMs() < this.#trouble.retryAt) {
      this.#trouble.lost += 1;
      return;
    }
    const refusal = this.#ports.refusal?.() ?? null;
    if (refusal !== null) return this.#giveUp(refusal, 1);
    if (this.#waitingLength + line.length > this.#limits.maxWaiting) {
      this.#giveUp('the disk is too slow', 1);
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    if (!this.#isWriting) this.#writeNext();
  }

  /** Lines given up since it could not be written any more; 0 when all is well. */
  get lost(): number {
    return this.#trouble?.lost ?? 0;
  }

  /** Writes what waits, at once; for the end of the process, which also closes the file. */
  flush(): void {
    const text = this.#takeWaiting().join('');
    if (text === '' || this.#current === undefined) return;
    try {
      writeSync(this.#current.fd, text);
    } catch {
      // Nobody can be told any more; stderr has these lines.
    }
  }

  #writeNext(): void {
    let current: OpenFile;
    try {
      current = this.#fileForNow();
    } catch (error) {
      return this.#giveUp(reasonOf(error), this.#takeWaiting().length);
    }
    const lines = this.#takeWaiting();
    // The last line before the trouble may be a torn one.
    const bytes = Buffer.from((this.#trouble === undefined ? '' : '\n') + lines.join(''));
    this.#isWriting = true;
    write(current.fd, bytes, 0, bytes.length, null, (error, written) => {
      this.#isWriting = false;
      if (error !== null || written < bytes.length) {
        this.#closeCurrent();
        const lost = lines.length + this.#takeWaiting().length;
        return this.#giveUp(error === null ? 'the disk is full' : reasonOf(error), lost);
      }
      current.size += written;
      this.#recovered();
      if (this.#waiting.length > 0 && !this.#isWriting) this.#writeNext();
    });
  }

  #takeWaiting(): readonly string[] {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    return lines;
  }

  #closeCurrent(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) close(current.fd, () => undefined);
  }

  /** The open file, or its successor when the day is over or it is full. */
  #fileForNow(): OpenFile {
    const current = this.#current;
    if (current !== undefined && current.name.day === this.#today() && current.size < this.#limits.maxBytes)
      return current;
    this.#closeCurrent();
    this.#current = this.#open();
    return this.#current;
  }

  /** Goes on with the newest file of today while it has room, and removes the oldest ones. */
  #open(): OpenFile {
    const day = this.#today();
    const known = logFilesAmong(this.#base, readdirSync(this.#folder));
    const newest = known.findLast((file) => file.day === day);
    const sizeOfNewest = newest === undefined ? 0 : sizeOf(path.join(this.#folder, newest.name));
    const isFull = sizeOfNewest >= this.#limits.maxBytes;
    const name =
      newest === undefined || isFull ? logFileName(this.#base, day, (newest?.number ?? 0) + 1) : newest;
    const fd = openSync(path.join(this.#folder, name.name), 'a');
    const others = known.filter((file) => file.name !== name.name);
    const tooMany = Math.max(0, others.length + 1 - this.#limits.kept);
    const firstDay = this.#dayOf(this.#ports.nowMs() - this.#limits.ageMs);
    for (const file of others.filter(({ day }, index) => index < tooMany || day < firstDay)) {
      remove(path.join(this.#folder, file.name));
    }
    return { fd, name, size: isFull ? 0 : sizeOfNewest };
  }

  #giveUp(reason: string, lines: number): void {
    const isNew = this.#trouble === undefined;
    const lost = (this.#trouble?.lost ?? 0) + lines;
    this.#trouble = { retryAt: this.#ports.nowMs() + this.#limits.retryAfterMs, lost };
    if (isNew) this.#ports.onTrouble(reason);
  }

  #recovered(): void {
    const trouble = this.#trouble;
    this.#trouble = undefined;
    if (trouble !== undefined) this.#ports.onRecovered(trouble.lost);
  }

  #today(): string {
    return this.#dayOf(this.#ports.nowMs());
  }

  #dayOf(ms: number): string {
    return new Date(ms).toISOString().slice(0, 10);
  }
}

/** One folder after the other: Node's own recursive way never comes back below /proc. */
function makeFolder(folder: string): void {
  const parent = path.dirname(folder);
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined || parent === folder) return;
  makeFolder(parent);
  mkdirSync(folder);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** A file that cannot be removed is no reason to stop writing. */
function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It is tried again at the next rotation.
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
