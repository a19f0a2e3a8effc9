/** Was it us who were asleep? Then our timer comes late, and nobody is to blame for what we did not hear meanwhile. */
import type { Policy } from '../../shared/policy.ts';
import type { Millis, MonoMs } from '../../shared/time.ts';

export class OwnSleep {
  readonly #lateAfterMs: Millis;
  #awakeAt: MonoMs | undefined;

  constructor({ tickEveryMs, stalledAfterMs }: Pick<Policy, 'tickEveryMs' | 'stalledAfterMs'>) {
    this.#lateAfterMs = tickEveryMs + stalledAfterMs;
  }

  /** Our timer came; nothing before this moment is late any more. */
  awake(now: MonoMs): void {
    this.#awakeAt = now;
  }

  /** True while our timer is late. */
  wasAsleep(now: MonoMs): boolean {
    return this.#awakeAt !== undefined && now - this.#awakeAt > this.#lateAfterMs;
  }
}
