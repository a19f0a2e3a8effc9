/** The real clocks and the real randomness, for `main.ts` to hand out. */
import { type Clock, type Millis, monoMs, type Random, unixMicros, unixMs } from '../time.ts';
import { WallClock } from '../wall-clock.ts';

/** The system's clocks. `onDrift` hears of every jump of the wall clock beyond `sleptAfterMs` (sleep, NTP step). */
export function systemClock(sleptAfterMs: Millis, onDrift: (driftMs: Millis) => void): Clock {
  const read = () => ({ wallMs: Date.now(), monoMs: performance.now() });
  const wall = new WallClock(read(), sleptAfterMs);
  return {
    unixMs: () => unixMs(Date.now()),
    monoMs: () => monoMs(performance.now()),
    unixMicros: () => {
      const mono = performance.now();
      if (wall.needsAnchor(mono)) {
        const drift = wall.anchor(read());
        if (Math.abs(drift) > sleptAfterMs) onDrift(drift);
      }
      return unixMicros(wall.micros(mono));
    },
  };
}

export const systemRandom: Random = Math.random;
