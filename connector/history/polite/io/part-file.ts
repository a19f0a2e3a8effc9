/** A file that is here in part, with a note of what it is a part of. Survives the end of its program at any moment. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type ResumeNote, readNote, validatorOf } from '../downloads.ts';

/** The disk, not the network. */
export class FileTrouble extends Error {
  override readonly name = 'FileTrouble';
  readonly isFull: boolean;

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    this.isFull = code === 'ENOSPC' || code === 'EDQUOT';
  }
}

/** What touches the disk throws a FileTrouble. */
export class PartFile {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #note: ResumeNote | undefined;
  #bytes = 0;
  /** What stands there is the beginning of this very file. */
  #isOurs = false;

  constructor(file: string) {
    this.#file = file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of which version this is the beginning; undefined: of none that could be gone on with. */
  get note(): ResumeNote | undefined {
    return this.#note;
  }

  /** Looks what an earlier try has left of this URL, and reads it for the checksum. Anything else is begun anew. */
  async find(url: string): Promise<void> {
    const note = readNote(await readFile(this.#noteFile, 'utf8').catch(() => ''));
    const found = await stat(this.#file).catch(() => undefined);
    const size = found?.isFile() === true ? found.size : 0;
    const isUsable = note?.url === url && validatorOf(note) !== undefined && size <= (note.total ?? size);
    if (!isUsable || size === 0) return;
    await onDisk(async () => {
      for await (const chunk of createReadStream(this.#file)) {
        const bytes = chunk as Buffer;
        this.#hash.update(bytes);
        this.#bytes += bytes.length;
      }
    });
    this.#note = note;
    this.#isOurs = true;
  }

  /** Forgets what was there: the next byte is the first. */
  async begin(note: ResumeNote): Promise<void> {
    this.#bytes = 0;
    this.#hash = createHash('sha256');
    this.#note = validatorOf(note) === undefined ? undefined : note;
    await onDisk(async () => {
      await this.close();
      // The old note first: a new beginning under it would be taken for one of the old version.
      await rm(this.#noteFile, { force: true });
      this.#handle = await open(this.#file, 'w');
      this.#isOurs = true;
      if (this.#note !== undefined) await writeFile(this.#noteFile, JSON.stringify(this.#note));
    });
  }

  async append(bytes: Buffer): Promise<void> {
    await onDisk(async () => {
      this.#handle ??= await open(this.#file, 'a');
      await this.#handle.appendFile(bytes);
    });
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  /** It is whole: on the disk for good. Answers its checksum. */
  async finish(): Promise<string> {
    await onDisk(async () => {
      this.#handle ??= await open(this.#file, 'a');
      await this.#handle.sync();
      await this.close();
      await rm(this.#noteFile, { force: true });
    });
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** Closes it, and leaves it where a later try can go on; without that it is removed, unless it is none of ours. */
  async leave(keep: boolean): Promise<void> {
    await this.close().catch(() => undefined);
    if (!this.#isOurs || (keep && this.#note !== undefined)) return;
    await rm(this.#file, { force: true }).catch(() => undefined);
    await rm(this.#noteFile, { force: true }).catch(() => undefined);
  }

  get #noteFile(): string {
    return `${this.#file}.resume`;
  }
}

async function onDisk(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new FileTrouble(error);
  }
}
