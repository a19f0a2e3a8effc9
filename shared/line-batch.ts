/**
 * Lines on their way out, as bytes in one piece of memory: a batch leaves when it is full, or when the turn of the event loop ends.
 *
 * Bytes lie outside of the heap: lines that wait for a slow reader as strings cost more in collections than to make. The memory
 * is used again as soon as all that was in it has left.
 */
import { Buffer } from 'node:buffer';

/** A batch leaves when it has this many bytes. */
const BATCH_BYTES = 64 * 1024;
/** UTF-8 takes at most so many bytes for one unit of a string. */
const MOST_BYTES_PER_UNIT = 3;
const NEWLINE = 0x0a;
/** Pieces of memory that are kept for later: as much as may wait. Memory that is made anew again and again sets V8 to marking its heap. */
const MOST_SPARE = 64;

type Piece = { readonly memory: Buffer /** Batches in it that have not left. */; underWay: number };

export class LineBatch {
  /** Where in `bytes` the next line begins. */
  end = 0;
  readonly #scheduleFlush: () => void;
  readonly #send: (bytes: Buffer, done: () => void) => void;
  readonly #spare: Piece[] = [];
  #piece = newPiece(BATCH_BYTES);
  /** Where the batch begins. */
  #from = 0;

  /** `scheduleFlush` sees to it that `flush` is called; `send` answers when the bytes have left. */
  constructor(scheduleFlush: () => void, send: (bytes: Buffer, done: () => void) => void) {
    this.#scheduleFlush = scheduleFlush;
    this.#send = send;
  }

  get bytes(): Buffer {
    return this.#piece.memory;
  }

  /** Makes room for that many bytes and a newline behind `end`. */
  reserve(room: number): void {
    if (this.end + room >= this.#piece.memory.length) this.#turn(room + 1);
  }

  /** A line was written at `end`, up to this place; its newline is added. */
  commit(end: number): void {
    this.#piece.memory[end] = NEWLINE;
    this.end = end + 1;
    if (this.end - this.#from >= BATCH_BYTES) this.flush();
    else this.#scheduleFlush();
  }

  /** Adds a line (without newline). */
  write(line: string): void {
    this.reserve(line.length * MOST_BYTES_PER_UNIT);
    this.commit(this.end + this.#piece.memory.write(line, this.end));
  }

  /** Hands the batch over. */
  flush(): void {
    if (this.end === this.#from) return;
    const piece = this.#piece;
    const batch = piece.memory.subarray(this.#from, this.end);
    this.#from = this.end;
    piece.underWay += 1;
    this.#send(batch, () => {
      piece.underWay -= 1;
      if (piece !== this.#piece) this.#keep(piece);
    });
  }

  /** Goes on in another piece of memory. */
  #turn(room: number): void {
    this.flush();
    const full = this.#piece;
    this.#piece =
      (room <= BATCH_BYTES ? this.#spare.pop() : undefined) ?? newPiece(Math.max(room, BATCH_BYTES));
    this.#from = 0;
    this.end = 0;
    this.#keep(full);
  }

  #keep(piece: Piece): void {
    const isReusable = piece.underWay === 0 && piece.memory.length === BATCH_BYTES;
    if (isReusable && this.#spare.length < MOST_SPARE) this.#spare.push(piece);
  }
}

function newPiece(bytes: number): Piece {
  // Not from the pool that small buffers share.
  return { memory: Buffer.allocUnsafeSlow(bytes), underWay: 0 };
}
