/**
 * The way of lines to the reader: written at once while it reads, else in a queue; what is urgent goes first.
 *
 * Holds no policy: what may wait, and what is given up, is for the lanes. `n` is given when a line leaves, so it has no jumps
 * whatever was given up.
 */
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import { type BookMark, noteLeft } from './book-places.ts';

/** A line in the queue. */
export type Waiting = {
  readonly type: UnnumberedEvent['type'];
  /** The line after its type; `n` goes between. */
  rest: string;
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
  readonly #isBlocked: () => boolean;
  #queue: Waiting[] = [];
  #head = 0;
  #bytes = 0;
  /** Lines of books in the queue. */
  #books = 0;
  #urgent: Waiting[] = [];

  constructor(write: (line: string) => void, isBlocked: () => boolean) {
    this.#write = write;
    this.#isBlocked = isBlocked;
  }

  get lines(): number {
    return this.#queue.length - this.#head + this.#urgent.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True when an event can be written at once. */
  get isFree(): boolean {
    return this.lines === 0 && !this.#isBlocked();
  }

  /** Writes an event, or puts it into the queue and answers its line there. */
  send(event: UnnumberedEvent, book?: BookMark): Waiting | undefined {
    const rest = restOf(event);
    if (this.isFree) {
      this.#writeLine(event.type, rest);
      return undefined;
    }
    const line: Waiting = { type: event.type, rest: own(event, rest), book, hasLeft: false };
    this.#queue.push(line);
    this.#bytes += rest.length;
    if (book !== undefined) this.#books += 1;
    return line;
  }

  /** A newer event takes the place of one that waits. */
  replace(line: Waiting, event: UnnumberedEvent): void {
    const rest = restOf(event);
    this.#bytes += rest.length - line.rest.length;
    line.rest = rest;
  }

  /** Overtakes the queue; of statuses only the newest waits. Answers false when there is no room. */
  sendUrgent(event: UnnumberedEvent): boolean {
    if (event.type === 'status') this.#urgent = this.#urgent.filter(({ type }) => type !== 'status');
    if (this.#urgent.length >= MOST_URGENT) return false;
    this.#urgent.push({ type: event.type, rest: restOf(event), book: undefined, hasLeft: false });
    this.pump();
    return true;
  }

  /** Writes for as long as the reader takes lines. */
  pump(): void {
    while (!this.#isBlocked()) {
      const next = this.#urgent.shift() ?? this.#shift();
      if (next === undefined) return;
      this.#writeLine(next.type, next.rest);
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
        this.#bytes -= line.rest.length;
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
    this.#bytes -= next.rest.length;
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

  #writeLine(type: string, rest: string): void {
    this.written += 1;
    // The number is given as the line leaves, so gaps in it can only be our bug.
    this.#write(`{"type":"${type}","n":${this.written}${rest}`);
  }
}

/** An event that was spliced from the exchange's own text has its line already. */
type MaybeSpliced = UnnumberedEvent & { readonly spliced?: string };

/** The JSON of an event after `{"type":"trade"`. */
function restOf(event: MaybeSpliced): string {
  return event.spliced ?? JSON.stringify(event).slice(event.type.length + BEFORE_REST);
}

/** What may wait for long: a spliced line is made of pieces of its frame, all of which it would keep in memory. */
function own({ spliced }: MaybeSpliced, rest: string): string {
  return spliced === undefined ? rest : Buffer.from(rest, 'latin1').toString('latin1');
}

/** The length of `{"type":""`. */
const BEFORE_REST = 10;
