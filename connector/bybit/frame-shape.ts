/**
 * Frames of a known shape, read as bytes: values are found in a frame without building its objects, or even its text.
 *
 * The shape of a frame is the order of its keys. It differs between markets (bybit-v5.md section 3) and changes over time, so
 * it is learnt from frames that were parsed. A frame of another shape, or with a value that is not written in the plainest
 * way, does not match and is parsed. What is found means exactly what parsing gives: the parser is the tested oracle.
 */
import { Buffer } from 'node:buffer';

/** What a value must look like; plain numbers have no sign and no exponent, at most 20 digits on either side of the point. */
export const looks = {
  /** Whatever else may stand there: a text without escapes, a number, a word. */
  anything: 0,
  /** A whole number from 0 that a double holds exactly. */
  count: 1,
  /** The same from 1. */
  time: 2,
  /** A plain number in quotes, not zero. */
  positive: 3,
  /** A list of `["price","size"]`. */
  levels: 4,
  flag: 5,
  /** The symbol of the topic, in quotes. */
  symbol: 6,
  id: 7,
  side: 8,
  action: 9,
  /** No value: the literal before it ends a part. */
  nothing: 10,
} as const;
export type Look = (typeof looks)[keyof typeof looks];

/** The values that are wanted, by key: how they look, and where the place of each is noted. */
export type Wanted = Readonly<Record<string, { readonly look: Look; readonly slot: number }>>;

/** Bytes that stand as they are, and the value after them. */
export type Step = { readonly literal: Uint8Array; readonly look: Look; readonly slot: number };

/** Where values lie: of slot n from `[2n]` up to `[2n + 1]`, quotes included. The last slot takes what nobody wants. */
export type Found = Int32Array;

/** Room for that many wanted values. */
export function foundFor(slots: number): Found {
  return new Int32Array(2 * (slots + 1));
}

/** Keys that stand in a shape as they are. */
const PLAIN_KEY = /^[A-Za-z0-9]{1,30}$/;

/** The members of an object with these keys in this order, the first one after `before`. Undefined where a key is not plain. */
export function members(
  before: string,
  keys: readonly string[],
  wanted: Wanted,
  junkSlot: number,
): readonly Step[] | undefined {
  if (!keys.every((key) => PLAIN_KEY.test(key))) return undefined;
  return keys.map((key, index) => {
    const { look, slot } = (Object.hasOwn(wanted, key) ? wanted[key] : undefined) ?? {
      look: looks.anything,
      slot: junkSlot,
    };
    return { literal: ascii(`${index === 0 ? before : ','}"${key}":`), look, slot };
  });
}

/** What ends a part. */
export function ending(literal: string, junkSlot: number): Step {
  return { literal: ascii(literal), look: looks.nothing, slot: junkSlot };
}

export function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The keys of a value in their order, if it is an object. */
export function keysOf(value: unknown): readonly string[] | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.keys(value)
    : undefined;
}

/** A frame whose topic comes first, and its other keys in two parts: before and after `data`. */
export type Envelope = {
  readonly before: readonly string[];
  readonly data: unknown;
  readonly after: readonly string[];
};

/** What stands around `data` in a frame's text; undefined when the text is not a frame that begins with its topic. */
export function envelopeOf(text: string): Envelope | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  const keys = keysOf(frame);
  if (keys === undefined || keys[0] !== 'topic' || !keys.includes('data')) return undefined;
  const at = keys.indexOf('data');
  return {
    before: keys.slice(1, at),
    data: (frame as { readonly data: unknown }).data,
    after: keys.slice(at + 1),
  };
}
