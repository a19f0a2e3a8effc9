/**
 * The form in which the flight recorder keeps what passed: bytes, one record after the other, without a string or an object that
 * outlives the call. Copying a frame's text into bytes costs some 0.1 us, making a JSON line of it ten times as much, so that is
 * left for when somebody wants to read it.
 *
 * A record: kind (1 byte), market (1), socket (2), length of its text (4), time in microseconds (8), the text in UTF-8.
 */
import { Buffer } from 'node:buffer';
import { type Category, categories } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { Frame } from '../session/sockets/socket-port.ts';

/** `note`: the text is a whole line. Of `connect` it is the environment, of `lost` a number of frames. */
export const recordKinds = ['connect', 'send', 'recv', 'lost', 'note'] as const;
export type RecordKind = (typeof recordKinds)[number];

const HEAD_BYTES = 16;
/** UTF-8 takes at most so many bytes for one unit of a string. */
const MOST_BYTES_PER_UNIT = 3;

const kindCodes = Object.fromEntries(recordKinds.map((kind, code) => [kind, code])) as Record<
  RecordKind,
  number
>;
const categoryCodes = Object.fromEntries(categories.map((name, code) => [name, code])) as Record<
  Category,
  number
>;

/** Bytes that a record of this frame takes at most. */
export function roomFor(frame: Frame): number {
  return HEAD_BYTES + frame.length * (typeof frame === 'string' ? MOST_BYTES_PER_UNIT : 1);
}

/** A piece of memory that is filled once. */
export class Chunk {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #length = 0;
  records = 0;
  from = 0;
  to = 0;

  constructor(capacity: number) {
    // Not from the pool that small buffers share: it would keep other people's memory alive.
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, capacity);
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  hasRoomFor(frame: Frame): boolean {
    return this.#length + roomFor(frame) <= this.#bytes.length;
  }

  /** To be called only when there is room. */
  add(kind: RecordKind, at: UnixMicros, category: Category, socket: number, frame: Frame): void {
    const start = this.#length;
    const written = this.#put(frame, start + HEAD_BYTES);
    const view = this.#view;
    view.setUint8(start, kindCodes[kind]);
    view.setUint8(start + 1, categoryCodes[category]);
    view.setUint16(start + 2, socket);
    view.setUint32(start + 4, written);
    view.setFloat64(start + 8, at);
    this.#length = start + HEAD_BYTES + written;
    if (this.records === 0) this.from = at;
    this.to = at;
    this.records += 1;
  }

  #put(frame: Frame, at: number): number {
    if (typeof frame === 'string') return this.#bytes.write(frame, at);
    this.#bytes.set(frame, at);
    return frame.length;
  }

  /** What is in it, not a copy. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Empties it, to be filled anew. */
  clear(): void {
    this.#length = 0;
    this.records = 0;
  }
}

/** The records of a chunk as lines of a recording, each with its newline. `connect` lines name the environment. */
export function chunkLines(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let lines = '';
  let start = 0;
  while (start + HEAD_BYTES <= buffer.length) {
    const length = buffer.readUInt32BE(start + 4);
    const text = buffer.toString('utf8', start + HEAD_BYTES, start + HEAD_BYTES + length);
    lines += `${lineOf(buffer, start, text)}\n`;
    start += HEAD_BYTES + length;
  }
  return lines;
}

function lineOf(buffer: Buffer, start: number, text: string): string {
  const kind = recordKinds[buffer.readUInt8(start)] ?? 'note';
  if (kind === 'note') return text;
  const category = categories[buffer.readUInt8(start + 1)] ?? 'linear';
  const head = `{"t":"${kind}","at":${buffer.readDoubleBE(start + 8)},"category":"${category}","socket":${buffer.readUInt16BE(start + 2)}`;
  switch (kind) {
    case 'connect':
      return `${head},"environment":"${text}"}`;
    case 'lost':
      return `${head},"frames":${text}}`;
    case 'send':
    case 'recv':
      return `${head},"frame":${JSON.stringify(text)}}`;
  }
}
