/**
 * Texts as numbers, for whoever remembers thousands of ids and asks for few: a text that outlives two collections of garbage is
 * copied twice, and what grows old sets V8 to marking its heap.
 */
import { Buffer } from 'node:buffer';

/** 53 bits of a hash: among a million texts two are alike with a chance of one in ten thousand. */
export function digestOfText(text: string): number {
  const bytes = Buffer.from(text);
  return digestOfBytes(bytes, 0, bytes.length);
}

/** The same of a text in ASCII, which lies in `bytes` from `from` up to `to`. */
export function digestOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let [high, low] = [HIGH_SEED, LOW_SEED];
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    high = Math.imul(high ^ byte, PRIME);
    low = Math.imul(low + byte, FACTOR) ^ (low >>> 15);
  }
  return joined(high, low);
}

/** FNV-1a (32 bits), and 21 bits of a second hash of another kind. */
const PRIME = 0x01000193;
const FACTOR = 0x9e3779b1;
const HIGH_SEED = 0x811c9dc5 | 0;
const LOW_SEED = 0x2545f491;
const LOW_RANGE = 0x20_0000;

/** Stirred, so that the bits that are kept depend on all of the text. */
function joined(high: number, low: number): number {
  return ((high ^ (high >>> 15)) >>> 0) * LOW_RANGE + ((low ^ (low >>> 13)) & (LOW_RANGE - 1));
}
