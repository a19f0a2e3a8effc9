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
  const newest = new NewestLines(file, span, keep);
  let rest: Buffer = Buffer.alloc(0);
  for await (const read of createReadStream(file, { highWaterMark: 1_048_576 })) {
    if (!Buffer.isBuffer(read)) continue;
    const bytes = rest.length === 0 ? read : Buffer.concat([rest, read]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      newest.onLine(bytes, start, end);
      start = end + 1;
    }
    // Of a line that is too long to be one only that it is there counts.
    rest = bytes.length - start > LINE_MAX ? Buffer.alloc(LINE_MAX + 1, 0x78) : bytes.subarray(start);
  }
  return newest.part();
}

type Hole = { readonly from: number; to: number };

/** Some two million lines go through here: no promise and no parsing for each. */
class NewestLines {
  readonly #file: string;
  readonly #span: Span;
  readonly #keep: number;
  readonly #bad: Hole[] = [];
  #kept: Line[] = [];
  /** What is older is not among the newest. */
  #floor: number;
  #dropped = false;
  /** The time of the line before, that line when it was kept, and the hole that ends with the next trade. */
  #last: number;
  #lastKept: Line | undefined;
  #hole: Hole | undefined;

  constructor(file: string, span: Span, keep: number) {
    this.#file = file;
    this.#span = span;
    this.#keep = keep;
    this.#floor = span.from;
    this.#last = span.from;
  }

  onLine(bytes: Buffer, start: number, end: number): void {
    const timestamp = end - start > LINE_MAX ? undefined : timeOf(bytes, start, end);
    if (timestamp === undefined) return this.#badLine();
    const before = this.#last;
    this.#last = timestamp;
    if (this.#lastKept !== undefined) this.#lastKept.after = timestamp;
    this.#lastKept = undefined;
    if (this.#hole !== undefined) this.#hole.to = Math.max(this.#hole.from, timestamp) + 1;
    this.#hole = undefined;
    const { from, to } = this.#span;
    if (timestamp >= to || timestamp < from) return;
    if (timestamp < this.#floor) {
      this.#dropped = true;
      return;
    }
    this.#lastKept = { timestamp, before, after: to, text: bytes.toString('utf8', start, end) };
    this.#kept.push(this.#lastKept);
    if (this.#kept.length >= 2 * this.#keep + 4_096) this.#drop();
  }

  part(): RecordedPart {
    if (this.#kept.length > this.#keep) this.#drop();
    const rows = new Map<string, TradeRow>();
    for (const { text, before, after } of this.#kept) {
      const row = rowOf(text);
      if (row === undefined) this.#note({ from: before, to: Math.max(before, after) + 1 });
      else if (!rows.has(row.id)) rows.set(row.id, row);
    }
    return { rows: [...rows.values()].toSorted(byOrder).toReversed(), more: this.#dropped, bad: this.#bad };
  }

  #badLine(): void {
    if (this.#hole !== undefined) return;
    this.#hole = { from: this.#last, to: this.#span.to };
    this.#note(this.#hole);
  }

  #note(hole: Hole): void {
    this.#bad.push(hole);
    if (this.#bad.length > BAD_MAX) throw notARecording(this.#file);
  }

  #drop(): void {
    const times = Float64Array.from(this.#kept, ({ timestamp }) => timestamp).toSorted();
    this.#floor = times[times.length - this.#keep] ?? this.#floor;
    const left = this.#kept.filter(({ timestamp }) => timestamp >= this.#floor);
    this.#dropped ||= left.length < this.#kept.length;
    this.#kept = left;
  }
}

function notARecording(file: string): StoreError {
  return new StoreError(
    'journal_bad',
    `more than ${BAD_MAX} lines of ${file} are no trades: the file is something else; move it away`,
  );
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
