/** The text of a line of a compressed file that was refused, so that the complaint can show it. Reads up to that line only. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

export type FoundLine = { readonly line: number; readonly text: string };

/** The row of that number, counted from 0 below the header; empty lines are no rows. Lines count from 1, with the header. */
export async function lineOfRow(file: string, row: number): Promise<FoundLine> {
  const source = createReadStream(file);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  const lines = createInterface({ input: source.pipe(gunzip), crlfDelay: Number.POSITIVE_INFINITY });
  let line = 0;
  /** The header comes first. */
  let rows = -1;
  try {
    for await (const text of lines) {
      line += 1;
      if (text === '') continue;
      if (rows === row) return { line, text };
      rows += 1;
    }
  } finally {
    lines.close();
    source.destroy();
    gunzip.destroy();
  }
  return { line: row + 2, text: '' };
}
