/**
 * How far is our clock from the exchange's? Measured by a few questions, judged as /health does (context/clock-judgement.ts).
 *
 * As in NTP: the exchange's time belongs to some moment between sending and receiving. The sample with the shortest round
 * trip tells most: the offset is known to half of that trip.
 */
import { scaledPolicy } from '../../shared/policy.ts';
import { type ClockDistance, judgeClock } from '../context/clock-judgement.ts';
import { type Finding, failure, okay, warning } from './finding.ts';

/** One question for the time. All in milliseconds since the epoch; the first two by our clock. */
export type ClockSample = { readonly sentMs: number; readonly receivedMs: number; readonly serverMs: number };

const { clock: limits } = scaledPolicy();

/** The best estimate; undefined without samples. */
export function clockDistance(
  samples: readonly ClockSample[],
): (ClockDistance & { readonly errorMs: number }) | undefined {
  const [best] = samples.toSorted((a, b) => roundTrip(a) - roundTrip(b));
  if (best === undefined) return undefined;
  const middle = (best.sentMs + best.receivedMs) / 2;
  return { offsetMs: middle - best.serverMs, errorMs: Math.max(1, roundTrip(best) / 2) };
}

export function clockFinding(samples: readonly ClockSample[]): Finding {
  const distance = clockDistance(samples);
  if (distance === undefined)
    return warning('clock', 'the exchange told no time', 'See the line about REST.');
  const { kind, words } = judgeClock(distance, limits);
  const advice = 'Let the machine keep its clock by NTP: timedatectl set-ntp true (or chrony).';
  switch (kind) {
    case 'near':
      return okay('clock', words);
    case 'ahead':
      return distance.offsetMs >= limits.refusedAheadMs
        ? failure('clock', `${words}: signed requests would be refused`, advice)
        : warning('clock', words, advice);
    case 'behind':
      return warning('clock', words, advice);
    case 'unsure':
      return warning('clock', words, 'Try again when the network is less busy.');
  }
}

function roundTrip(sample: ClockSample): number {
  return sample.receivedMs - sample.sentMs;
}
