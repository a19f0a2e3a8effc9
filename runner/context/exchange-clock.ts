/**
 * What time it is at the exchange, and how much of that is proven.
 *
 * Our wall clock minus the offset that the child measured is the best guess, but a guess: an operator or NTP can set the
 * clock by an hour, and until the child has measured anew the guess is an hour off. Proven is what the newest event says plus
 * the time that has passed since by the monotonic clock, which nobody can set. What cannot be taken back, closing a candle,
 * waits until both say so. Under a replay the time of the newest event is the only one that counts.
 */
import type { StatusEvent } from '../../shared/events/process-events.ts';
import type { ClockKind } from '../../shared/market.ts';
import { type Millis, type MonoMs, monoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import { isAbsurd } from '../intake/absurd-time.ts';

export class ExchangeClock {
  #kind: ClockKind = 'live';
  #offsetMs: Millis | null = null;
  #newestMs = 0;
  /** The most that an event's time was ahead of the monotonic clock at its receipt: that event came the fastest way. */
  #leadMs = Number.NEGATIVE_INFINITY;

  /** A status of the child: which clock it runs by, and in heartbeats the offset, which is unknown where it is left out. */
  told({ status, clock, clock_offset_ms }: StatusEvent): void {
    if (clock !== undefined) this.#kind = clock;
    if (status === 'heartbeat') this.#offsetMs = clock_offset_ms ?? null;
  }

  /** An event with a time (ms) of the exchange was received. An impossible time proves nothing. */
  heard(timestamp: number, now: MonoMs, nowMs: UnixMs): void {
    if (timestamp > this.#newestMs) this.#newestMs = timestamp;
    const lead = timestamp - now;
    if (lead > this.#leadMs && !isAbsurd(timestamp, this.now(nowMs))) this.#leadMs = lead;
  }

  /** Whatever was measured is no longer true: the child is gone, or our clock was set. */
  forgetOffset(): void {
    this.#offsetMs = null;
  }

  get kind(): ClockKind {
    return this.#kind;
  }

  /** Our clock minus the exchange's, as the child measured it: by round trips, or, with the shortest way in it, the most that it can be. */
  get offsetMs(): Millis | null {
    return this.#offsetMs;
  }

  /** The exchange's time as far as we know it; by our own clock while the offset is unknown. */
  now(nowMs: UnixMs): UnixMs {
    return unixMs(this.#kind === 'replay' ? this.#newestMs : nowMs - (this.#offsetMs ?? 0));
  }

  /** The exchange's time as far as it is proven: never ahead of it, behind by the way of the fastest event. */
  proven(now: MonoMs, nowMs: UnixMs): UnixMs {
    const guess = this.now(nowMs);
    return this.#kind === 'replay' ? guess : unixMs(Math.floor(Math.min(guess, now + this.#leadMs)));
  }

  /** The clock that judges silence: in a replay only recorded time passes, so that a paused one is not a silent exchange. */
  ofSilence(now: MonoMs): MonoMs {
    return this.#kind === 'replay' ? monoMs(this.#newestMs) : now;
  }
}
