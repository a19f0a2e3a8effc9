/**
 * Is a downloaded file whole? Its length, its digest, and every byte of the compressed stream up to the checksum at its end.
 *
 * The database cannot tell: it takes a stream that is cut off for one that ends there, and does not look at the checksum.
 * So Node's zlib decompresses the file (a thread of its own, 0.8 s of processor time for two million rows), for the database too where
 * there are pipes.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { StoreError } from '../store/failures.ts';
import type { FileFacts } from '../store/trust.ts';

/** What was announced of the file: Content-Length and a checksum, where there are such. */
export type Announced = { readonly bytes?: number | undefined; readonly sha256?: string | undefined };

const PART = 1 << 18;
/** A pipe takes less time for few large parts. */
const TEXT_PART = 1 << 20;
/** So far decompressing may be ahead of who takes the text: neither waits for each part of the other's. */
const TEXT_WAITING = 4 * TEXT_PART;
/** No first line is longer. */
const HEADER_MAX = 4_096;

/** The first line of the uncompressed file; at most 4 KiB of it. Throws when the file is not compressed, or empty. */
export async function readFirstLine(file: string): Promise<string> {
  await requireGzip(file);
  const source = createReadStream(file, { highWaterMark: PART });
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  let text = '';
  try {
    for await (const part of source.pipe(gunzip)) {
      text += String(part);
      if (text.includes('\n') || text.length > HEADER_MAX) break;
    }
  } catch (error) {
    throw damaged(file, error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
  if (text.trim() === '')
    throw new StoreError('file_empty', `${file} holds nothing: the exchange has not filled it yet`);
  return (text.split('\n')[0] ?? '').slice(0, HEADER_MAX);
}

async function requireGzip(file: string): Promise<void> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new StoreError(
      'read_failed',
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  try {
    const head = Buffer.alloc(80);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    if (bytesRead >= 2 && head[0] === 0x1f && head[1] === 0x8b) return;
    const begin =
      bytesRead === 0 ? 'is empty' : `begins with ${JSON.stringify(head.toString('latin1', 0, bytesRead))}`;
    throw new StoreError(
      'not_gzip',
      `${file} is no gzip file: it ${begin}. Something on the way answered instead of the archive`,
    );
  } finally {
    await handle.close();
  }
}

/** Takes a part of the text; waited for. */
export type TakeText = (part: Uint8Array) => Promise<void>;

/** Reads the file to its end and hands on its text. Throws what is wrong; answers what it is. */
export async function checkWhole(file: string, announced: Announced, take?: TakeText): Promise<FileFacts> {
  const hash = createHash('sha256');
  let bytes = 0;
  const tap = new Transform({
    transform(part: Buffer, _encoding, done: TransformCallback) {
      hash.update(part);
      bytes += part.length;
      done(null, part);
    },
  });
  const onwards = new Writable({
    highWaterMark: TEXT_WAITING,
    write: (part: Buffer, _encoding, done) => {
      if (take === undefined) done();
      else take(part).then(() => done(), done);
    },
  });
  let broken: unknown;
  try {
    await pipeline(
      createReadStream(file, { highWaterMark: PART }),
      tap,
      createGunzip({ chunkSize: TEXT_PART }),
      onwards,
    );
  } catch (error) {
    if (!isZlibError(error)) throw error;
    broken = error;
    // The rest is read for the sake of the length: a short file says so rather than "damaged".
  }
  if (broken !== undefined) ({ bytes } = await open(file, 'r').then(sizeOf));
  if (announced.bytes !== undefined && bytes !== announced.bytes)
    throw new StoreError(
      'download_incomplete',
      `${file} has ${bytes} bytes, ${announced.bytes} were announced: the download broke off. Fetch it again`,
    );
  if (broken !== undefined) throw damaged(file, broken);
  const sha256 = hash.digest('hex');
  if (announced.sha256 !== undefined && sha256 !== announced.sha256.toLowerCase())
    throw new StoreError(
      'checksum_wrong',
      `${file} has the SHA-256 ${sha256}, ${announced.sha256} was announced: it is another file, or was changed on the way. Fetch it again`,
    );
  return { bytes, sha256 };
}

async function sizeOf(handle: Awaited<ReturnType<typeof open>>): Promise<{ readonly bytes: number }> {
  try {
    return { bytes: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^Z_/.test(String(error.code));
}

function damaged(file: string, error: unknown): unknown {
  if (!isZlibError(error)) return error;
  const why = error instanceof Error ? error.message : '';
  return new StoreError('gzip_damaged', `${file} is cut off or damaged (${why}). Fetch it again`);
}
