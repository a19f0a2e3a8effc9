/**
 * Frames of trades to lines without parsing them: each line is put together from the frame's own bytes.
 *
 * Ten times as fast as parsing, checking and writing anew (docs/performance.md); most of that time goes into making strings
 * and numbers that are only written down again. `readTrades` is the slow way, and the oracle in the tests.
 */
import type { Buffer } from 'node:buffer';
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Category } from '../../shared/market.ts';
import { digestOfBytes } from '../../shared/text-digest.ts';
import type { UnixMicros } from '../../shared/time.ts';
import { type LineRest, put, putNumber, putPart, textOfRest } from '../outbox/line-bytes.ts';
import { numberAt, scan } from './frame-scan.ts';
import { ascii, ending, envelopeOf, foundFor, keysOf, looks, members, type Step } from './frame-shape.ts';
import type { LineStart } from './spliced-line.ts';

/** Trades in match order, and when the exchange pushed them (ms). */
export type SplicedTrades = { readonly trades: readonly TradeEvent[]; readonly sentAt: number };

const TS = 0;
const headValues = { ts: { look: looks.time, slot: TS } };
const [T, V, P, I, SEQ, SIDE, BT, RPI, SYMBOL] = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const JUNK = 10;
const rowValues = {
  T: { look: looks.time, slot: T },
  s: { look: looks.symbol, slot: SYMBOL },
  S: { look: looks.side, slot: SIDE },
  v: { look: looks.positive, slot: V },
  p: { look: looks.positive, slot: P },
  i: { look: looks.id, slot: I },
  BT: { look: looks.flag, slot: BT },
  RPI: { look: looks.flag, slot: RPI },
  seq: { look: looks.count, slot: SEQ },
};
const neededKeys = ['T', 's', 'S', 'v', 'p', 'i'];

const SENT_AT = ascii(',"sent_at":');
const RECEIVED_AT = ascii(',"received_at":');
const PRICE = ascii(',"price":');
const QTY = ascii(',"qty":');
const BUY = ascii(',"side":"buy","is_buyer_maker":false,"id":');
const SELL = ascii(',"side":"sell","is_buyer_maker":true,"id":');
const SEQUENCE = ascii(',"seq":');
const BLOCK = ascii(',"block":true');
const RETAIL = ascii(',"rpi":true');
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const LETTER_B = 0x42;
const LETTER_T = 0x74;

/** Of a line, without the start of its instrument and its values, and with the receipt. */
const FIXED_ROOM = 200;

/** Where the values of the row lie that was read last. */
const found = foundFor(JUNK);

/** What the trades of one frame have in common. */
type TradeFrame = {
  readonly bytes: Buffer;
  readonly start: LineStart;
  readonly receivedAt: UnixMicros;
  readonly sentFrom: number;
  readonly sentTo: number;
};

/** A trade whose line is in its frame. What is seldom asked for is read from there then. */
class SplicedTrade implements TradeEvent, LineRest {
  readonly type = 'trade';
  readonly #frame: TradeFrame;
  /** Where its row begins, and where its values lie after that. */
  readonly #time: number;
  readonly #timeTo: number;
  readonly #price: number;
  readonly #priceTo: number;
  readonly #qty: number;
  readonly #qtyTo: number;
  readonly #id: number;
  readonly #idTo: number;
  readonly #seq: number;
  readonly #seqTo: number;
  readonly #isBuy: boolean;
  readonly #isBlock: boolean;
  readonly #isRetail: boolean;

  /** Of the row that `found` tells of. */
  constructor(frame: TradeFrame, { hasSeq, hasBlock, hasRetail }: Optional) {
    const { bytes } = frame;
    this.#frame = frame;
    this.#time = found[2 * T] ?? 0;
    this.#timeTo = found[2 * T + 1] ?? 0;
    this.#price = found[2 * P] ?? 0;
    this.#priceTo = found[2 * P + 1] ?? 0;
    this.#qty = found[2 * V] ?? 0;
    this.#qtyTo = found[2 * V + 1] ?? 0;
    this.#id = found[2 * I] ?? 0;
    this.#idTo = found[2 * I + 1] ?? 0;
    this.#seq = hasSeq ? (found[2 * SEQ] ?? 0) : 0;
    this.#seqTo = hasSeq ? (found[2 * SEQ + 1] ?? 0) : 0;
    this.#isBuy = bytes[(found[2 * SIDE] ?? 0) + 1] === LETTER_B;
    this.#isBlock = hasBlock && bytes[found[2 * BT] ?? 0] === LETTER_T;
    this.#isRetail = hasRetail && bytes[found[2 * RPI] ?? 0] === LETTER_T;
  }

  get category(): Category {
    return this.#frame.start.category;
  }

  get symbol(): string {
    return this.#frame.start.symbol;
  }

  get received_at(): number {
    return this.#frame.receivedAt;
  }

  get timestamp(): number {
    return numberAt(this.#frame.bytes, this.#time, this.#timeTo);
  }

  get sent_at(): number {
    return numberAt(this.#frame.bytes, this.#frame.sentFrom, this.#frame.sentTo);
  }

  get id(): string {
    return this.#frame.bytes.toString('latin1', this.#id + 1, this.#idTo - 1);
  }

  /** The bytes of its id, at most 64; answers how many they are. */
  copyIdTo(out: Uint8Array): number {
    return putPart(out, 0, this.#frame.bytes, this.#id + 1, this.#idTo - 1);
  }

  /** Of its id, without making a text of it. */
  get idDigest(): number {
    return digestOfBytes(this.#frame.bytes, this.#id + 1, this.#idTo - 1);
  }

  get seq(): number | undefined {
    return this.#seqTo === 0 ? undefined : numberAt(this.#frame.bytes, this.#seq, this.#seqTo);
  }

  get price(): number {
    return Number(this.#frame.bytes.toString('latin1', this.#price + 1, this.#priceTo - 1));
  }

  get qty(): number {
    return Number(this.#frame.bytes.toString('latin1', this.#qty + 1, this.#qtyTo - 1));
  }

  get side(): TradeEvent['side'] {
    return this.#isBuy ? 'buy' : 'sell';
  }

  get is_buyer_maker(): boolean {
    return !this.#isBuy;
  }

  get block(): true | undefined {
    return this.#isBlock ? true : undefined;
  }

  get rpi(): true | undefined {
    return this.#isRetail ? true : undefined;
  }

  /** Its line. Not a property of its own: a copy of this event must not carry the line of another. */
  get line(): LineRest {
    return this;
  }

  get room(): number {
    const { start } = this.#frame;
    return (
      FIXED_ROOM +
      start.bytes.length +
      this.#priceTo -
      this.#price +
      this.#qtyTo -
      this.#qty +
      this.#idTo -
      this.#id
    );
  }

  writeTo(out: Uint8Array, from: number): number {
    const { bytes, start, receivedAt, sentFrom, sentTo } = this.#frame;
    let at = put(out, from, start.bytes);
    at = putPart(out, at, bytes, this.#time, this.#timeTo);
    at = put(out, at, SENT_AT);
    at = putPart(out, at, bytes, sentFrom, sentTo);
    at = put(out, at, RECEIVED_AT);
    at = putNumber(out, at, receivedAt);
    at = put(out, at, PRICE);
    at = putPart(out, at, bytes, this.#price + 1, this.#priceTo - 1);
    at = put(out, at, QTY);
    at = putPart(out, at, bytes, this.#qty + 1, this.#qtyTo - 1);
    at = put(out, at, this.#isBuy ? BUY : SELL);
    at = putPart(out, at, bytes, this.#id, this.#idTo);
    if (this.#seqTo > 0) {
      at = put(out, at, SEQUENCE);
      at = putPart(out, at, bytes, this.#seq, this.#seqTo);
    }
    if (this.#isBlock) at = put(out, at, BLOCK);
    if (this.#isRetail) at = put(out, at, RETAIL);
    out[at] = CLOSE_BRACE;
    return at + 1;
  }

  /** The event as a plain object. */
  toJSON(): TradeEvent {
    return JSON.parse(`{"type":"trade"${textOfRest(this)}`) as TradeEvent;
  }
}

/** Keys that some markets leave out. */
type Optional = { readonly hasSeq: boolean; readonly hasBlock: boolean; readonly hasRetail: boolean };

type Parts = {
  /** From the topic to the first row, one row, and all after the last. */
  readonly head: readonly Step[];
  readonly row: readonly Step[];
  readonly tail: readonly Step[];
};

/** Frames of trades with one order of keys. It holds no symbol, so that one shape serves a whole market. */
export class TradeShape {
  readonly #parts: Parts;
  readonly #optional: Optional;

  private constructor(parts: Parts, optional: Optional) {
    this.#parts = parts;
    this.#optional = optional;
  }

  /** The shape of a frame that was parsed; undefined where none can be made of it. */
  static of(text: string): TradeShape | undefined {
    const envelope = envelopeOf(text);
    if (envelope === undefined || !Array.isArray(envelope.data)) return undefined;
    const keys = keysOf(envelope.data[0]);
    if (keys === undefined || !envelope.before.includes('ts')) return undefined;
    if (!neededKeys.every((key) => keys.includes(key))) return undefined;
    const head = members('",', envelope.before, headValues, JUNK);
    const row = members('{', keys, rowValues, JUNK);
    const tail = members('],', envelope.after, {}, JUNK);
    if (head === undefined || row === undefined || tail === undefined) return undefined;
    return new TradeShape(
      {
        head: [...head, ending(',"data":[', JUNK)],
        row: [...row, ending('}', JUNK)],
        tail: [...tail, ending(tail.length === 0 ? ']}' : '}', JUNK)],
      },
      { hasSeq: keys.includes('seq'), hasBlock: keys.includes('BT'), hasRetail: keys.includes('RPI') },
    );
  }

  /** The trades of a frame whose topic ends at `topicEnd`; undefined when it must be parsed. */
  splice(
    bytes: Buffer,
    topicEnd: number,
    start: LineStart,
    receivedAt: UnixMicros,
  ): SplicedTrades | undefined {
    const { head, row, tail } = this.#parts;
    const { quoted } = start;
    let at = scan(head, bytes, topicEnd, quoted, found);
    if (at < 0) return undefined;
    const sentFrom = found[2 * TS] ?? 0;
    const sentTo = found[2 * TS + 1] ?? 0;
    const frame: TradeFrame = { bytes, start, receivedAt, sentFrom, sentTo };
    const trades: TradeEvent[] = [];
    for (;;) {
      at = scan(row, bytes, at, quoted, found);
      if (at < 0) return undefined;
      trades.push(new SplicedTrade(frame, this.#optional));
      if (bytes[at] !== COMMA) break;
      at += 1;
    }
    if (scan(tail, bytes, at, quoted, found) !== bytes.length) return undefined;
    return { trades, sentAt: numberAt(bytes, sentFrom, sentTo) };
  }
}
