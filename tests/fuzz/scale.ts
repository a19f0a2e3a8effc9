/**
 * How long the fuzzing runs, and from which seed.
 *
 * A sample in `npm test`, all of it in `npm run prove` (PROVE=1). `FUZZ_SCALE=10` multiplies the runs of both, `FUZZ_SEED=7`
 * repeats a run exactly: the seed is told by each test.
 */
import type { TestContext } from 'node:test';

export type Scale = { readonly numRuns: number; readonly seed: number };

/** Runs and seed of one property; both are told in the test's report. */
export function scaleOf(
  t: Pick<TestContext, 'diagnostic'>,
  runs: { readonly sample: number; readonly proof: number },
): Scale {
  const full = process.env['PROVE'] === '1' ? runs.proof : runs.sample;
  const numRuns = Math.max(1, Math.round(full * positive('FUZZ_SCALE', 1)));
  // Randomness may be drawn here: it is told, and given back through the environment.
  const seed = positive('FUZZ_SEED', 1 + Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`${numRuns.toLocaleString('en')} runs, FUZZ_SEED=${seed}`);
  return { numRuns, seed };
}

function positive(name: string, otherwise: number): number {
  const text = process.env[name] ?? '';
  if (text === '') return otherwise;
  const value = Number(text);
  if (!(value > 0 && value < 2 ** 31)) throw new Error(`${name} must be a number above 0: ${text}`);
  return value;
}

/** Random numbers of one run: a function of its seed, cheap enough for millions of runs (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 to below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}
