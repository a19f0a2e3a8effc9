/** How long callbacks of this process had to wait for their turn: a histogram of the event loop's delay, turned every 10 s. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export type LoopDelayReading = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

const WINDOW_MS = 10_000;
const RESOLUTION_MS = 10;

export type LoopDelayMeter = { readonly read: () => LoopDelayReading; readonly stop: () => void };

/** The last whole window, or the running one before the first has ended. The sampling interval itself is taken off. */
export function measureLoopDelay(): LoopDelayMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let last: LoopDelayReading | undefined;
  const timer = setInterval(() => {
    last = reading(histogram);
    histogram.reset();
  }, WINDOW_MS);
  timer.unref();
  return {
    read: () => last ?? reading(histogram),
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}

function reading(histogram: ReturnType<typeof monitorEventLoopDelay>): LoopDelayReading {
  if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
  const ms = (nanos: number): number => Math.max(0, Math.round(nanos / 1e4 - RESOLUTION_MS * 100) / 100);
  return {
    p50Ms: ms(histogram.percentile(50)),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
  };
}
