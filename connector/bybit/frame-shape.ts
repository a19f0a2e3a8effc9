/**
 * Frames of a known shape, read as text: values are cut out of a frame without building its objects.
 *
 * The shape of a frame is the order of its keys. It differs between markets (bybit-v5.md section 3) and changes over time, so
 * it is learnt from frames that were parsed. A frame of another shape, or with a value that is not written in the plainest
 * way, does not match and is parsed. What is cut out means exactly what parsing gives: the parser is the tested oracle.
 */

/** Patterns of the values that are wanted, by key; each has exactly one group. */
type Wanted = Readonly<Record<string, string>>;

/** The inside of an object as a pattern. */
export type Members = {
  readonly source: string;
  /** The number of the group that holds the value of a key; 0 where the object does not have it. */
  readonly groupOf: (key: string) => number;
  /** The number of the next group after these. */
  readonly nextGroup: number;
};

/** A plain JSON number without sign and exponent, at most 20 digits on either side of the point. */
const DECIMAL = '(?:0|[1-9]\\d{0,19})(?:\\.\\d{1,20})?';
/** Stands before a number in quotes: not zero. */
const NOT_ZERO = '(?!0(?:\\.0+)?")';
const LEVEL = `\\["${NOT_ZERO}${DECIMAL}","${DECIMAL}"\\]`;

export const POSITIVE = `"(${NOT_ZERO}${DECIMAL})"`;
/** A whole number from 0 that a double holds exactly. */
export const COUNT = '(0|[1-9]\\d{0,14})';
/** The same from 1. */
export const TIME = '([1-9]\\d{0,14})';
export const FLAG = '(true|false)';
/** A list of `["price","size"]`, as a whole. */
export const LEVELS = `(\\[(?:${LEVEL}(?:,${LEVEL})*)?\\])`;

/** Whatever else may stand there: a text without escapes, a number, a word. */
const ANYTHING =
  '(?:"[^"\\\\\\u0000-\\u001f]*"|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null)';

/** Keys that stand in a pattern as they are. */
const PLAIN_KEY = /^[A-Za-z0-9]{1,30}$/;

/** An object with these keys in this order, without its braces. Undefined where a key is not plain. */
export function members(keys: readonly string[], wanted: Wanted, firstGroup: number): Members | undefined {
  if (!keys.every((key) => PLAIN_KEY.test(key))) return undefined;
  const captured = keys.filter((key) => Object.hasOwn(wanted, key));
  return {
    source: keys.map((key) => `"${key}":${wanted[key] ?? ANYTHING}`).join(','),
    groupOf: (key) => (captured.includes(key) ? firstGroup + captured.indexOf(key) : 0),
    nextGroup: firstGroup + captured.length,
  };
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
