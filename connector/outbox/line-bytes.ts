/** Lines as bytes: what writes itself, and the small pieces that it is written with. No strings, no objects. */
import { Buffer } from 'node:buffer';

/** The end of a line that exists as bytes already: all after its number. */
export type LineRest = {
  /** At most so many bytes are written. */
  readonly room: number;
  /** Writes itself at a place where that much room is; answers the place after it. */
  readonly writeTo: (out: Uint8Array, at: number) => number;
};

/** Where lines that are bytes are put together. */
export type LineRoom = {
  /** The memory, and where in it the next line begins. */
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Makes room for that many bytes behind `end`. */
  readonly reserve: (room: number) => void;
  /** A line was written there, up to this place. Its newline is added. */
  readonly commit: (end: number) => void;
};

/** The same as text. */
export function textOfRest(rest: LineRest): string {
  const bytes = Buffer.alloc(rest.room);
  return bytes.toString('latin1', 0, rest.writeTo(bytes, 0));
}

const ZERO = 0x30;
const EIGHT_DIGITS = 100_000_000;

export function put(out: Uint8Array, at: number, piece: Uint8Array): number {
  const { length } = piece;
  for (let index = 0; index < length; index += 1) out[at + index] = piece[index] ?? 0;
  return at + length;
}

/** Bytes of another piece of memory, from `from` up to `to`. */
export function putPart(out: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  let end = at;
  for (let index = from; index < to; index += 1) {
    out[end] = bytes[index] ?? 0;
    end += 1;
  }
  return end;
}

/** A whole number from 0 that a double holds exactly, in digits. */
export function putNumber(out: Uint8Array, at: number, value: number): number {
  if (value < EIGHT_DIGITS) return putDigits(out, at, value, digitsOf(value));
  const high = Math.floor(value / EIGHT_DIGITS);
  return putDigits(out, putNumber(out, at, high), value - high * EIGHT_DIGITS, 8);
}

function putDigits(out: Uint8Array, at: number, value: number, digits: number): number {
  let left = value | 0;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const next = (left / 10) | 0;
    out[place] = ZERO + left - next * 10;
    left = next;
  }
  return at + digits;
}

/** Of a number with at most eight digits. */
function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits += 1;
  return digits;
}
