/**
 * The samples of one market, for the sweep detector (sweep.ts): what they are made of, and when they show a sweep.
 *
 * They are made of the times of trades, so a recording gives the same at any speed, as long as no trade comes after its sample was
 * closed. Sums are f64: what is left of equal buying and
 * selling is rounding, and counts as nothing.
 */

export const SAMPLE_MS = 5_000;
/** Nothing is told with less; the newest is compared with the others. */
const SAMPLES = 20;
/** Price and CVD are compared over these. After a sweep as many new ones are waited for, so that it is told once. */
export const DIVERGENCE_SAMPLES = 10;
/** The newest |volume delta| must be over so many times the mean of those before. */
const SPIKE = 1.5;
/** Less than this part of the volume is rounding. */
const NOISE = 1e-9;
/** A trade that is so much older than the sample in the making: that was begun by a wrong clock, or a trade with a wrong time. */
const WRONG_MS = 10_000;

type Sample = { readonly price: number; readonly delta: number; readonly volume: number };

/** What the samples show. */
export type Sweep = {
  /** 1 bullish, -1 bearish. */
  readonly sign: 1 | -1;
  /** End of the newest sample, ms. */
  readonly at: number;
  readonly price: number;
  /** Since the samples began. */
  readonly cvd: number;
  /** Over the samples that are compared. */
  readonly priceChange: number;
  readonly cvdChange: number;
  /** Of the newest sample, and how many times the mean of those before it is. */
  readonly delta: number;
  readonly times: number;
  /** How many of those before are smaller, in percent. */
  readonly percentile: number;
};

export class SweepSamples {
  /** Time of the first trade; null before it. */
  #since: number | null = null;
  /** End of the sample in the making, which is not part of it. */
  #end = 0;
  #price = 0;
  #cvd = 0;
  #delta = 0;
  #volume = 0;
  /** Oldest first. */
  #samples: Sample[] = [];
  /** Samples to wait for after a sweep. */
  #rest = 0;

  get since(): number | null {
    return this.#since;
  }

  /** Takes a trade; answers what the samples that it ends show. One that is a little late counts to the sample in the making. */
  trade(at: number, price: number, qty: number, isBuy: boolean): readonly Sweep[] {
    if (this.#since !== null && at < this.#end - SAMPLE_MS - WRONG_MS) this.forget();
    if (this.#since === null) {
      this.#since = at;
      this.#end = at - (at % SAMPLE_MS) + SAMPLE_MS;
    }
    const sweeps = this.closeUpTo(at);
    this.#price = price;
    this.#volume += qty;
    this.#delta += isBuy ? qty : -qty;
    return sweeps;
  }

  /** Closes the samples that end at `at` or before; answers what they show. */
  closeUpTo(at: number): readonly Sweep[] {
    const sweeps: Sweep[] = [];
    if (this.#since === null) return sweeps;
    for (let closed = 0; this.#end <= at; closed += 1) {
      // All samples are alike by now, and so are those up to `at`.
      if (closed > SAMPLES) this.#end = at - (at % SAMPLE_MS);
      const sweep = this.#close(this.#since);
      if (sweep !== undefined) sweeps.push(sweep);
    }
    return sweeps;
  }

  /** Something is missing: begins anew with the next trade. */
  forget(): void {
    this.#since = null;
    this.#cvd = 0;
    this.#delta = 0;
    this.#volume = 0;
    this.#samples = [];
    this.#rest = 0;
  }

  #close(since: number): Sweep | undefined {
    const at = this.#end;
    const sample = { price: this.#price, delta: this.#delta, volume: this.#volume };
    this.#end = at + SAMPLE_MS;
    this.#cvd += sample.delta;
    this.#delta = 0;
    this.#volume = 0;
    // It began before the first trade that was seen: it lacks a part.
    if (at - SAMPLE_MS < since) return undefined;
    this.#samples = [...this.#samples, sample].slice(-SAMPLES);
    this.#rest = Math.max(0, this.#rest - 1);
    const sweep = this.#rest > 0 ? undefined : sweepOf(this.#samples);
    if (sweep === undefined) return undefined;
    this.#rest = DIVERGENCE_SAMPLES;
    return { ...sweep, at, cvd: this.#cvd };
  }
}

function sweepOf(samples: readonly Sample[]): Omit<Sweep, 'at' | 'cvd'> | undefined {
  const last = samples.at(-1);
  const first = samples.at(-DIVERGENCE_SAMPLES);
  if (last === undefined || first === undefined || samples.length < SAMPLES) return undefined;
  const priceChange = last.price - first.price;
  const later = samples.slice(1 - DIVERGENCE_SAMPLES);
  const cvdChange = sumOf(later.map(({ delta }) => delta));
  const isNoise = Math.abs(cvdChange) <= NOISE * sumOf(later.map(({ volume }) => volume));
  if (isNoise || priceChange * cvdChange >= 0) return undefined;
  const before = samples.slice(0, -1).map(({ delta }) => Math.abs(delta));
  const mean = sumOf(before) / before.length;
  const size = Math.abs(last.delta);
  // Where nothing was traded before there is nothing to compare with.
  if (mean === 0 || size <= SPIKE * mean) return undefined;
  return {
    sign: cvdChange > 0 ? 1 : -1,
    price: last.price,
    priceChange,
    cvdChange,
    delta: last.delta,
    times: size / mean,
    percentile: (100 * before.filter((other) => other < size).length) / before.length,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
