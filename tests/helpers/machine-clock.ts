/** The two clocks of a machine that can be set and put to sleep, as a process sees them through shared/wall-clock.ts. */
import { type Clock, type Millis, monoMs, unixMicros, unixMs } from '../../shared/time.ts';
import { WallClock } from '../../shared/wall-clock.ts';

/** The start of a minute. */
const START = 1_750_000_020_000;

export class MachineClock {
  #mono = 1_000;
  #truth = START;
  /** How far the wall clock is off. */
  #offMs = 0;

  /** The time of the exchange, ms. */
  get truth(): number {
    return Math.floor(this.#truth);
  }

  advance(ms: Millis): void {
    this.#mono += ms;
    this.#truth += ms;
  }

  /** Somebody sets the wall clock: no time passes. */
  setWall(by: Millis): void {
    this.#offMs += by;
  }

  /** Nobody is awake for so long. On most machines the monotonic clock stands meanwhile. */
  sleep(ms: Millis, monotonicStands: boolean): void {
    this.#truth += ms;
    if (!monotonicStands) this.#mono += ms;
  }

  /** The clock of one process on this machine; a process has one in its life. */
  ofProcess(sleptAfterMs: Millis, onDrift: (driftMs: Millis) => void): Clock {
    const wall = () => Math.floor(this.#truth + this.#offMs);
    const read = () => ({ wallMs: wall(), monoMs: this.#mono });
    const ours = new WallClock(read(), sleptAfterMs);
    return {
      unixMs: () => unixMs(wall()),
      monoMs: () => monoMs(this.#mono),
      unixMicros: () => {
        if (ours.needsAnchor(this.#mono)) {
          const drift = ours.anchor(read());
          if (Math.abs(drift) > sleptAfterMs) onDrift(drift);
        }
        return unixMicros(ours.micros(this.#mono));
      },
    };
  }
}
