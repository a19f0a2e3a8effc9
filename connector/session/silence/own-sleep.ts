/**
 * Was it us who were asleep? Then our timer comes late, and nobody is to blame for what we did not hear meanwhile.
 *
 * A sleep of more than a second ends every wait (`wasAsleep`). A loop that is late by less, again and again, on a machine that
 * has too much to do, hears late as well: so silence is measured in the time during which we listened (`heard`). Between two of
 * our ticks no more passes of it than a tick takes, and a little.
 */
import type { Policy } from '../../../shared/policy.ts';
import { type Millis, type MonoMs, monoMs } from '../../../shared/time.ts';

/** A tick is late by so much on any machine. */
const LATE_AS_EVER_MS = 100;

export class OwnSleep {
  readonly #lateAfterMs: Millis;
  readonly #heardAtMostMs: Millis;
  #awakeAt: MonoMs | undefined;
  #heardAt: MonoMs = monoMs(0);

  constructor({ tickEveryMs, stalledAfterMs }: Pick<Policy, 'tickEveryMs' | 'stalledAfterMs'>) {
    this.#lateAfterMs = tickEveryMs + stalledAfterMs;
    this.#heardAtMostMs = tickEveryMs + LATE_AS_EVER_MS;
  }

  /** Our timer came; nothing before this moment is late any more. */
  awake(now: MonoMs): void {
    this.#heardAt = this.heard(now);
    this.#awakeAt = now;
  }

  /** True while our timer is late. */
  wasAsleep(now: MonoMs): boolean {
    return this.#awakeAt !== undefined && now - this.#awakeAt > this.#lateAfterMs;
  }

  /** The same moment by a clock that runs only while we listen; only differences of it mean something. */
  readonly heard = (now: MonoMs): MonoMs => {
    if (this.#awakeAt === undefined) return now;
    const since = now - this.#awakeAt;
    return monoMs(this.#heardAt + Math.min(since, this.#heardAtMostMs));
  };
}
