/**
 * A histogram of latencies with fixed buckets, cheap enough for every event: two table reads, no allocation.
 *
 * A negative latency means that two clocks disagree, not that something was quick: it is counted apart and is in no bucket.
 */

/** Upper bounds in microseconds: from 100 us (a pipe on one machine) to 30 s; close together where Bybit's usual 0.1 to 0.25 s lie. */
export const latencyBoundsMicros: readonly number[] = [
  100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000, 20_000, 25_000, 50_000, 75_000, 100_000, 150_000,
  200_000, 250_000, 350_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

const bounds = Float64Array.from(latencyBoundsMicros);
const LARGEST = latencyBoundsMicros.at(-1) ?? 0;
/** By the number of binary digits of a latency: the first bucket that it may belong to. */
const firstBucket = Uint8Array.from({ length: 33 }, (_, digits) => {
  const least = digits === 0 ? 0 : 2 ** (digits - 1);
  const found = latencyBoundsMicros.findIndex((bound) => bound >= least);
  return found < 0 ? latencyBoundsMicros.length : found;
});

export class LatencyHistogram {
  /** One more than there are bounds: the last holds what is beyond them. */
  readonly #buckets = new Float64Array(bounds.length + 1);
  #sumMicros = 0;
  /** Latencies below zero: in no bucket, and in neither sum nor count. */
  negative = 0;

  record(micros: number): void {
    if (micros >= 0) {
      let bucket = bounds.length;
      if (micros <= LARGEST) {
        bucket = firstBucket[32 - Math.clz32(micros)] ?? 0;
        while (micros > (bounds[bucket] ?? Infinity)) bucket += 1;
      }
      this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
      this.#sumMicros += micros;
    } else this.negative += 1;
  }

  get count(): number {
    return this.#buckets.reduce((sum, count) => sum + count, 0);
  }

  get sumSeconds(): number {
    return this.#sumMicros / 1e6;
  }

  /**
   * So many of all (0.99: 99 in 100) took at most so long, in microseconds: within its bucket as if they were spread evenly, as
   * Prometheus' histogram_quantile reads it, and the last bound where it lies beyond. Null while there are none.
   */
  quantile(share: number): number | null {
    const wanted = share * this.count;
    if (wanted === 0) return null;
    let before = 0;
    for (const [index, bound] of bounds.entries()) {
      const inside = this.#buckets[index] ?? 0;
      if (before + inside >= wanted) {
        const least = bounds[index - 1] ?? 0;
        return least + ((bound - least) * (wanted - before)) / inside;
      }
      before += inside;
    }
    return LARGEST;
  }

  /** How many were at most as long as each bound, and at last how many there were. */
  cumulative(): readonly number[] {
    let sum = 0;
    return Array.from(this.#buckets, (count) => {
      sum += count;
      return sum;
    });
  }
}
