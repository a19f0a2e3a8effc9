/** The real clocks and the real randomness, for `main.ts` to hand out. */
import { type Clock, type Millis, monoMs, type Random, unixMicros, unixMs } from '../time.ts';
import { type ClockReading, WallClock } from '../wall-clock.ts';

/** Two clocks that could not be read within this did not tell the same moment: we were put to sleep in between. */
const TOGETHER_MS = 0.2;
const TRIES = 5;

/** The system's clocks. `onDrift` hears of every jump of the wall clock beyond `sleptAfterMs` (sleep, NTP step). */
export function systemClock(sleptAfterMs: Millis, onDrift: (driftMs: Millis) => void): Clock {
  const start = performance.now();
  // Node notes the wall clock at its start to the microsecond; a clock that was set since then is found by the first look.
  const wall = new WallClock({ wallMs: performance.timeOrigin + start, monoMs: start }, sleptAfterMs);
  const first = readTogether();
  if (first !== undefined) wall.anchor(first);
  return {
    unixMs: () => unixMs(Date.now()),
    monoMs: () => monoMs(performance.now()),
    unixMicros: () => {
      const mono = performance.now();
      if (wall.needsAnchor(mono)) {
        const reading = readTogether();
        const drift = reading === undefined ? 0 : wall.anchor(reading);
        if (Math.abs(drift) > sleptAfterMs) onDrift(drift);
      }
      return unixMicros(wall.micros(mono));
    },
  };
}

/** Both clocks at one moment; undefined where the machine is so busy that there was none. */
function readTogether(): ClockReading | undefined {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = performance.now();
    const wallMs = Date.now();
    const after = performance.now();
    if (after - before <= TOGETHER_MS) return { wallMs, monoMs: (before + after) / 2 };
  }
  return undefined;
}

export const systemRandom: Random = Math.random;
