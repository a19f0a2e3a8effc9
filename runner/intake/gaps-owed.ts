/**
 * What the exchange owes of a topic of which nothing was seen: trades and liquidations from the acknowledgement on, since each of them
 * counts. Of the other channels the next event tells the state whole.
 *
 * When that was is kept by both clocks. Who is told how long ago it was must not be misled by a clock that was set back since, or stood
 * still while the machine slept: the earlier moment counts.
 */
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import { type MonoMs, monoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import { type Followed, type FollowedTopics, isOwedOnceGranted } from './gaps-places.ts';

/** A child says that the exchange has acknowledged a topic, or that a wish was granted. */
export function granted(
  topics: FollowedTopics,
  { status, channel, category, symbol, at }: StatusEvent,
  nowMs: UnixMs,
  now: MonoMs,
): void {
  if (status !== 'subscribed' || channel === undefined || !isOwedOnceGranted({ channel })) return;
  if (category === undefined || symbol === undefined) return;
  const followed = topics.find({ channel, category, symbol });
  if (followed === undefined || followed.owedSince !== undefined) return;
  followed.owedSince = unixMs(Math.min(at ?? nowMs, nowMs));
  followed.owedFrom = monoMs(now - (nowMs - followed.owedSince));
}

/** By the wall clock as it goes now. */
export function owedSince(
  { owedSince: since, owedFrom }: Followed,
  nowMs: UnixMs,
  now: MonoMs,
): UnixMs | undefined {
  if (since === undefined || owedFrom === undefined) return since;
  return unixMs(Math.min(since, Math.floor(nowMs - (now - owedFrom))));
}

/** Up to where a gap of trades begins nothing else is missing, also when none was seen yet. */
export function begun(gap: GapEvent, followed: Followed): GapEvent {
  if (gap.channel === 'trades' && gap.to === null) followed.beginsAfter ??= gap.from ?? undefined;
  return gap;
}
