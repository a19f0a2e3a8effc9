/**
 * The flight recorder: the last minutes of what came and went, within a fixed piece of memory, so that a fault can be looked at
 * after it happened, and be replayed.
 *
 * Frames are copied into a chunk of bytes. A full chunk is packed beside the event loop (`pack`), and the oldest chunks leave when
 * all of them together are more than the bound. How long that reaches back depends on the traffic: minutes of a symbol, seconds of
 * a whole market. What is kept is read only when somebody asks for it.
 */
import { Buffer } from 'node:buffer';
import type { Category } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { Frame } from '../session/sockets/socket-port.ts';
import { Chunk, type RecordKind, roomFor } from './chunk.ts';

export type FlightRecorderOptions = {
  /** Of all that it keeps. */
  readonly maxBytes: number;
  readonly chunkBytes: number;
  /** Makes the bytes smaller, off the event loop; undefined when that failed. The bytes are not touched until it is done; what is answered is copied. */
  readonly pack: (bytes: Uint8Array, done: (packed: Uint8Array | undefined) => void) => void;
};

/** Bytes of records, packed or not. */
export type KeptChunk = {
  readonly bytes: Uint8Array;
  readonly packed: boolean;
  readonly records: number;
  /** Microseconds since 1970. */
  readonly from: number;
  readonly to: number;
};

export type FlightCounts = {
  /** Records in memory, and the bytes that they take. */
  readonly records: number;
  readonly bytes: number;
  /** How far back they reach. */
  readonly seconds: number;
};

/** `raw`: while it is not packed. `slot`: the memory that packed bytes lie in. */
type Sealed = { chunk: KeptChunk; raw: Chunk | undefined; slot: Buffer | undefined };

/** Memory for packed chunks is taken in parts of a chunk, so that what one has left often fits the next one. */
const SLOT_PARTS = 16;

export class FlightRecorder {
  readonly #options: FlightRecorderOptions;
  readonly #sealed: Sealed[] = [];
  #sealedBytes = 0;
  #current: Chunk;
  #spare: Chunk | undefined;
  #spareSlot: Buffer | undefined;
  #isPacking = false;

  constructor(options: FlightRecorderOptions) {
    this.#options = options;
    this.#current = new Chunk(options.chunkBytes);
  }

  /** A frame, or the opening of a socket (`frame` is the environment then). On the way of every frame: cheap. */
  add(kind: RecordKind, at: UnixMicros, category: Category, socket: number, frame: Frame): void {
    if (!this.#current.hasRoomFor(frame) && !this.#makeRoom(frame)) {
      this.add('lost', at, category, socket, '1');
      return;
    }
    this.#current.add(kind, at, category, socket, frame);
  }

  /** A whole line of the dump, for example what a command said. */
  note(at: UnixMicros, line: string): void {
    this.add('note', at, 'linear', 0, line);
  }

  /** All that is remembered, oldest first; nothing of it changes any more. */
  kept(): readonly KeptChunk[] {
    const whole = this.#sealed.map(({ chunk }) => ({ ...chunk, bytes: Buffer.from(chunk.bytes) }));
    const { records, from, to, bytes } = this.#current;
    return records === 0
      ? whole
      : [...whole, { bytes: Buffer.from(bytes), packed: false, records, from, to }];
  }

  counts(): FlightCounts {
    const from = this.#sealed[0]?.chunk.from ?? this.#current.from;
    const to = this.#current.records === 0 ? (this.#sealed.at(-1)?.chunk.to ?? from) : this.#current.to;
    return {
      records: this.#sealed.reduce((sum, { chunk }) => sum + chunk.records, this.#current.records),
      bytes: this.#sealedBytes + this.#options.chunkBytes,
      seconds: Math.max(0, (to - from) / 1_000_000),
    };
  }

  /** False when it is too long to be kept at all. */
  #makeRoom(frame: Frame): boolean {
    const { chunkBytes, maxBytes } = this.#options;
    const needed = roomFor(frame);
    if (needed > maxBytes / 4) return false;
    this.#seal();
    if (this.#current.hasRoomFor(frame)) return true;
    // A frame that is larger than a chunk gets one of its own size.
    this.#current = new Chunk(Math.max(needed, chunkBytes));
    return true;
  }

  /** The current chunk is full: it is kept, and another one is begun. */
  #seal(): void {
    const raw = this.#current;
    if (raw.records > 0) {
      const { bytes, records, from, to } = raw;
      this.#sealed.push({ chunk: { bytes, packed: false, records, from, to }, raw, slot: undefined });
      this.#sealedBytes += bytes.length;
    }
    this.#current = raw.records === 0 ? raw : this.#nextChunk();
    this.#forgetOldest();
    this.#packNext();
  }

  #nextChunk(): Chunk {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? new Chunk(this.#options.chunkBytes);
  }

  #forgetOldest(): void {
    while (this.#sealedBytes + this.#options.chunkBytes > this.#options.maxBytes && this.#sealed.length > 1) {
      const oldest = this.#sealed.shift();
      this.#sealedBytes -= oldest === undefined ? 0 : sizeOf(oldest);
      this.#spareSlot = oldest?.slot ?? this.#spareSlot;
    }
  }

  /** Memory of one chunk, used again: what is made anew and grows old sets V8 to marking its whole heap. */
  #slotFor(packed: Uint8Array): Buffer {
    const spare = this.#spareSlot;
    this.#spareSlot = undefined;
    const part = Math.ceil(this.#options.chunkBytes / SLOT_PARTS);
    const slot =
      spare !== undefined && spare.length >= packed.length
        ? spare
        : Buffer.allocUnsafeSlow(Math.ceil(packed.length / part) * part);
    slot.set(packed);
    return slot;
  }

  /** One after the other, so that other work of the threads is not kept waiting. */
  #packNext(): void {
    if (this.#isPacking) return;
    const next = this.#sealed.find(({ raw }) => raw !== undefined);
    if (next?.raw === undefined) return;
    const { raw, chunk } = next;
    this.#isPacking = true;
    this.#options.pack(chunk.bytes, (packed) => {
      this.#isPacking = false;
      next.raw = undefined;
      if (packed !== undefined) {
        if (this.#sealed.includes(next)) {
          const slot = this.#slotFor(packed);
          this.#sealedBytes += slot.length - chunk.bytes.length;
          next.slot = slot;
          next.chunk = { ...chunk, bytes: slot.subarray(0, packed.length), packed: true };
        }
        raw.clear();
        if (raw.capacity === this.#options.chunkBytes) this.#spare ??= raw;
      }
      this.#packNext();
    });
  }
}

/** The memory that it takes. */
function sizeOf({ chunk, slot }: Sealed): number {
  return slot?.length ?? chunk.bytes.length;
}
