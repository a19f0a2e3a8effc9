/**
 * Books and tickers that were given up a moment ago: wanted again at once, they go on with a gap, which their snapshot heals.
 *
 * A runner that distrusts a book gives it up and wants it again in one breath. What happened in between was missed all the same,
 * and a gap that was open is not over. Only when nobody wants the topic any more has the gap no end.
 */
import type { GapBound, GapEvent } from '../../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import { after, type Millis, type MonoMs, type UnixMs, unixMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';

/** What was known of a topic when it was given up. */
export type GivenUp = {
  readonly open: GapEvent | undefined;
  /** The last that was told of it. */
  readonly last: GapBound | undefined;
};

export class GivenUpGaps {
  readonly #withinMs: Millis;
  readonly #emit: Emit;
  readonly #kept = new Map<string, GivenUp & { readonly until: MonoMs }>();
  #now: MonoMs | undefined;
  #at = unixMs(0);

  constructor(withinMs: Millis, emit: Emit) {
    this.#withinMs = withinMs;
    this.#emit = emit;
  }

  /** Our clock at the last look. */
  get at(): UnixMs {
    return this.#at;
  }

  keep(topic: Topic, givenUp: GivenUp): void {
    // Nothing of it was told, or no time has passed: nothing is missed.
    if (givenUp.last === undefined || this.#now === undefined) return this.#end(givenUp);
    this.#kept.set(topicKey(topic), { ...givenUp, until: after(this.#now, this.#withinMs) });
  }

  take(topic: Topic): GivenUp | undefined {
    const key = topicKey(topic);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    return kept;
  }

  tick(now: MonoMs, at: UnixMs): void {
    this.#now = now;
    this.#at = at;
    if (this.#kept.size === 0) return;
    for (const [key, kept] of this.#kept) {
      if (now < kept.until) continue;
      this.#kept.delete(key);
      this.#end(kept);
    }
  }

  #end({ open }: GivenUp): void {
    if (open !== undefined) this.#emit({ ...open, state: 'lost' });
  }
}
