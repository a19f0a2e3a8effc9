/**
 * The states that one book went through while it is being audited, by the sequence of the matching engine.
 *
 * The exchange's answer shows one moment of a book that changes fifty times a second, so the state of that moment must still be
 * there when the answer comes. Copies are compact, and bounded twice: by number and by levels. Only the audited book has any.
 */
import type { BookCopy } from '../context/order-book.ts';

/** A state whose place among the others is known. */
export type SequencedCopy = BookCopy & { readonly seq: number };

/** States of the deepest book that are kept at most: 10 s of them. */
const LEVELS_KEPT = 100_000;

export class BookStates {
  readonly #most: number;
  /** Oldest first, with rising sequences; several frames may carry the same one. */
  #states: SequencedCopy[] = [];

  /** `depth`: levels a side of each state. */
  constructor(mostStates: number, depth: number) {
    this.#most = Math.max(2, Math.min(mostStates, Math.floor(LEVELS_KEPT / (2 * depth))));
  }

  /** The book is like this now. A state without a sequence has no place; a sequence that went down begins a new count. */
  add(copy: BookCopy): void {
    const { seq } = copy;
    if (seq === undefined) return;
    if (seq < (this.#states.at(-1)?.seq ?? 0)) this.#states = [];
    this.#states.push({ ...copy, seq });
    if (this.#states.length > this.#most) this.#states.shift();
  }

  /** What was seen is no longer one story: the book broke. */
  clear(): void {
    this.#states = [];
  }

  /** Oldest first. */
  list(): readonly SequencedCopy[] {
    return this.#states;
  }
}
