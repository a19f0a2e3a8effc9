/**
 * Frames of books to lines without parsing them: the lists of levels lose their inner quotes and are lines' text.
 *
 * See trade-splice.ts. `readDepth` is the slow way, and the oracle in the tests.
 */
import type { Buffer } from 'node:buffer';
import { type DepthEvent, MAX_LEVELS } from '../../shared/events/market-events.ts';
import type { Category, Depth, Level } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import { type LineRest, put, putNumber, textOfRest } from '../outbox/line-bytes.ts';
import { numberAt, scan } from './frame-scan.ts';
import { ascii, ending, envelopeOf, foundFor, keysOf, looks, members, type Step } from './frame-shape.ts';
import type { LineStart } from './spliced-line.ts';

/** A book update, and when the exchange pushed it (ms). */
export type SplicedBook = { readonly event: DepthEvent; readonly sentAt: number };

/** A list of this length cannot hold more than MAX_LEVELS levels, each of which takes ten characters (`["1","1"],`). */
const SURELY_FEW_ENOUGH = 10 * MAX_LEVELS;

const [TYPE, TS, CTS, SYMBOL, BIDS, ASKS, U, SEQ] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const JUNK = 8;
const frameValues = {
  type: { look: looks.action, slot: TYPE },
  ts: { look: looks.time, slot: TS },
  cts: { look: looks.time, slot: CTS },
};
const bookValues = {
  s: { look: looks.symbol, slot: SYMBOL },
  b: { look: looks.levels, slot: BIDS },
  a: { look: looks.levels, slot: ASKS },
  u: { look: looks.count, slot: U },
  seq: { look: looks.count, slot: SEQ },
};

const SENT_AT = ascii(',"sent_at":');
const RECEIVED_AT = ascii(',"received_at":');
const ON_SNAPSHOT = ascii(',"action":"snapshot","depth":');
const ON_DELTA = ascii(',"action":"delta","depth":');
const BIDS_ARE = ascii(',"bids":');
const ASKS_ARE = ascii(',"asks":');
const UPDATE_ID = ascii(',"last_update_id":');
const SEQUENCE = ascii(',"seq":');
const CLOSE_BRACE = 0x7d;
const QUOTE = 0x22;
const LETTER_D = 0x64;

/** Of a line, without the start of its instrument and its levels. */
const FIXED_ROOM = 250;

/** Where the values of the frame lie that was read last. */
const found = foundFor(JUNK);

/** A book update whose line is in its frame. Its levels are made only when somebody asks for them. */
class SplicedDepth implements DepthEvent, LineRest {
  readonly type = 'depth';
  readonly depth: Depth;
  readonly action: 'snapshot' | 'delta';
  readonly last_update_id: number;
  readonly timestamp: number;
  readonly received_at: number;
  /** Asked for with every update that waits for a slow reader. */
  readonly seq: number | undefined;
  readonly sent_at: number;
  readonly #bytes: Buffer;
  readonly #start: LineStart;
  readonly #bids: number;
  readonly #bidsTo: number;
  readonly #asks: number;
  readonly #asksTo: number;

  /** Of the frame that `found` tells of. */
  constructor(
    bytes: Buffer,
    start: LineStart,
    depth: Depth,
    receivedAt: UnixMicros,
    { hasCts, hasSeq }: Optional,
  ) {
    const read = (slot: number): number => numberAt(bytes, found[2 * slot] ?? 0, found[2 * slot + 1] ?? 0);
    this.depth = depth;
    this.action = bytes[(found[2 * TYPE] ?? 0) + 1] === LETTER_D ? 'delta' : 'snapshot';
    this.last_update_id = read(U);
    this.sent_at = read(TS);
    this.timestamp = hasCts ? read(CTS) : this.sent_at;
    this.received_at = receivedAt;
    this.seq = hasSeq ? read(SEQ) : undefined;
    this.#bytes = bytes;
    this.#start = start;
    this.#bids = found[2 * BIDS] ?? 0;
    this.#bidsTo = found[2 * BIDS + 1] ?? 0;
    this.#asks = found[2 * ASKS] ?? 0;
    this.#asksTo = found[2 * ASKS + 1] ?? 0;
  }

  get category(): Category {
    return this.#start.category;
  }

  get symbol(): string {
    return this.#start.symbol;
  }

  get bids(): readonly Level[] {
    return this.#levels(this.#bids, this.#bidsTo);
  }

  get asks(): readonly Level[] {
    return this.#levels(this.#asks, this.#asksTo);
  }

  /** Its line. Not a property of its own: a copy of this event must not carry the line of another. */
  get line(): LineRest {
    return this;
  }

  get room(): number {
    return FIXED_ROOM + this.#start.bytes.length + this.#bidsTo - this.#bids + this.#asksTo - this.#asks;
  }

  writeTo(out: Uint8Array, from: number): number {
    let at = put(out, from, this.#start.bytes);
    at = putNumber(out, at, this.timestamp);
    at = put(out, at, SENT_AT);
    at = putNumber(out, at, this.sent_at);
    at = put(out, at, RECEIVED_AT);
    at = putNumber(out, at, this.received_at);
    at = put(out, at, this.action === 'delta' ? ON_DELTA : ON_SNAPSHOT);
    at = putNumber(out, at, this.depth);
    at = put(out, at, BIDS_ARE);
    at = putLevels(out, at, this.#bytes, this.#bids, this.#bidsTo);
    at = put(out, at, ASKS_ARE);
    at = putLevels(out, at, this.#bytes, this.#asks, this.#asksTo);
    at = put(out, at, UPDATE_ID);
    at = putNumber(out, at, this.last_update_id);
    if (this.seq !== undefined) at = putNumber(out, put(out, at, SEQUENCE), this.seq);
    out[at] = CLOSE_BRACE;
    return at + 1;
  }

  /** One list alone: the spare of a raced book folds both of each update. */
  #levels(from: number, to: number): readonly Level[] {
    return JSON.parse(this.#bytes.toString('latin1', from, to).replaceAll('"', '')) as readonly Level[];
  }

  /** The event as a plain object. */
  toJSON(): DepthEvent {
    return JSON.parse(`{"type":"depth"${textOfRest(this)}`) as DepthEvent;
  }
}

/** Keys that some frames leave out. */
type Optional = { readonly hasCts: boolean; readonly hasSeq: boolean };

/** Frames of books with one order of keys; one shape serves a whole market. */
export class DepthShape {
  readonly #steps: readonly Step[];
  readonly #optional: Optional;

  private constructor(steps: readonly Step[], optional: Optional) {
    this.#steps = steps;
    this.#optional = optional;
  }

  /** The shape of a frame that was parsed; undefined where none can be made of it. */
  static of(text: string): DepthShape | undefined {
    const envelope = envelopeOf(text);
    const keys = keysOf(envelope?.data);
    if (envelope === undefined || keys === undefined) return undefined;
    const around = [...envelope.before, ...envelope.after];
    if (!['type', 'ts'].every((key) => around.includes(key))) return undefined;
    if (!['s', 'b', 'a', 'u'].every((key) => keys.includes(key))) return undefined;
    const before = members('",', envelope.before, frameValues, JUNK);
    const data = before?.length === 0 ? '","data":{' : ',"data":{';
    const book = members(data, keys, bookValues, JUNK);
    const after = members('},', envelope.after, frameValues, JUNK);
    if (before === undefined || book === undefined || after === undefined) return undefined;
    const end = ending(after.length === 0 ? '}}' : '}', JUNK);
    return new DepthShape([...before, ...book, ...after, end], {
      hasCts: around.includes('cts'),
      hasSeq: keys.includes('seq'),
    });
  }

  /** The update in a frame whose topic ends at `topicEnd`; undefined when it must be parsed. */
  splice(
    bytes: Buffer,
    topicEnd: number,
    start: LineStart,
    depth: Depth,
    receivedAt: UnixMicros,
  ): SplicedBook | undefined {
    if (scan(this.#steps, bytes, topicEnd, start.quoted, found) !== bytes.length) return undefined;
    // Longer lists are counted where they are parsed.
    if (lengthOf(BIDS) > SURELY_FEW_ENOUGH || lengthOf(ASKS) > SURELY_FEW_ENOUGH) return undefined;
    const event = new SplicedDepth(bytes, start, depth, receivedAt, this.#optional);
    return { event, sentAt: event.sent_at };
  }
}

function lengthOf(slot: number): number {
  return (found[2 * slot + 1] ?? 0) - (found[2 * slot] ?? 0);
}

/** A list of levels with numbers in the place of texts. */
function putLevels(out: Uint8Array, from: number, bytes: Uint8Array, start: number, end: number): number {
  let at = from;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) continue;
    out[at] = byte;
    at += 1;
  }
  return at;
}
