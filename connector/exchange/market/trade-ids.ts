/**
 * Trade ids that look like Bybit's and never collide: not inside a run, and not between runs.
 *
 * Linear and inverse have UUIDs (their version digit is 5), spot has numbers of 19 digits that lie far beyond 2^53. Both
 * come from a text that holds the run's seed (random when none was given, which makes it the run's nonce), the market
 * and the symbol, plus a counter. The first word of a UUID is a one-to-one scramble of the counter, so two trades of one stream
 * cannot share an id; a spot id is a random start plus the counter.
 */
import type { Category } from './instruments.ts';
import { hashText } from './random.ts';

/** Gives the next id of one instrument's stream of trades. */
export type TradeIds = () => string;

/** The ids of one instrument in one run; `seed` names the run. */
export function createTradeIds(category: Category, symbol: string, seed: string): TradeIds {
  const words = hashText(`${seed}/${category}/${symbol}/trade`);
  return category === 'spot' ? numericIds(words) : uuidIds(words);
}

/** Ten high digits from 2,200,000,000 to 9,199,999,999 and nine low ones: 19 digits, below 2^63. */
function numericIds(words: readonly [number, number, number, number]): TradeIds {
  let high = 2_200_000_000 + Math.floor((words[0] / 0x1_0000_0000) * 7_000_000_000) + (words[1] % 997);
  let low = words[2] % 1_000_000_000;
  return () => {
    low += 1;
    if (low === 1_000_000_000) {
      low = 0;
      high += 1;
    }
    return `${high}${String(low).padStart(9, '0')}`;
  };
}

function uuidIds(words: readonly [number, number, number, number]): TradeIds {
  const idOf = uuidsOf(words);
  let counter = 0;
  return () => {
    counter += 1;
    return idOf(counter);
  };
}

/** The ids of the contract trades of a run by their number, from 1 on: what `createTradeIds` gives one after the other. */
export function contractIdsOf(category: Category, symbol: string, seed: string): (number: number) => string {
  return uuidsOf(hashText(`${seed}/${category}/${symbol}/trade`));
}

/** The UUIDs that belong to four words, by number. */
export function uuidsOf(words: readonly [number, number, number, number]): (number: number) => string {
  return (counter) => {
    const first = scramble(counter ^ words[0]);
    const second = scramble(first ^ words[1]);
    const third = scramble(second ^ words[2]);
    const fourth = scramble(third ^ words[3]);
    writeHex(first, 0);
    writeHex(second, 8);
    writeHex(third, 16);
    writeHex(fourth, 24);
    codes[VERSION_PLACE] = '5'.charCodeAt(0);
    codes[VARIANT_PLACE] = '89ab'.charCodeAt(third >>> 30);
    return String.fromCharCode(...codes);
  };
}

/** A one-to-one mapping of 32 bits (the finalizer of MurmurHash3). */
function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const DASH = 45;
const VERSION_PLACE = 14;
const VARIANT_PLACE = 19;

/**
 * The 36 characters of the id that is being written. A text that is put together from pieces holds all its pieces (450 bytes
 * instead of 56), and hundreds of thousands of ids are kept.
 */
const codes: number[] = Array.from({ length: 36 }, () => DASH);

/** Where the digits stand between the dashes. */
const PLACES: readonly number[] = Array.from({ length: 36 }, (_, place) => place).filter(
  (place) => place !== 8 && place !== 13 && place !== 18 && place !== 23,
);

function writeHex(word: number, at: number): void {
  for (let digit = 0; digit < 8; digit += 1) {
    const value = (word >>> (28 - 4 * digit)) & 15;
    codes[PLACES[at + digit] ?? 0] = value < 10 ? 48 + value : 87 + value;
  }
}
