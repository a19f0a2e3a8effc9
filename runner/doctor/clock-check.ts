/**
 * How far is our clock from the exchange's? A judgement with its error.
 *
 * As in NTP: the exchange's time belongs to some moment between sending and receiving. The sample with the shortest round
 * trip tells most: the offset is known to half of that trip. Bybit refuses signed requests whose time is 1 s ahead of its own.
 */
import { type Finding, failure, okay, warning } from './finding.ts';

/** One question for the time. All in milliseconds since the epoch; the first two by our clock. */
export type ClockSample = { readonly sentMs: number; readonly receivedMs: number; readonly serverMs: number };

export type ClockOffset = {
  /** Ours minus the exchange's: positive when we are ahead. */
  readonly aheadMs: number;
  readonly errorMs: number;
};

const WARN_MS = 500;
const FAIL_AHEAD_MS = 1_000;

/** The best estimate; undefined without samples. */
export function clockOffset(samples: readonly ClockSample[]): ClockOffset | undefined {
  const [best] = samples.toSorted((a, b) => roundTrip(a) - roundTrip(b));
  if (best === undefined) return undefined;
  const middle = (best.sentMs + best.receivedMs) / 2;
  return { aheadMs: middle - best.serverMs, errorMs: Math.max(1, roundTrip(best) / 2) };
}

export function clockFinding(samples: readonly ClockSample[]): Finding {
  const offset = clockOffset(samples);
  if (offset === undefined) return warning('clock', 'the exchange told no time', 'See the line about REST.');
  const { aheadMs, errorMs } = offset;
  const far = Math.abs(aheadMs);
  const words = `${Math.round(far)} ms ${aheadMs >= 0 ? 'ahead of' : 'behind'} the exchange (known to ${Math.ceil(errorMs)} ms, ${samples.length} samples)`;
  const advice = 'Let the machine keep its clock by NTP: timedatectl set-ntp true (or chrony).';
  if (aheadMs >= FAIL_AHEAD_MS) return failure('clock', `${words}: signed requests would be refused`, advice);
  if (far >= WARN_MS) return warning('clock', words, advice);
  if (errorMs > WARN_MS) {
    return warning(
      'clock',
      `${words}: the answers take too long to tell more`,
      'Try again when the network is less busy.',
    );
  }
  return okay('clock', words);
}

function roundTrip(sample: ClockSample): number {
  return sample.receivedMs - sample.sentMs;
}
