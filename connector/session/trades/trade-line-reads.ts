/** When the exchange's list of recent trades is read for one topic: at once, then ever more seldom; one at a time. */
import { after, type Millis, type MonoMs } from '../../../shared/time.ts';

export type ReadsPolicy = {
  /** The first read that follows one which did not heal; each later pause is twice as long. */
  readonly againAfterMs: Millis;
  readonly againCapMs: Millis;
  /** Lists for one gap, after which one that has an end stays open. */
  readonly atMost: number;
  /** The same for reads in a row that brought no list; they come ever more seldom, since the exchange may be shut for long. */
  readonly failuresAtMost: number;
  /** While a gap has no end, since nothing is traded, it is read on at this pace. */
  readonly slowMs: Millis;
};

export class RecentReads {
  readonly #policy: ReadsPolicy;
  #dueAt: MonoMs | undefined;
  #count = 0;
  /** In a row. */
  #failures = 0;
  #askedAt: MonoMs | undefined;

  constructor(policy: ReadsPolicy) {
    this.#policy = policy;
  }

  get isExhausted(): boolean {
    return this.#count >= this.#policy.atMost || this.#failures >= this.#policy.failuresAtMost;
  }

  /** Something new is known: read at once, and count anew. */
  begin(now: MonoMs): void {
    this.#count = 0;
    this.#failures = 0;
    this.#dueAt = now;
  }

  /** Nothing is missing. An answer that is on its way changes nothing. */
  rest(): void {
    this.#dueAt = undefined;
  }

  /** Somebody was answered: what had failed is read again at once. */
  hurry(now: MonoMs): void {
    if (this.#failures > 0 && this.#dueAt !== undefined) this.#dueAt = now;
  }

  isDue(now: MonoMs): boolean {
    return this.#askedAt === undefined && this.#dueAt !== undefined && now >= this.#dueAt;
  }

  asked(now: MonoMs): void {
    this.#askedAt = now;
    this.#dueAt = undefined;
  }

  /** The answer came. Answers when it was asked for; undefined when it was not. */
  answered(isList: boolean): MonoMs | undefined {
    if (isList) this.#count += 1;
    this.#failures = isList ? 0 : this.#failures + 1;
    const askedAt = this.#askedAt;
    this.#askedAt = undefined;
    return askedAt;
  }

  /** It healed not all: again, not before `earliest`. */
  again(now: MonoMs, earliest: MonoMs = now): void {
    // What became known while the list was on its way has asked for another one already.
    if (this.#dueAt !== undefined) return;
    const { againAfterMs, againCapMs, slowMs } = this.#policy;
    const tries = Math.max(0, (this.#failures || this.#count) - 1);
    const cap = this.#failures > 0 ? slowMs : againCapMs;
    const pause = this.isExhausted ? slowMs : Math.min(cap, againAfterMs * 2 ** tries);
    const at = after(now, pause);
    this.#dueAt = at < earliest ? earliest : at;
  }
}
