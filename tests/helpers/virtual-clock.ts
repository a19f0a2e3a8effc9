/** A clock that only the test moves. Wall and monotonic time advance together unless told otherwise. */
import { type Clock, monoMs, unixMicros, unixMs } from '../../shared/time.ts';

export class VirtualClock implements Clock {
  #mono = 1_000;
  #unix = 1_750_000_000_000;

  unixMs = () => unixMs(Math.floor(this.#unix));
  unixMicros = () => unixMicros(Math.floor(this.#unix * 1_000));
  monoMs = () => monoMs(this.#mono);

  /** Sets the wall clock on (or back) by so much: no time passes. */
  setWall(byMs: number): void {
    this.#unix += byMs;
  }

  advance(ms: number): void {
    this.#mono += ms;
    this.#unix += ms;
  }
}
