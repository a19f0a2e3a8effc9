/**
 * The newest trades in a file of recorded lines (../../store/recording-sql.ts). Today's file has hundreds of megabytes and grows: it is read
 * once through, and only lines that may be among the newest are kept and parsed. A last line without its end is being written, or was cut off.
 */
import { createReadStream } from 'node:fs';
import { StoreError } from '../../store/failures.ts';
import type { Span } from '../../store/spans.ts';
import type { TradeRow } from '../../store/verification.ts';
import { byOrder, cutToMoments, type Part } from '../newest.ts';
import { isRecordedTrade } from '../recorded-line.ts';

export type RecordedPart = Part & {
  /** From the trade before a line that cannot be read to the trade after it. */
  readonly bad: readonly Span[];
};

/** More bad lines than this, and the file is something else. */
const BAD_MAX = 1_000;
/** No line is as long. */
const LINE_MAX = 65_536;
/** A trade may stand there twice: so many more lines are kept at once. */
const SPARE = 100;

const PREFIX = Buffer.from('{"timestamp":');
const [LF, ZERO, NINE] = [0x0a, 0x30, 0x39];

/** At least `want` trades of the span where there are so many, each id once. Throws StoreError and what the disk says. */
export async function newestRecorded(file: string, span: Span, want: number): Promise<RecordedPart> {
  for (let keep = want + SPARE; ; keep *= 4) {
    const found = await scan(file, span, keep);
    if (found.rows.length < want && found.more) continue;
    return { ...cutToMoments(found, want), bad: found.bad };
  }
}

/** `before` and `after` are the times of the lines around it. */
type Line = { readonly timestamp: number; readonly text: string; readonly before: number; after: number };

async function scan(file: string, span: Span, keep: number): Promise<RecordedPart> {
  let kept: Line[] = [];
  let floor = span.from;
  let dropped = false;
  const bad: { from: number; to: number }[] = [];
  let last = span.from;
  let lastKept: Line | undefined;
  let afterBad: { from: number; to: number } | undefined;
  const drop = (): void => {
    const newest = Float64Array.from(kept, ({ timestamp }) => timestamp).toSorted();
    floor = newest[newest.length - keep] ?? floor;
    const left = kept.filter(({ timestamp }) => timestamp >= floor);
    dropped ||= left.length < kept.length;
    kept = left;
  };
  for await (const { line, start, end } of linesIn(file)) {
    const timestamp = end - start > LINE_MAX ? undefined : timeOf(line, start, end);
    if (timestamp === undefined) {
      afterBad ??= { from: last, to: span.to };
      if (bad[bad.length - 1] !== afterBad) bad.push(afterBad);
      if (bad.length > BAD_MAX) throw notARecording(file);
      continue;
    }
    const before = last;
    last = timestamp;
    if (lastKept !== undefined) lastKept.after = timestamp;
    lastKept = undefined;
    if (afterBad !== undefined) afterBad.to = Math.max(afterBad.from, timestamp) + 1;
    afterBad = undefined;
    if (timestamp >= span.to || timestamp < span.from) continue;
    if (timestamp < floor) {
      dropped = true;
      continue;
    }
    lastKept = { timestamp, before, after: span.to, text: line.toString('utf8', start, end) };
    kept.push(lastKept);
    if (kept.length >= 2 * keep + 4_096) drop();
  }
  if (kept.length > keep) drop();
  const rows = new Map<string, TradeRow>();
  for (const { text, before, after } of kept) {
    const row = rowOf(text);
    if (row === undefined) bad.push({ from: before, to: Math.max(before, after) + 1 });
    else if (!rows.has(row.id)) rows.set(row.id, row);
  }
  if (bad.length > BAD_MAX) throw notARecording(file);
  return { rows: [...rows.values()].toSorted(byOrder).toReversed(), more: dropped, bad };
}

function notARecording(file: string): StoreError {
  return new StoreError(
    'journal_bad',
    `more than ${BAD_MAX} lines of ${file} are no trades: the file is something else; move it away`,
  );
}

type Place = { readonly line: Buffer; readonly start: number; readonly end: number };

/** Each line that has its end. */
async function* linesIn(file: string): AsyncGenerator<Place, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const read of createReadStream(file, { highWaterMark: 1_048_576 })) {
    if (!Buffer.isBuffer(read)) continue;
    const line = rest.length === 0 ? read : Buffer.concat([rest, read]);
    let start = 0;
    for (let end = line.indexOf(LF); end !== -1; end = line.indexOf(LF, start)) {
      yield { line, start, end };
      start = end + 1;
    }
    // Of a line that is too long to be one only that it is there counts.
    rest = line.length - start > LINE_MAX ? Buffer.alloc(LINE_MAX + 1, 0x78) : line.subarray(start);
  }
}

/** The time of a line, in most of them without parsing it; undefined when it is no trade. */
function timeOf(line: Buffer, start: number, end: number): number | undefined {
  const digits = start + PREFIX.length;
  if (line.compare(PREFIX, 0, PREFIX.length, start, Math.min(digits, end)) === 0 && line[end - 1] === 0x7d) {
    let at = digits;
    let time = 0;
    for (let byte = line[at] ?? 0; byte >= ZERO && byte <= NINE && at < digits + 15; byte = line[at] ?? 0) {
      time = time * 10 + byte - ZERO;
      at += 1;
    }
    if (at > digits && line[at] === 0x2c) return time;
  }
  return rowOf(line.toString('utf8', start, end))?.timestamp;
}

function rowOf(text: string): TradeRow | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecordedTrade(value)) return undefined;
  const { timestamp, id, price, qty, side, seq = null, block = null, rpi = null } = value;
  return { timestamp, seq, id, price, qty, side, block, rpi, source: 'recording' };
}
