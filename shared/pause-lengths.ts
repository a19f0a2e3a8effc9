/**
 * How long the pauses of a topic are: counted by length, older ones weighing less, and what can be said of the rare ones.
 *
 * Arrivals may be as regular as a clock or come in bursts; what decides about an alarm is only the longest pauses. Beyond a
 * length that one in twenty exceeds, most processes look alike: the chance of a longer pause falls by the same factor with each
 * further step. How long such a step is, is the mean excess over that length. Few pauses tell it badly, so that fewer of them
 * demand a wider margin: with m of them the chance of an excess over x is (1 + x / (m * mean))^-m, which for a hundred or
 * more is exp(-x / mean) (the predictive distribution of an exponential law whose mean is not known).
 */
import type { Millis, MonoMs } from './time.ts';

/** Lengths from 1 ms to 49 days, each a fifth longer than the one before. */
const PER_OCTAVE = 4;
const LENGTHS = 32 * PER_OCTAVE;
/** What is forgotten is forgotten after at least so many pauses. */
const REMEMBERED = 100;
/**
 * The tail: the longest one in so many, but not fewer pauses than that. Bursts and the lulls between them are two laws in one;
 * where the cut falls between them the tail looks shorter than it is, so the longest of three looks counts.
 */
const ONE_IN = [20, 100, 500];
const TAIL_AT_LEAST = 20;

export class PauseLengths {
  readonly #halfLifeMs: Millis;
  readonly #counts = new Float32Array(LENGTHS);
  readonly #sums = new Float32Array(LENGTHS);
  #total = 0;
  #longestMs: Millis = 0;
  /** Of the half-life before this one. */
  #longestBeforeMs: Millis = 0;
  #halvedAt: MonoMs | undefined;
  #sinceHalved = 0;
  #rareMs: Millis = 0;
  /** What `#rareMs` was worked out from. */
  #rareOnceIn = 0;
  #untilNextLook = 0;
  /** The same for `seldomMs`. */
  #seldomMs: Millis = 0;
  #untilNextSeldom = 0;

  constructor(halfLifeMs: Millis) {
    this.#halfLifeMs = halfLifeMs;
  }

  /** Adds a pause that ended now. Answers true when what was counted before has lost half of its weight. */
  add(pauseMs: Millis, now: MonoMs): boolean {
    this.#halvedAt ??= now;
    const isDue = this.#sinceHalved >= REMEMBERED && now - this.#halvedAt >= this.#halfLifeMs;
    if (isDue) this.#halve(now);
    const length = pauseMs < 1 ? 0 : Math.min(LENGTHS - 1, Math.floor(PER_OCTAVE * Math.log2(pauseMs)));
    this.#counts[length] = (this.#counts[length] ?? 0) + 1;
    this.#sums[length] = (this.#sums[length] ?? 0) + pauseMs;
    this.#total += 1;
    this.#sinceHalved += 1;
    this.#untilNextLook -= 1;
    this.#untilNextSeldom -= 1;
    if (pauseMs > this.#longestMs) this.#longestMs = pauseMs;
    return isDue;
  }

  /**
   * Longer than the longest of this and the former half-life, which may come again, and be longer: of a hundred pauses by
   * four fifths, of ten thousand by a quarter.
   */
  longerThanAnyMs(): Millis {
    const longest = Math.max(this.#longestMs, this.#longestBeforeMs);
    return longest * Math.min(2, 1.2 + 6 / Math.sqrt(Math.max(1, this.#total)));
  }

  /** A length that less than one pause in `onceIn` exceeds. Worked out anew when an eighth more was counted. */
  rareMs(onceIn: number): Millis {
    if (this.#untilNextLook > 0 && onceIn === this.#rareOnceIn) return this.#rareMs;
    this.#rareOnceIn = onceIn;
    this.#untilNextLook = Math.min(1_000, this.#total / 8);
    this.#rareMs = this.#rare(onceIn);
    return this.#rareMs;
  }

  /** The same, for a second `onceIn`, which is always the same. */
  seldomMs(onceIn: number): Millis {
    if (this.#untilNextSeldom > 0) return this.#seldomMs;
    this.#untilNextSeldom = Math.min(1_000, this.#total / 8);
    this.#seldomMs = this.#rare(onceIn);
    return this.#seldomMs;
  }

  #rare(onceIn: number): Millis {
    let rare = 0;
    let length = LENGTHS;
    let count = 0;
    let sum = 0;
    // From the shortest tail to the longest one, which contains it.
    for (let look = ONE_IN.length - 1; look >= 0; look -= 1) {
      const wanted = Math.min(this.#total, Math.max(TAIL_AT_LEAST, this.#total / (ONE_IN[look] ?? 1)));
      while (count < wanted && length > 0) {
        length -= 1;
        count += this.#counts[length] ?? 0;
        sum += this.#sums[length] ?? 0;
      }
      rare = Math.max(rare, this.#beyond(length === 0 ? 0 : 2 ** (length / PER_OCTAVE), count, sum, onceIn));
    }
    return rare;
  }

  /** The same, by the `count` pauses that are longer than `cutMs` and last `sum` together. */
  #beyond(cutMs: Millis, count: number, sum: Millis, onceIn: number): Millis {
    if (count === 0) return 0;
    const chance = this.#total / (count * onceIn);
    return chance >= 1 ? cutMs : cutMs + (sum - count * cutMs) * (chance ** (-1 / count) - 1);
  }

  #halve(now: MonoMs): void {
    for (let length = 0; length < LENGTHS; length += 1) {
      this.#counts[length] = (this.#counts[length] ?? 0) / 2;
      this.#sums[length] = (this.#sums[length] ?? 0) / 2;
    }
    this.#total /= 2;
    this.#longestBeforeMs = this.#longestMs;
    this.#longestMs = 0;
    this.#halvedAt = now;
    this.#sinceHalved = 0;
    this.#untilNextLook = 0;
    this.#untilNextSeldom = 0;
  }
}
