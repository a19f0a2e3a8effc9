/**
 * The shapes of frames that were met so far. Each frame that had to be parsed may teach a new one.
 *
 * A shape is only kept when it reads the frame that it was made of, so a frame that is odd for its values teaches nothing.
 * Frames that teach nothing are asked ever more seldom (the 1st, 2nd, 4th, 8th ... of them): learning costs more than parsing.
 */

/** More orders of keys than this at a time are not remembered. */
const MOST_SHAPES = 4;

export class LearntShapes<S> {
  #shapes: readonly S[] = [];
  #misses = 0;
  #nextLesson = 1;

  get all(): readonly S[] {
    return this.#shapes;
  }

  /** A frame that no shape fitted was parsed without a complaint. `lesson` makes its shape, if that can read the frame. */
  parsed(lesson: () => S | undefined): void {
    this.#misses += 1;
    if (this.#misses < this.#nextLesson) return;
    const shape = lesson();
    if (shape === undefined) {
      this.#nextLesson = this.#misses * 2;
      return;
    }
    // The newest comes first: when the exchange changes its frames, the old order does not come back.
    this.#shapes = [shape, ...this.#shapes].slice(0, MOST_SHAPES);
    this.#misses = 0;
    this.#nextLesson = 1;
  }
}
