/**
 * Archive files that were asked for, compressed once and kept on disk.
 *
 * A day has up to millions of rows; its length and its tag must be known before the first byte is sent, as a static host
 * knows them. So it is written out once, piece by piece, and read from there. The files have no names: they are gone when the
 * process is, however it ends. When they fill more than a gigabyte, those asked for longest ago are made again when needed.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { DayFile } from '../archive/day-file.ts';
import { textOf } from '../archive/day-file.ts';

/** Bytes that are kept. */
const KEPT_MOST = 1024 * 1024 * 1024;
/** Effort of the compression; more is slower and hardly smaller, because ids are random. */
const LEVEL = 4;

/** A file that can be sent. Its bytes are on disk until it is forgotten and nobody reads it any more. */
export class StoredFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** The content's MD5 in hex, what object stores use as a tag. */
  readonly md5: string;
  private holders = 0;
  private isForgotten = false;

  constructor(handle: FileHandle, size: number, md5: string) {
    this.handle = handle;
    this.size = size;
    this.md5 = md5;
  }

  /** Somebody reads it. */
  hold(): void {
    this.holders += 1;
  }

  /** Somebody has read it. */
  async release(): Promise<void> {
    this.holders -= 1;
    await this.closeIfUnused();
  }

  /** It is not kept any longer. */
  async forget(): Promise<void> {
    this.isForgotten = true;
    await this.closeIfUnused();
  }

  private async closeIfUnused(): Promise<void> {
    if (this.isForgotten && this.holders === 0) await this.handle.close();
  }
}

/** The files by what is in them. */
export class ArchiveStore {
  private readonly files = new Map<string, Promise<StoredFile>>();
  private readonly kept = new Map<string, StoredFile>();
  private last: Promise<unknown> = Promise.resolve();

  /** The file, made when it is not there, held for the caller; rejects when the disk refuses. One is made at a time. */
  async hold(file: DayFile): Promise<StoredFile> {
    const { category, symbol } = file.feed.instrument;
    const key = `${category} ${symbol} ${file.day} ${file.defect ?? ''}`;
    const made = this.files.get(key) ?? this.make(file);
    this.files.set(key, made);
    try {
      const stored = await made;
      stored.hold();
      this.kept.delete(key);
      this.kept.set(key, stored);
      this.forgetOldest();
      return stored;
    } catch (error) {
      this.files.delete(key);
      throw error;
    }
  }

  /** Closes all files; those that are still being read, when they are not any more. */
  async close(): Promise<void> {
    await this.last;
    for (const stored of this.kept.values()) await stored.forget();
  }

  private make(file: DayFile): Promise<StoredFile> {
    const made = this.last.then(() => compress(file));
    this.last = made.catch(() => undefined);
    return made;
  }

  private forgetOldest(): void {
    let bytes = 0;
    for (const { size } of this.kept.values()) bytes += size;
    for (const [key, stored] of this.kept) {
      if (bytes <= KEPT_MOST || this.kept.size === 1) return;
      this.kept.delete(key);
      this.files.delete(key);
      bytes -= stored.size;
      void stored.forget();
    }
  }
}

/** Writes the compressed text into a file without a name. The same text gives the same bytes. */
async function compress(file: DayFile): Promise<StoredFile> {
  const name = path.join(tmpdir(), `towline-archive-${randomBytes(8).toString('hex')}`);
  const handle = await open(name, 'wx+', 0o600);
  try {
    await unlink(name);
    const hash = createHash('md5');
    let size = 0;
    await pipeline(textOf(file), createGzip({ level: LEVEL }), async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        hash.update(piece);
        await handle.write(piece, 0, piece.length, size);
        size += piece.length;
      }
    });
    return new StoredFile(handle, size, hash.digest('hex'));
  } catch (error) {
    await handle.close();
    throw error;
  }
}
