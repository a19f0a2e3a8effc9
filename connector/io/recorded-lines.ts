/** The lines of a recording, unpacked where its name ends in .gz or .zst. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** Throws when the file cannot be read or unpacked. */
export async function* recordedLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const unpack = unpacker(file);
  // What goes wrong in one of them ends the reading of the lines.
  const input = unpack === undefined ? source : pipeline(source, unpack, () => undefined);
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    source.destroy();
    unpack?.destroy();
  }
}

function unpacker(file: string): Transform | undefined {
  if (file.endsWith('.gz')) return createGunzip();
  return file.endsWith('.zst') ? createZstdDecompress() : undefined;
}
