/**
 * The way of lines to the reader: written at once while it reads, else in a queue; what is urgent goes first.
 *
 * Holds no policy: what may wait, and what is given up, is for the lanes. `n` is given when a line leaves, so it has no jumps
 * whatever was given up.
 */
import { Buffer } from 'node:buffer';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import { type BookMark, noteLeft } from './book-places.ts';
import { type KeptBytes, KeptLines } from './kept-lines.ts';
import { type LineRest, type LineRoom, put, putNumber, textOfRest } from './line-bytes.ts';

/** A line in the queue. */
export type Waiting = {
  readonly type: UnnumberedEvent['type'];
  /** The line after its type, `n` goes between: in memory of its own. */
  rest: string | KeptBytes;
  /** Only lines of books: whose they are, and where in that book's stream. */
  readonly book: BookMark | undefined;
  hasLeft: boolean;
};

/** More urgent lines than this do not wait: replies to a sender that asks on and never reads. */
const MOST_URGENT = 10_000;

export class Way {
  /** Lines that left. */
  written = 0;
  readonly #write: (line: string) => void;
  readonly #room: LineRoom | undefined;
  readonly #kept = new KeptLines();
  /** Books are given up before anything else: a piece of memory that they shared with trades would stay. */
  readonly #keptBooks = new KeptLines();
  readonly #isBlocked: () => boolean;
  #queue: Waiting[] = [];
  #head = 0;
  #bytes = 0;
  /** Lines of books in the queue. */
  #books = 0;
  #urgent: Waiting[] = [];

  /** `room`: where lines go that are bytes; without it they become strings. */
  constructor(write: (line: string) => void, isBlocked: () => boolean, room?: LineRoom) {
    this.#write = write;
    this.#room = room;
    this.#isBlocked = isBlocked;
  }

  get lines(): number {
    return this.#queue.length - this.#head + this.#urgent.length;
  }

  /** What waits, with the objects that keep it: 32 MiB of short lines would hold 20 more of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory outside of the heap that waiting lines hold, with what of it is empty. */
  get heldBytes(): number {
    return this.#kept.heldBytes + this.#keptBooks.heldBytes;
  }

  /** True when an event can be written at once. */
  get isFree(): boolean {
    return this.lines === 0 && !this.#isBlocked();
  }

  /** Writes an event, or puts it into the queue and answers its line there. */
  send(event: MaybeSpliced, book?: BookMark): Waiting | undefined {
    const rest = event.line ?? textOf(event);
    if (this.isFree) {
      this.#writeLine(event.type, rest);
      return undefined;
    }
    const memory = book === undefined ? this.#kept : this.#keptBooks;
    const kept = typeof rest === 'string' ? rest : memory.keep(rest);
    const line: Waiting = { type: event.type, rest: kept, book, hasLeft: false };
    this.#queue.push(line);
    this.#bytes += costOf(line);
    if (book !== undefined) this.#books += 1;
    return line;
  }

  /** A newer event takes the place of one that waits. */
  replace(line: Waiting, event: UnnumberedEvent): void {
    const rest = textOf(event);
    this.#bytes += rest.length - line.rest.length;
    this.#release(line);
    line.rest = rest;
  }

  /** Overtakes the queue; of statuses only the newest waits. Answers false when there is no room. */
  sendUrgent(event: UnnumberedEvent): boolean {
    if (event.type === 'status') this.#urgent = this.#urgent.filter(({ type }) => type !== 'status');
    if (this.#urgent.length >= MOST_URGENT) return false;
    this.#urgent.push({ type: event.type, rest: textOf(event), book: undefined, hasLeft: false });
    this.pump();
    return true;
  }

  /** Writes for as long as the reader takes lines. */
  pump(): void {
    while (!this.#isBlocked()) {
      const next = this.#urgent.shift() ?? this.#shift();
      if (next === undefined) return;
      this.#writeLine(next.type, next.rest);
      this.#release(next);
    }
  }

  /** Takes the lines of all books out of the queue. */
  takeBooks(): readonly BookMark[] {
    if (this.#books === 0) return [];
    const taken: BookMark[] = [];
    const kept: Waiting[] = [];
    for (let index = this.#head; index < this.#queue.length; index += 1) {
      const line = this.#queue[index] as Waiting;
      if (line.book === undefined) {
        kept.push(line);
      } else {
        taken.push(line.book);
        this.#bytes -= costOf(line);
        this.#release(line);
      }
    }
    this.#queue = kept;
    this.#head = 0;
    this.#books = 0;
    return taken;
  }

  #shift(): Waiting | undefined {
    const next = this.#queue[this.#head];
    if (next === undefined) return undefined;
    this.#head += 1;
    this.#bytes -= costOf(next);
    next.hasLeft = true;
    if (next.book !== undefined) {
      this.#books -= 1;
      noteLeft(next.book.place, next.book.id, next.book.at, next.book.seq);
    }
    if (this.#head === this.#queue.length || this.#head > 4_096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }

  #release({ rest }: Waiting): void {
    if (typeof rest !== 'string') rest.release();
  }

  #writeLine(type: UnnumberedEvent['type'], rest: string | LineRest): void {
    this.written += 1;
    // The number is given as the line leaves, so gaps in it can only be our bug.
    if (typeof rest === 'string') this.#write(`{"type":"${type}","n":${this.written}${rest}`);
    else if (this.#room === undefined)
      this.#write(`{"type":"${type}","n":${this.written}${textOfRest(rest)}`);
    else this.#writeBytes(this.#room, type, rest);
  }

  #writeBytes(room: LineRoom, type: UnnumberedEvent['type'], rest: LineRest): void {
    room.reserve(HEAD_ROOM + rest.room);
    const { bytes } = room;
    const head = type === 'trade' ? TRADE_HEAD : type === 'depth' ? DEPTH_HEAD : headOf(type);
    room.commit(rest.writeTo(bytes, putNumber(bytes, put(bytes, room.end, head), this.written)));
  }
}

/** V8's objects for a line that waits: `Waiting`, `KeptBytes` and a slot; and for a book's line its mark. Measured: 123 and 228 together. */
const LINE_OBJECTS_BYTES = 128;
const BOOK_MARK_BYTES = 96;

function costOf({ rest, book }: Waiting): number {
  return rest.length + LINE_OBJECTS_BYTES + (book === undefined ? 0 : BOOK_MARK_BYTES);
}

/** An event that was spliced from the exchange's own bytes has its line already. */
type MaybeSpliced = UnnumberedEvent & { readonly line?: LineRest };

/** Of the type and the number. */
const HEAD_ROOM = 64;
const TRADE_HEAD = headOf('trade');
const DEPTH_HEAD = headOf('depth');

function headOf(type: UnnumberedEvent['type']): Uint8Array {
  return Buffer.from(`{"type":"${type}","n":`);
}

/** The JSON of an event after `{"type":"trade"`. */
function textOf(event: UnnumberedEvent): string {
  return JSON.stringify(event).slice(event.type.length + BEFORE_REST);
}

/** The length of `{"type":""`. */
const BEFORE_REST = 10;
