/**
 * Which of some ids a file of recorded trades has already.
 *
 * Asked only for late trades, which are seldom: after a kill -9 the next run heals from a place that may be seconds before the last
 * recorded trade. The file is read from its end, and not farther than trades of that time may be; the reader of the files drops
 * doubles by their id anyway.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const PART = 1024 * 1024;
/** Not more of a file is read. */
const MOST_BYTES = 64 * PART;
/** Parts in a row with nothing but older trades: what is before them is older too. */
const OLDER_PARTS = 4;

export function idsAmong(file: string, ids: ReadonlySet<string>, from: number): ReadonlySet<string> {
  const found = new Set<string>();
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return found;
  }
  try {
    const { size } = fstatSync(fd);
    const part = Buffer.alloc(Math.min(PART, size));
    let older = 0;
    /** The beginning of the part behind, up to its first end of line. */
    let rest = '';
    for (let end = size; end > 0 && size - end < MOST_BYTES && older < OLDER_PARTS; end -= part.length) {
      const start = Math.max(0, end - part.length);
      const text = part.toString('latin1', 0, readSync(fd, part, 0, end - start, start)) + rest;
      const begin = start === 0 ? 0 : text.indexOf('\n') + 1;
      rest = text.slice(0, begin);
      older = findIn(text.slice(begin), ids, from, found) ? 0 : older + 1;
    }
  } finally {
    closeSync(fd);
  }
  return found;
}

/** Answers whether any of the lines is of that time or later. */
function findIn(text: string, ids: ReadonlySet<string>, from: number, found: Set<string>): boolean {
  let isLate = false;
  for (const line of text.split('\n')) {
    const fields = /^\{"timestamp":(\d+),(?:"seq":-?\d+,)?"id":("(?:[^"\\]|\\.)*")/.exec(line);
    if (fields === null || Number(fields[1]) < from) continue;
    isLate = true;
    const id: unknown = JSON.parse(Buffer.from(fields[2] ?? '""', 'latin1').toString());
    if (typeof id === 'string' && ids.has(id)) found.add(id);
  }
  return isLate;
}
