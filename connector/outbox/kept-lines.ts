/**
 * Lines that wait for a slow reader, as bytes in a few large pieces of memory. As strings each would be an object for the collector,
 * and would keep the frame that it was cut out of.
 */
import { Buffer } from 'node:buffer';
import { type LineRest, putPart } from './line-bytes.ts';

const PIECE_BYTES = 64 * 1024;
/** Pieces of memory that are kept for later. */
const MOST_SPARE = 16;

type Piece = { readonly memory: Buffer; end: number /** Lines in it that wait. */; lines: number };

/** The end of a line that waits. Released once, when it has left or was given up; then its memory may be used again. */
export class KeptBytes implements LineRest {
  readonly length: number;
  readonly #piece: Piece;
  readonly #from: number;
  readonly #owner: KeptLines;

  constructor(owner: KeptLines, piece: Piece, from: number) {
    this.#owner = owner;
    this.#piece = piece;
    this.#from = from;
    this.length = piece.end - from;
  }

  get room(): number {
    return this.length;
  }

  writeTo(out: Uint8Array, at: number): number {
    return putPart(out, at, this.#piece.memory, this.#from, this.#from + this.length);
  }

  release(): void {
    this.#owner.released(this.#piece);
  }
}

export class KeptLines {
  /** Memory of the pieces that hold a line, whole. */
  heldBytes = 0;
  readonly #spare: Piece[] = [];
  #current: Piece | undefined;

  /** Takes a copy of a line. */
  keep(line: LineRest): KeptBytes {
    const { room } = line;
    let piece = this.#current;
    if (piece === undefined || piece.end + room > piece.memory.length) {
      piece = (room <= PIECE_BYTES ? this.#spare.pop() : undefined) ?? newPiece(Math.max(room, PIECE_BYTES));
      this.#current = piece;
    }
    const from = piece.end;
    if (piece.lines === 0) this.heldBytes += piece.memory.length;
    piece.end = line.writeTo(piece.memory, from);
    piece.lines += 1;
    return new KeptBytes(this, piece, from);
  }

  released(piece: Piece): void {
    piece.lines -= 1;
    if (piece.lines > 0) return;
    this.heldBytes -= piece.memory.length;
    piece.end = 0;
    if (piece === this.#current || piece.memory.length > PIECE_BYTES) return;
    if (this.#spare.length < MOST_SPARE) this.#spare.push(piece);
  }
}

function newPiece(bytes: number): Piece {
  return { memory: Buffer.allocUnsafeSlow(bytes), end: 0, lines: 0 };
}
