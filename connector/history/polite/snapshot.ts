/**
 * Everything that can be seen of how politely history asks, as one value: for metrics, for /backfill/status, and for whoever wonders why
 * nothing moves. Its names travel. Times are our wall clock's.
 */
import type { Clock, MonoMs, UnixMs } from '../../../shared/time.ts';
import { unixMs } from '../../../shared/time.ts';
import type { PatienceCounts } from '../../io/patience.ts';
import type { Shut } from '../../rest/gate.ts';
import type { MannersState } from './manners.ts';

export type BreakerSnapshot = {
  readonly endpoint: string;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly until: UnixMs | null;
};

export type LaneSnapshot = {
  /** Tries that went out, and those of them that brought nothing. */
  readonly sent: number;
  readonly failed: number;
  /** "Too often" was said so many times. */
  readonly refusals: number;
  /** Questions that are not answered yet; so many of them have their turn. */
  readonly waiting: number;
  readonly under_way: number;
  /** So many may have their turn at a time, and so long is the pause between two beginnings now. */
  readonly concurrency: number;
  readonly delay_ms: number;
  /** 1 at best, 5 at most. */
  readonly throttle_factor: number;
  readonly breakers: readonly BreakerSnapshot[];
  /** The address is shut out: until then nothing is asked for, and why. */
  readonly banned_until: UnixMs | null;
  readonly banned_because: string | null;
  /** Endpoints that said until when they want no request. */
  readonly shut_endpoints: readonly { readonly endpoint: string; readonly until: UnixMs }[];
  /** Nobody answered several times in a row: the next request goes then. */
  readonly outage_until: UnixMs | null;
};

export type PoliteSnapshot = {
  /** `keyed`: the exchange took the key. */
  readonly access: 'public' | 'keyed';
  readonly key: 'none' | 'unchecked' | 'taken' | 'refused' | 'unknown';
  readonly rest: LaneSnapshot;
  readonly archive: LaneSnapshot & { readonly files: number; readonly bytes: number };
};

export function laneSnapshot(
  counts: PatienceCounts & { readonly underWay: number },
  manners: MannersState,
  shut: Shut,
  clock: Clock,
): LaneSnapshot {
  const wall = (at: MonoMs): UnixMs => unixMs(Math.round(clock.unixMs() + (at - clock.monoMs())));
  const orNull = (at: MonoMs | undefined): UnixMs | null => (at === undefined ? null : wall(at));
  const { throttle, delayMs, refusals, breakers } = manners;
  return {
    sent: counts.sent,
    failed: counts.failed,
    refusals,
    waiting: counts.waiting,
    under_way: counts.underWay,
    concurrency: throttle.concurrency,
    delay_ms: delayMs,
    throttle_factor: throttle.factor,
    breakers: breakers.map(({ endpoint, state, until }) => ({ endpoint, state, until: orNull(until) })),
    banned_until: orNull(shut.address?.until),
    banned_because: shut.address?.failure?.message ?? null,
    shut_endpoints: shut.endpoints.map(({ endpoint, until }) => ({ endpoint, until: wall(until) })),
    outage_until: orNull(shut.outageUntil),
  };
}
