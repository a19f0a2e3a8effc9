/**
 * The text of a compressed file on its way into the database, by a named pipe: so it is decompressed once, and what the database
 * reads is what was checked. That saves a tenth of the processor time of a day.
 *
 * The database holds one of the few threads of Node that do such work while it waits for text, and writing may hold another. They are
 * those of the process. So a process has one pipe at a time, of its main thread, and none where there is a single one of those threads:
 * who gets none reads the compressed file.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { removeQuietly } from './durable.ts';

const run = promisify(execFile);
/** It is made at once, or the machine is in no state to. */
const MAKING_MS = 5_000;
/** Lent for so long at a time: whoever comes to read meanwhile finds a writer, and then the end. */
const LENDING_MS = 100;

let isInUse = false;

/** Of libuv: four unless this says otherwise, and one where it says what is no number. */
function hasSecondThread(): boolean {
  const asked = process.env['UV_THREADPOOL_SIZE'];
  return asked === undefined || Number.parseInt(asked, 10) >= 2;
}

export class TextPipe {
  readonly path: string;
  /** Opens when the reader does. */
  readonly #writer: Promise<FileHandle>;
  #isLeft = false;
  #isRemoved = false;

  private constructor(path: string, openWriter: typeof open) {
    this.path = path;
    this.#writer = openWriter(path, constants.O_WRONLY);
    // Whoever writes next hears of it.
    this.#writer.catch(() => this.#lendWriter());
  }

  /**
   * The caller removes it. Undefined where there is none: on Windows, on some file systems, while this process has another.
   * `openWriter` may fail, as when there are no file handles left.
   */
  static async make(path: string, openWriter = open): Promise<TextPipe | undefined> {
    if (isInUse || !isMainThread || !hasSecondThread()) return undefined;
    isInUse = true;
    try {
      await run('mkfifo', ['-m', '600', path], { timeout: MAKING_MS });
      return new TextPipe(path, openWriter);
    } catch {
      await removeQuietly(path);
      isInUse = false;
      return undefined;
    }
  }

  /** The reader went before it had everything. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Waits for the reader when it is behind. What nobody reads any more is dropped. */
  async write(part: Uint8Array): Promise<void> {
    const writer = await this.#writer;
    for (let at = 0; at < part.length && !this.#isLeft; )
      try {
        at += (await writer.write(part, at)).bytesWritten;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
        this.#isLeft = true;
      }
  }

  /** That was all: the reader comes to its end. */
  async end(): Promise<void> {
    await (await this.#writer).close();
  }

  /** The reader is done, or failed before it opened: nobody waits for it any more. */
  async release(): Promise<void> {
    const reader = await open(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      await this.#writer;
    } finally {
      await reader.close();
    }
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    try {
      await this.release();
      await this.end();
    } finally {
      await removeQuietly(this.path);
      isInUse = false;
    }
  }

  /** The writer could not be opened: the reader would wait for one for ever. */
  async #lendWriter(): Promise<void> {
    while (!this.#isRemoved) {
      const lent = await open(this.path, constants.O_RDWR | constants.O_NONBLOCK).catch(() => undefined);
      await sleep(LENDING_MS);
      await lent?.close();
    }
  }
}
