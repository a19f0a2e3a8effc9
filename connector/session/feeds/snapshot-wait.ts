/** A subscription begins with a snapshot; one that does not come in time is asked for anew, and again. */
import type { Millis, MonoMs } from '../../../shared/time.ts';

export class SnapshotWait {
  readonly #withinMs: Millis;
  #since: MonoMs | undefined;

  constructor(withinMs: Millis) {
    this.#withinMs = withinMs;
  }

  /** Looks at the clock. Answers why the topic must be asked for anew, if it must. */
  overdue(isAwaited: boolean, now: MonoMs): string | undefined {
    if (!isAwaited) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= now;
    if (now - this.#since < this.#withinMs) return undefined;
    this.#since = now;
    return `no snapshot within ${this.#withinMs} ms: asking anew`;
  }
}
