/**
 * Dumps of the flight recorder: what it remembers, unpacked, made into the lines of a recording, freed of secrets, and packed into a
 * file. A dump of a whole market is some 80 MB of text: it is made a chunk at a time, with turns of the event loop in between.
 */
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  constants,
  createZstdCompress,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { chunkLines } from '../flight/chunk.ts';
import type { FlightRecorderOptions, KeptChunk } from '../flight/recorder.ts';

/** A chunk is packed in one go: each further piece of output would cost the main thread a turn. */
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 256 * 1024 };
const unpack = promisify(zstdDecompress);

/** Takes secrets out of a text. */
export type Censor = (text: string) => string;

/** In the pool of threads. */
export const packChunk: FlightRecorderOptions['pack'] = (bytes, done) => {
  zstdCompress(bytes, fast, (error, packed) => {
    done(error === null ? packed : undefined);
  });
};

/** The content of a dump file, packed. `head` is its first line. */
export function packedDump(
  head: string,
  chunks: readonly KeptChunk[],
  censor: Censor,
): AsyncIterable<Uint8Array> {
  const lines = Readable.from(dumpLines(head, chunks, censor));
  // What goes wrong ends the reading of the result, too.
  return pipeline(lines, createZstdCompress(fast), () => undefined);
}

async function* dumpLines(
  head: string,
  chunks: readonly KeptChunk[],
  censor: Censor,
): AsyncGenerator<string> {
  yield censor(`${head}\n`);
  for (const { bytes, packed } of chunks) yield censor(chunkLines(packed ? await unpack(bytes) : bytes));
}

/** The same at once, of the newest chunks only: at most `maxBytes` unpacked. */
export function packedDumpNow(
  head: string,
  chunks: readonly KeptChunk[],
  censor: Censor,
  maxBytes: number,
): Uint8Array {
  const texts: string[] = [];
  let bytes = 0;
  for (const chunk of chunks.toReversed()) {
    if (bytes > maxBytes) break;
    const raw = chunk.packed ? zstdDecompressSync(chunk.bytes) : chunk.bytes;
    bytes += raw.length;
    texts.push(censor(chunkLines(raw)));
  }
  return zstdCompressSync([`${censor(head)}\n`, ...texts.reverse()].join(''), fast);
}
