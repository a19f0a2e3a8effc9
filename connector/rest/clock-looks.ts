/**
 * How far our clock is from the exchange's, by round trips: when to look, and what to believe.
 *
 * Each look at the exchange's clock is true within half of its round trip. The surest one counts, and gets less sure as it
 * gets older, since clocks drift. Two looks that cannot both be true mean that our clock was set in between: what was seen
 * before is forgotten. Pure: the monotonic clock is an argument.
 */
import { after, type Millis, type MonoMs } from '../../shared/time.ts';
import type { ClockSample } from './market-rest.ts';

export type ClockLookPolicy = {
  readonly lookEveryMs: Millis;
  readonly lookAtStartEveryMs: Millis;
  readonly looksAtStart: number;
  readonly rememberLooksMs: Millis;
};

/** Names one look; what comes back for a look from before the clock was set is thrown away. */
export type Look = { readonly number: number };

/** Quartz is within 50 millionths, and a clock that is being corrected is slewed by more. */
const DRIFT = 200e-6;

type Seen = ClockSample & { readonly at: MonoMs };

export class ClockLooks {
  readonly #policy: ClockLookPolicy;
  #seen: Seen[] = [];
  #current: Look | undefined;
  #looks = 0;
  #dueAt: MonoMs | undefined;

  constructor(policy: ClockLookPolicy) {
    this.#policy = policy;
  }

  /** The look that is to be taken now, if it is time for one; never two at once. */
  take(now: MonoMs): Look | undefined {
    if (this.#current !== undefined || (this.#dueAt !== undefined && now < this.#dueAt)) return undefined;
    const { lookEveryMs, lookAtStartEveryMs, looksAtStart } = this.#policy;
    this.#looks += 1;
    const wait = this.#looks < looksAtStart ? lookAtStartEveryMs : lookEveryMs;
    this.#dueAt = after(now, wait);
    this.#current = { number: this.#looks };
    return this.#current;
  }

  /** What came of a look; undefined when nobody answered. */
  taken(look: Look, sample: ClockSample | undefined, now: MonoMs): void {
    if (look !== this.#current) return;
    this.#current = undefined;
    if (sample === undefined) return;
    const isContradicted = this.#seen.some((seen) => {
      const distance = Math.abs(seen.offsetMs - sample.offsetMs);
      return distance > errorOf(seen, now) + sample.errorMs;
    });
    if (isContradicted) this.#seen = [];
    this.#seen.push({ ...sample, at: now });
  }

  /** The surest of the looks of late; undefined when there is none. */
  best(now: MonoMs): ClockSample | undefined {
    const { rememberLooksMs } = this.#policy;
    this.#seen = this.#seen.filter(({ at }) => now - at < rememberLooksMs);
    let best: ClockSample | undefined;
    for (const seen of this.#seen) {
      const errorMs = errorOf(seen, now);
      if (best === undefined || errorMs < best.errorMs) best = { offsetMs: seen.offsetMs, errorMs };
    }
    return best;
  }

  /** Our clock was set, or we were asleep: nothing is known any more, and it is looked quickly again. */
  forget(): void {
    this.#seen = [];
    this.#current = undefined;
    this.#looks = 0;
    this.#dueAt = undefined;
  }
}

function errorOf(seen: Seen, now: MonoMs): Millis {
  return seen.errorMs + (now - seen.at) * DRIFT;
}
