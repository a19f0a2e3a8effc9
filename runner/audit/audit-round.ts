/** Whose turn it is to be audited: one book at a time, the one that has waited longest, none more often than it may be. */
import { after, type Millis, type MonoMs } from '../../shared/time.ts';

export type AuditPace = {
  /** One book every so often, whatever their number: what the audit takes of the exchange's request budget. */
  readonly everyMs: Millis;
  /** The same book at most this often. */
  readonly bookEveryMs: Millis;
};

export class AuditRound {
  readonly #pace: AuditPace;
  /** When a book may be next, by topic key. */
  readonly #notBefore = new Map<string, MonoMs>();
  #nextAt: MonoMs | undefined;

  constructor(pace: AuditPace) {
    this.#pace = pace;
  }

  /** Is it time for any book? */
  isDue(now: MonoMs): boolean {
    this.#nextAt ??= after(now, this.#pace.everyMs);
    return now >= this.#nextAt;
  }

  /** The book whose turn it is, by its key; books that are no longer among the keys are forgotten. */
  take(keys: readonly string[], now: MonoMs): string | undefined {
    this.#nextAt = after(now, this.#pace.everyMs);
    const present = new Set(keys);
    for (const key of this.#notBefore.keys()) if (!present.has(key)) this.#notBefore.delete(key);
    let chosen: string | undefined;
    let waitingSince = Number.POSITIVE_INFINITY;
    for (const key of keys) {
      const notBefore = this.#notBefore.get(key) ?? Number.NEGATIVE_INFINITY;
      if (notBefore > now || notBefore >= waitingSince) continue;
      chosen = key;
      waitingSince = notBefore;
    }
    if (chosen !== undefined) this.#notBefore.set(chosen, after(now, this.#pace.bookEveryMs));
    return chosen;
  }

  /** This book is looked at again before its time: something about it is to be made sure of. */
  again(key: string, now: MonoMs): void {
    if (this.#notBefore.has(key)) this.#notBefore.set(key, now);
  }
}
