/** Gaps of one strategy alone, which the feed does not have. */
import type { GapMessage } from './messages.ts';

/** Of everything that it is told, and for good. */
const ofEverything = {
  kind: 'gap',
  channel: null,
  category: null,
  symbol: null,
  state: 'lost',
  healedBy: null,
} as const;

/** A new worker remembers nothing, and what the old one had in hand is lost. */
export function restartGap(missing: number): GapMessage {
  return { ...ofEverything, cause: 'restarted', from: null, to: null, missing };
}

/** It did not keep up: so many events were dropped. Times in ms, null where an event had none. */
export function slowGap(from: number | null, to: number | null, missing: number): GapMessage {
  return { ...ofEverything, cause: 'slow_strategy', from, to, missing };
}
