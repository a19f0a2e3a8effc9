/** Live trades of one topic that wait: for what was missed before them, then for room at the reader. */
import type { TradeEvent } from '../../../shared/events/market-events.ts';
import type { MonoMs } from '../../../shared/time.ts';
import type { Emit } from '../silence/feed-pulse.ts';
import type { TradePlace } from './trade-overlap.ts';

/** Hears of trades that waited and are not told after all. */
export type GivenUp = (trades: readonly TradeEvent[]) => void;

export class LiveWait {
  /** Since when they wait for what was missed; undefined when they do not. */
  since: MonoMs | undefined;
  /** The newest trade that was told before the first that waits, where that is not the end of a gap. */
  toldBefore: TradePlace | undefined;
  readonly #emit: Emit;
  readonly #hasRoom: () => boolean;
  readonly #givenUp: GivenUp;
  #waiting: TradeEvent[] = [];

  constructor(emit: Emit, hasRoom: () => boolean, givenUp: GivenUp) {
    this.#emit = emit;
    this.#hasRoom = hasRoom;
    this.#givenUp = givenUp;
  }

  /** They wait for nothing but room. */
  get isStuck(): boolean {
    return this.since === undefined && this.#waiting.length > 0;
  }

  begin(now: MonoMs): void {
    this.since = now;
    this.toldBefore = undefined;
  }

  /** Answers how many wait. */
  add(trade: TradeEvent): number {
    return this.#waiting.push(trade);
  }

  /** Tells them, as far as there is room. The first one always is: as the end of a gap it was told already. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.since = undefined;
    for (const [index, trade] of waiting.entries()) {
      if (index > 0 && !this.#hasRoom()) {
        this.#waiting = waiting.slice(index);
        return;
      }
      this.#emit(trade);
      this.toldBefore = trade;
    }
    this.toldBefore = undefined;
  }

  /** Tells them, room or not: there is no later. */
  flushAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.since = undefined;
    for (const trade of waiting) this.#emit(trade);
  }

  /** They are not told any more. Answers how many they were, and what was told last before them: `last` if nothing waited. */
  giveUp(last: TradePlace): { readonly from: TradePlace; readonly count: number } {
    const from = this.toldBefore ?? last;
    const count = this.#waiting.length;
    this.#givenUp(this.#waiting);
    this.#waiting = [];
    this.since = undefined;
    this.toldBefore = undefined;
    return { from, count };
  }
}
