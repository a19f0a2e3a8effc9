/**
 * Is there room on the disk? Below MIN_FREE_DISK_MB nothing is written that can be spared (dumps, recordings, the log's file), so
 * that the ledger and everybody else on this machine can go on.
 *
 * Looking is input and output, and a disk can hang: it is done beside, at most every few seconds, and the answer that is there is
 * the one that counts. It must be a little more than enough again before the answer is yes, so that it does not flap.
 */
import { existsSync, statfsSync } from 'node:fs';
import { statfs as statfsOf } from 'node:fs/promises';
import path from 'node:path';
import type { Millis, MonoMs } from '../time.ts';
import { isMissing } from './missing.ts';

/** Room again: so much more than the limit. */
const ROOM_AGAIN = 1.05;

/** Of a file system: bytes of a block, and blocks that an ordinary user may take. */
export type ReadStatfs = (folder: string) => Promise<{ readonly bsize: number; readonly bavail: number }>;

export type FreeDiskOptions = {
  /** Any folder of the file system; it need not exist yet. */
  readonly folder: string;
  /** 0: there is always room. */
  readonly minBytes: number;
  readonly everyMs: Millis;
  readonly monoMs: () => MonoMs;
  readonly statfs?: ReadStatfs;
  /** Called when there is no room any more, and when there is again. */
  readonly onChange?: (isLow: boolean) => void;
};

export class FreeDisk {
  readonly #options: FreeDiskOptions;
  readonly #statfs: ReadStatfs;
  #nextLookAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #isLow = false;
  #freeBytes: number | null = null;

  constructor(options: FreeDiskOptions) {
    this.#options = options;
    this.#statfs = options.statfs ?? statfsOf;
  }

  /** Free bytes at the last look; null while unknown. */
  get freeBytes(): number | null {
    return this.#freeBytes;
  }

  /** Nothing that can be spared may be written. What is not known is no reason to write nothing. */
  get isLow(): boolean {
    return this.#isLow;
  }

  /** What is wrong, and what to do; null when nothing is. */
  fault(): string | null {
    if (!this.#isLow || this.#freeBytes === null) return null;
    const { folder, minBytes } = this.#options;
    return (
      `${megabytes(this.#freeBytes)} MB are free on the disk of ${folder}, less than MIN_FREE_DISK_MB=${megabytes(minBytes)}: ` +
      'no dumps, recordings and log files are written; make room (old recordings, other programs), then it goes on by itself'
    );
  }

  /** Looks when it is time to. Never waits, never throws. */
  tick(): void {
    if (this.#options.minBytes > 0 && this.#options.monoMs() >= this.#nextLookAt) void this.look();
  }

  /** Looks now. A look that is under way counts. */
  look(): Promise<void> {
    this.#nextLookAt = this.#options.monoMs() + this.#options.everyMs;
    this.#looking ??= this.#measure().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks and waits for it: only for a process that ends and does nothing else any more. */
  lookNow(): void {
    let { folder } = this.#options;
    while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
    try {
      const { bsize, bavail } = statfsSync(folder);
      this.#judge(bsize * bavail);
    } catch {
      // What was known last counts.
    }
  }

  async #measure(): Promise<void> {
    this.#judge(await this.#freeBytesOf(this.#options.folder));
  }

  #judge(freeBytes: number | null): void {
    const { minBytes, onChange } = this.#options;
    this.#freeBytes = freeBytes;
    const limit = this.#isLow ? minBytes * ROOM_AGAIN : minBytes;
    const isLow = this.#freeBytes !== null && this.#freeBytes < limit;
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    onChange?.(isLow);
  }

  /** Of the folder, or of the nearest one above it that is there. */
  async #freeBytesOf(folder: string): Promise<number | null> {
    try {
      const { bsize, bavail } = await this.#statfs(folder);
      return bsize * bavail;
    } catch (error) {
      const above = path.dirname(folder);
      return isMissing(error) && above !== folder ? this.#freeBytesOf(above) : null;
    }
  }
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / (1024 * 1024));
}
