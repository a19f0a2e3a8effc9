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
  let counter = 0;
  return () => {
    counter += 1;
    const first = scramble(counter ^ words[0]);
    const second = scramble(first ^ words[1]);
    const third = scramble(second ^ words[2]);
    const fourth = scramble(third ^ words[3]);
    const middle = hex(second);
    const variant = (8 + (third >>> 30)).toString(16);
    const tail = hex(third);
    return `${hex(first)}-${middle.slice(0, 4)}-5${middle.slice(5)}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}${hex(fourth)}`;
  };
}

/** A one-to-one mapping of 32 bits (the finalizer of MurmurHash3). */
function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
