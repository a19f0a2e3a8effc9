/**
 * The states that one book went through while it is being audited, by the sequence of the matching engine.
 *
 * The exchange's answer shows one moment of a book that changes fifty times a second, so the state of that moment must still be
 * there when the answer comes. Copies are compact, bounded twice (by number and by levels), and their memory is used again, since
 * each frame of a busy book would else leave two arrays behind. Only the audited book has any.
 */
import type { CopiedBook } from '../context/order-book.ts';

/** A state whose place among the others is known: price and quantity by turns, best first. */
export type SequencedCopy = {
  /** Of the matching engine. */
  readonly seq: number;
  readonly lastUpdateId: number;
  readonly bids: Float64Array;
  readonly asks: Float64Array;
};

/** The memory of one state. */
type Slot = {
  seq: number;
  lastUpdateId: number;
  readonly bids: Float64Array;
  readonly asks: Float64Array;
  bidNumbers: number;
  askNumbers: number;
};

/** States of the deepest book that are kept at most: 10 s of them. */
const LEVELS_KEPT = 100_000;

export class BookStates {
  readonly #most: number;
  readonly #depth: number;
  /** In the order in which they were made; the oldest state is at `#first`. */
  readonly #slots: Slot[] = [];
  #first = 0;
  #count = 0;

  /** `depth`: levels a side of each state. */
  constructor(mostStates: number, depth: number) {
    this.#most = Math.max(2, Math.min(mostStates, Math.floor(LEVELS_KEPT / (2 * depth))));
    this.#depth = depth;
  }

  /** The book is like this now. A state without a sequence has no place; a sequence that went down begins a new count. */
  add({ seq, lastUpdateId, bids, asks }: CopiedBook): void {
    if (seq === undefined || lastUpdateId === undefined) return;
    if (seq < (this.#newest?.seq ?? 0)) this.clear();
    const slot = this.#nextSlot();
    slot.seq = seq;
    slot.lastUpdateId = lastUpdateId;
    slot.bidNumbers = bids.copyTo(slot.bids);
    slot.askNumbers = asks.copyTo(slot.asks);
  }

  /** What was seen is no longer one story: the book broke. */
  clear(): void {
    this.#first = 0;
    this.#count = 0;
  }

  /** Oldest first; good until the next one is added. Several may carry the same sequence. */
  list(): readonly SequencedCopy[] {
    const states: SequencedCopy[] = [];
    for (let index = 0; index < this.#count; index += 1) {
      const slot = this.#slotAt(index);
      if (slot === undefined) continue;
      const { seq, lastUpdateId } = slot;
      const bids = slot.bids.subarray(0, slot.bidNumbers);
      states.push({ seq, lastUpdateId, bids, asks: slot.asks.subarray(0, slot.askNumbers) });
    }
    return states;
  }

  get #newest(): Slot | undefined {
    return this.#count === 0 ? undefined : this.#slotAt(this.#count - 1);
  }

  #slotAt(index: number): Slot | undefined {
    return this.#slots[(this.#first + index) % this.#most];
  }

  /** Where all are taken, the oldest one. */
  #nextSlot(): Slot {
    if (this.#count === this.#most) this.#first = (this.#first + 1) % this.#most;
    else this.#count += 1;
    const known = this.#newest;
    if (known !== undefined) return known;
    const numbers = 2 * this.#depth;
    const [bids, asks] = [new Float64Array(numbers), new Float64Array(numbers)];
    const slot: Slot = { seq: 0, lastUpdateId: 0, bids, asks, bidNumbers: 0, askNumbers: 0 };
    this.#slots.push(slot);
    return slot;
  }
}
