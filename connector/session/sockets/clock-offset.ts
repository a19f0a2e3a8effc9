/**
 * How far our clock is from the exchange's, as far as one-way times can tell.
 *
 * Receipt by our clock minus sending by the exchange's is the difference of the clocks plus the time on the way. The lowest of
 * many frames has the shortest way, so it tells most: our clock minus the exchange's is this or less, never more. A negative
 * value proves that our clock is behind, by at least that much. A positive one only bounds how far ahead it can be: how much
 * of it is the way, one direction cannot tell (`npm run doctor` asks for the time, so it can). Pure: both times and our
 * monotonic clock are arguments.
 */
import type { Millis, MonoMs, UnixMicros } from '../../../shared/time.ts';

/** The window slides by a sixth of itself: the running bucket and the five before it are what is known. */
const BUCKETS = 6;

export class ClockOffset {
  readonly #bucketMs: Millis;
  /** Of each bucket the lowest difference, microseconds; infinite while nothing came. */
  readonly #lowest = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  #bucket = 0;

  constructor(windowMs: Millis) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  /** A frame came that the exchange sent at `sentAt` (ms, its clock). Called for each frame: it allocates nothing. */
  seen(receivedAt: UnixMicros, sentAt: number, now: MonoMs): void {
    this.#turn(now);
    const slot = this.#bucket % BUCKETS;
    const difference = receivedAt - sentAt * 1_000;
    if (difference < (this.#lowest[slot] ?? 0)) this.#lowest[slot] = difference;
  }

  /** Milliseconds, ours minus the exchange's; undefined while no frame came in the window. */
  read(now: MonoMs): Millis | undefined {
    this.#turn(now);
    const lowest = Math.min(...this.#lowest);
    return lowest === Number.POSITIVE_INFINITY ? undefined : lowest / 1_000;
  }

  /** Our clock was set, or we were asleep: what was measured before says nothing of now. */
  forget(): void {
    this.#lowest.fill(Number.POSITIVE_INFINITY);
  }

  /** Empties the buckets that have begun since the last look. */
  #turn(now: MonoMs): void {
    const bucket = Math.floor(now / this.#bucketMs);
    if (bucket <= this.#bucket) return;
    for (let begun = Math.max(this.#bucket + 1, bucket - BUCKETS + 1); begun <= bucket; begun += 1)
      this.#lowest[begun % BUCKETS] = Number.POSITIVE_INFINITY;
    this.#bucket = bucket;
  }
}
