/** What files of recorded trades are asked, and how the disk is made to confirm them. */
import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { utcDateOf } from '../../../shared/day-totals.ts';
import { isMissing } from '../../../shared/io/missing.ts';
import { spansFileOf, spansOfLines, tradesFileOf } from '../../../shared/recording-files.ts';
import { idsAmong } from './recorded-ids.ts';

/** So much of a file's end is read at a time to find the end of its last line, bytes. */
const PART = 4_096;
const LINE_FEED = 0x0a;

/** Did an earlier run record this trade of that millisecond, and claim everything up to it? `boot`: see spansOfLines. */
export function endsWith(folder: string, timestamp: number, id: string, boot: string | undefined): boolean {
  const date = utcDateOf(timestamp);
  try {
    const spans = spansOfLines(readFileSync(path.join(folder, spansFileOf(date)), 'utf8'), boot);
    if (!spans.some(({ to }) => to === timestamp)) return false;
  } catch {
    return false;
  }
  return idsAmong(path.join(folder, tradesFileOf(date)), new Set([id]), timestamp).size > 0;
}

/** Does a file of spans say that the disk has lost trades of its day? Also where it cannot be read, unless it is not there. */
export function hasLost(spansFile: string): boolean {
  try {
    return readFileSync(spansFile, 'utf8').includes('{"lost":');
  } catch (error) {
    return !isMissing(error);
  }
}

/** Where the last whole line of an open file ends. */
export function endOfLastLine(fd: number, size: number): number {
  const part = Buffer.alloc(PART);
  for (let end = size; end > 0; end -= Math.min(end, PART)) {
    const start = Math.max(0, end - PART);
    const found = part.subarray(0, readSync(fd, part, 0, end - start, start)).lastIndexOf(LINE_FEED);
    if (found >= 0) return start + found + 1;
  }
  return 0;
}

/** A file or a folder. One that somebody has removed needs no care. */
export function makeDurable(file: string): void {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    if (fstatSync(fd).isDirectory()) fsyncSync(fd);
    else fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
