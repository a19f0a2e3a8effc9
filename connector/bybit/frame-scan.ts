/**
 * Finds the values of a frame of a known shape in its bytes, and says of each whether it looks as it must.
 *
 * On the way of every frame: byte by byte, without a string or an object. All functions answer the place after what they found,
 * or -1.
 */
import { type Found, type Look, looks, type Step } from './frame-shape.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
/** Digits on one side of the point. */
const MOST_DIGITS = 20;
/** Digits of a whole number that a double holds exactly. */
const EXACT_DIGITS = 15;
const MOST_ID_CHARACTERS = 64;

const word = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const TRUE = word('true');
const FALSE = word('false');
const NULL = word('null');
const BUY = word('"Buy"');
const SELL = word('"Sell"');
const SNAPSHOT = word('"snapshot"');
const DELTA = word('"delta"');

/** Notes where the values of these steps lie. `symbol`: the symbol of the topic in quotes. */
export function scan(
  steps: readonly Step[],
  bytes: Uint8Array,
  from: number,
  symbol: Uint8Array,
  found: Found,
): number {
  let at = from;
  for (const { literal, look, slot } of steps) {
    at = skip(bytes, at, literal);
    if (at < 0) return -1;
    const end = valueEnd(look, bytes, at, symbol);
    if (end < 0) return -1;
    found[2 * slot] = at;
    found[2 * slot + 1] = end;
    at = end;
  }
  return at;
}

/** The place after a literal. */
export function skip(bytes: Uint8Array, at: number, literal: Uint8Array): number {
  const { length } = literal;
  if (at + length > bytes.length) return -1;
  for (let index = 0; index < length; index += 1) if (bytes[at + index] !== literal[index]) return -1;
  return at + length;
}

/** A whole number of at most 15 digits, as `looks.count` has found it. */
export function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + (bytes[at] ?? ZERO) - ZERO;
  return value;
}

function valueEnd(look: Look, bytes: Uint8Array, at: number, symbol: Uint8Array): number {
  switch (look) {
    case looks.nothing:
      return at;
    case looks.time:
      return bytes[at] === ZERO ? -1 : countEnd(bytes, at);
    case looks.count:
      return countEnd(bytes, at);
    case looks.positive:
      return quotedEnd(bytes, at, true);
    case looks.levels:
      return levelsEnd(bytes, at);
    case looks.flag:
      return either(bytes, at, TRUE, FALSE);
    case looks.symbol:
      return skip(bytes, at, symbol);
    case looks.id:
      return idEnd(bytes, at);
    case looks.side:
      return either(bytes, at, BUY, SELL);
    case looks.action:
      return either(bytes, at, DELTA, SNAPSHOT);
    case looks.anything:
      return anythingEnd(bytes, at);
  }
}

function either(bytes: Uint8Array, at: number, one: Uint8Array, other: Uint8Array): number {
  const end = skip(bytes, at, one);
  return end < 0 ? skip(bytes, at, other) : end;
}

/** The place after all digits. */
function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) break;
    at += 1;
  }
  return at;
}

/** No zero stands before other digits. */
function wholeEnd(bytes: Uint8Array, at: number): number {
  const end = digitsEnd(bytes, at);
  return end === at || (bytes[at] === ZERO && end > at + 1) ? -1 : end;
}

function countEnd(bytes: Uint8Array, at: number): number {
  const end = wholeEnd(bytes, at);
  return end - at > EXACT_DIGITS ? -1 : end;
}

/** A plain number in quotes. */
function quotedEnd(bytes: Uint8Array, at: number, mustBePositive: boolean): number {
  if (bytes[at] !== QUOTE) return -1;
  const point = wholeEnd(bytes, at + 1);
  if (point < 0 || point - at - 1 > MOST_DIGITS) return -1;
  let end = point;
  if (bytes[point] === POINT) {
    end = digitsEnd(bytes, point + 1);
    if (end === point + 1 || end - point - 1 > MOST_DIGITS) return -1;
  }
  if (bytes[end] !== QUOTE) return -1;
  return mustBePositive && bytes[at + 1] === ZERO && isZero(bytes, point, end) ? -1 : end + 1;
}

/** Nothing but zeros after the point. */
function isZero(bytes: Uint8Array, point: number, end: number): boolean {
  for (let at = point + 1; at < end; at += 1) if (bytes[at] !== ZERO) return false;
  return true;
}

function levelsEnd(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== OPEN) return -1;
  let at = from + 1;
  if (bytes[at] === CLOSE) return at + 1;
  for (;;) {
    if (bytes[at] !== OPEN) return -1;
    at = quotedEnd(bytes, at + 1, true);
    if (at < 0 || bytes[at] !== COMMA) return -1;
    at = quotedEnd(bytes, at + 1, false);
    if (at < 0 || bytes[at] !== CLOSE) return -1;
    at += 2;
    const next = bytes[at - 1];
    if (next === CLOSE) return at;
    if (next !== COMMA) return -1;
  }
}

function idEnd(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return -1;
  let at = from + 1;
  while (at < bytes.length && isIdByte(bytes[at] ?? 0)) at += 1;
  const length = at - from - 1;
  return length > 0 && length <= MOST_ID_CHARACTERS && bytes[at] === QUOTE ? at + 1 : -1;
}

/** A letter, a digit or a hyphen. */
function isIdByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= ZERO && byte <= NINE) || byte === MINUS || (lower >= 0x61 && lower <= 0x7a);
}

function anythingEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return textEnd(bytes, at);
    case 0x74:
      return skip(bytes, at, TRUE);
    case 0x66:
      return skip(bytes, at, FALSE);
    case 0x6e:
      return skip(bytes, at, NULL);
    default:
      return signedEnd(bytes, at);
  }
}

/** A text without escapes. Bytes of other alphabets are taken as they are: the socket has checked that they are UTF-8. */
function textEnd(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20 || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Any number of JSON. */
function signedEnd(bytes: Uint8Array, from: number): number {
  let at = wholeEnd(bytes, bytes[from] === MINUS ? from + 1 : from);
  if (at < 0) return -1;
  if (bytes[at] === POINT) {
    const end = digitsEnd(bytes, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (((bytes[at] ?? 0) | 0x20) !== 0x65) return at;
  const sign = bytes[at + 1];
  const digits = sign === MINUS || sign === 0x2b ? at + 2 : at + 1;
  const end = digitsEnd(bytes, digits);
  return end === digits ? -1 : end;
}
