/** The clock of a backtest: it stands where the replay is, and moves with it. */
import { type Clock, monoMs, unixMicros, unixMs } from '../shared/time.ts';

export class SimulatedClock implements Clock {
  readonly #origin: number;
  #now: number;

  /** @param origin - ms since the epoch: where monotonic time begins */
  constructor(origin: number) {
    this.#origin = origin;
    this.#now = origin;
  }

  /** It is `at` now (ms). Time does not run backwards: an earlier moment changes nothing. */
  moveTo(at: number): void {
    if (at > this.#now) this.#now = at;
  }

  readonly unixMs = () => unixMs(this.#now);
  readonly unixMicros = () => unixMicros(this.#now * 1_000);
  readonly monoMs = () => monoMs(this.#now - this.#origin);
}
