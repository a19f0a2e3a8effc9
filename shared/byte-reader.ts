/**
 * Reads a known layout from bytes: literals, digits, plain texts. What is read moves on; what is not as it should be says so.
 *
 * Built for the lines of trades and books (events/ordinary-lines.ts), of which there are thousands a second: nothing is
 * allocated but the texts.
 */

/** A decimal of so few digits is exactly the quotient of two numbers that are exact. */
const EXACT_DIGITS = 15;
/** Longer numbers are nobody's: they are left to the parser, also because they might be infinite. */
const LONGEST = 40;
/** So many digits may still be a safe integer. */
const SAFE_DIGITS = 16;
const powers = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

const NEWLINE = 10;
const QUOTE = 34;
const POINT = 46;
const ZERO = 48;
const BACKSLASH = 92;
const BRACE = 125;

const nothing = Buffer.alloc(0);

/** What stands between the values. */
export type Literal = { readonly words: Int32Array; readonly length: number };

/** `text` has at least four characters. */
export function literal(text: string): Literal {
  const bytes = Buffer.from(text, 'latin1');
  const words = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) =>
    bytes.readInt32BE(Math.min(index * 4, bytes.length - 4)),
  );
  return { words: Int32Array.from(words), length: bytes.length };
}

export class ByteReader {
  #bytes: Buffer = nothing;
  #words: DataView = new DataView(nothing.buffer, 0, 0);
  /** What is read next. */
  at = 0;

  open(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  /** Do the same `length` bytes stand here as from `from` on? */
  repeats(from: number, length: number): boolean {
    const words = this.#words;
    const { at } = this;
    if (at + length > words.byteLength) return false;
    let offset = 0;
    for (; offset + 4 <= length; offset += 4)
      if (words.getInt32(from + offset) !== words.getInt32(at + offset)) return false;
    for (; offset < length; offset += 1)
      if (words.getInt8(from + offset) !== words.getInt8(at + offset)) return false;
    this.at = at + length;
    return true;
  }

  /** Plain characters up to a quote, which does not pass; undefined where there are none or too many. */
  text(longest: number): string | undefined {
    const from = this.at;
    const last = from + longest;
    let at = from;
    for (; at <= last; at += 1) {
      const byte = this.byte(at);
      if (byte === QUOTE) break;
      if (byte < 32 || byte > 126 || byte === BACKSLASH) return undefined;
    }
    if (at === from || at > last) return undefined;
    this.at = at;
    return this.#bytes.toString('latin1', from, at);
  }

  /** A safe integer that is not negative, without leading zeros; -1 where there is none. */
  count(): number {
    const from = this.at;
    const value = this.#digits(from);
    const digits = this.at - from;
    if (digits === 0 || digits > SAFE_DIGITS || value > Number.MAX_SAFE_INTEGER) return -1;
    return digits > 1 && this.byte(from) === ZERO ? -1 : value;
  }

  /** A number that is not negative, written without an exponent, as JSON.parse reads it; NaN where there is none. */
  decimal(): number {
    const from = this.at;
    let value = this.#digits(from);
    const point = this.at;
    const whole = point - from;
    if (whole === 0 || whole > LONGEST || (whole > 1 && this.byte(from) === ZERO)) return Number.NaN;
    if (this.byte(point) !== POINT) {
      return whole <= EXACT_DIGITS ? value : Number(this.#bytes.toString('latin1', from, point));
    }
    value = this.#digits(point + 1, value);
    const places = this.at - point - 1;
    if (places === 0 || places > LONGEST) return Number.NaN;
    return this.at - from - 1 <= EXACT_DIGITS
      ? value / (powers[places] ?? 1)
      : Number(this.#bytes.toString('latin1', from, this.at));
  }

  /** The digits from `from` on behind those of `value`; what is read next stands behind them. */
  #digits(from: number, value = 0): number {
    const bytes = this.#bytes;
    let sum = value;
    let at = from;
    for (; ; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      sum = sum * 10 + digit;
    }
    this.at = at;
    return sum;
  }

  /** Compared by words of four bytes; the last one overlaps the one before. */
  passes({ words: wanted, length }: Literal): boolean {
    const words = this.#words;
    const at = this.at;
    const last = at + length - 4;
    if (last + 4 > words.byteLength) return false;
    if (words.getInt32(last) !== wanted[wanted.length - 1]) return false;
    for (let index = 0; index < wanted.length - 1; index += 1)
      if (words.getInt32(at + index * 4) !== wanted[index]) return false;
    this.at = at + length;
    return true;
  }

  /** One byte. */
  skips(byte: number): boolean {
    if (this.byte(this.at) !== byte) return false;
    this.at += 1;
    return true;
  }

  /** The end of an object and of its line. */
  ends(): boolean {
    return this.skips(BRACE) && this.skips(NEWLINE);
  }

  /** 0 behind the end: no byte of an ordinary line. */
  byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }
}
