/**
 * Turns the days of all instruments over at midnight, some at each look: hundreds of them at once would be a pause of the feed.
 *
 * Until its turn has come an instrument is still at the day before. Nobody sees that: a trade of the new day, and a question,
 * turn the day of their instrument themselves.
 */
import { DAY_MS } from '../../shared/day-totals.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { TradeNumbers } from './trade-numbers.ts';

/** Whole markets of 600 symbols are through within 3 s of ten looks a second. */
export const TURNS_A_LOOK = 20;

export class DayTurns {
  readonly #all: () => Iterable<TradeNumbers>;
  #day: number | undefined;
  #waiting: TradeNumbers[] = [];

  /** `all`: those that there are now. */
  constructor(all: () => Iterable<TradeNumbers>) {
    this.#all = all;
  }

  /** To be called a few times a second with the exchange's time, as far as it is proven. */
  advance(proven: UnixMs): void {
    const day = Math.floor(proven / DAY_MS);
    if (!Number.isFinite(day)) return;
    this.#day ??= day;
    if (day > this.#day) {
      this.#day = day;
      this.#waiting = [...this.#all()];
    }
    if (this.#waiting.length === 0) return;
    for (const numbers of this.#waiting.splice(0, TURNS_A_LOOK)) numbers.advance(proven);
  }
}
