/** A list of at most `capacity` elements that forgets the oldest: pushing is O(1) and allocates nothing once full. */
export class Ring<T> {
  readonly capacity: number;
  readonly #slots: T[] = [];
  #head = 0;

  constructor(capacity: number) {
    if (!(Number.isInteger(capacity) && capacity > 0))
      throw new RangeError(`capacity must be a positive integer, not ${capacity}`);
    this.capacity = capacity;
  }

  get length(): number {
    return this.#slots.length;
  }

  /** Adds an element; answers the one that had to leave, if any. */
  push(element: T): T | undefined {
    if (this.#slots.length < this.capacity) {
      this.#slots.push(element);
      return undefined;
    }
    const leaving = this.#slots[this.#head];
    this.#slots[this.#head] = element;
    this.#head = (this.#head + 1) % this.capacity;
    return leaving;
  }

  /** The element `back` places before the newest (0 = newest). */
  newest(back = 0): T | undefined {
    return back < this.#slots.length ? this.at(this.#slots.length - 1 - back) : undefined;
  }

  /** The element at `index`, counted from the oldest. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#slots.length) return undefined;
    return this.#slots[(this.#head + index) % this.#slots.length];
  }

  /** All elements, oldest first. */
  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.#slots.length; index += 1) {
      yield this.#slots[(this.#head + index) % this.#slots.length] as T;
    }
  }

  clear(): void {
    this.#slots.length = 0;
    this.#head = 0;
  }
}
