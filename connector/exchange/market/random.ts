/**
 * Reproducible randomness: the same seed text yields the same numbers on every machine.
 *
 * The simulated market must be a function of its seed, so nothing in it may call `Math.random`. The generator is sfc32
 * (small fast counter, 128 bits of state): far better than needed for order flow, and a few nanoseconds a number.
 */

/** A stream of numbers. Every call moves the state on, so the order of calls is part of the result. */
export interface Random {
  /** The next 32 bits as an unsigned integer. */
  next(): number;
  /** The next number in [0, 1). */
  fraction(): number;
  /** The next integer in [0, bound). `bound` is a positive integer below 2^32. */
  below(bound: number): number;
  /** A waiting time with mean 1: the exponential distribution behind Poisson-like arrivals. */
  exponential(): number;
}

/** Makes the generator that belongs to a seed text. */
export function createRandom(seed: string): Random {
  let [a, b, c, d] = hashText(seed);
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  const fraction = (): number => next() / 0x1_0000_0000;
  return {
    next,
    fraction,
    below: (bound) => Math.floor(fraction() * bound),
    exponential: () => -Math.log(1 - fraction()),
  };
}

/** Four 32-bit words from a text (cyrb128): spreads seeds that differ in one letter over the whole state. */
export function hashText(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [(a ^ b ^ c ^ d) >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0];
}
