/**
 * Nearly ordered items, put in order while they pass. Those that come in order are a plain queue; late ones are a heap, so that
 * one which is late by an hour costs no more than one which is late by a moment.
 */
export class Lane<T> {
  readonly #timeOf: (item: T) => bigint;
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #lateness: bigint;
  #queue: T[] = [];
  /** Items of the queue before this one have left. */
  #left = 0;
  readonly #late: T[] = [];
  #newest: bigint | undefined;
  #isEnded = false;

  /** `isBefore` orders by time first, and no two items are equal. No item is added that is older than one before it by more than `lateness`. */
  constructor(timeOf: (item: T) => bigint, isBefore: (a: T, b: T) => boolean, lateness: bigint) {
    this.#timeOf = timeOf;
    this.#isBefore = isBefore;
    this.#lateness = lateness;
  }

  add(item: T): void {
    const time = this.#timeOf(item);
    if (this.#newest === undefined || time > this.#newest) this.#newest = time;
    const last = this.#left < this.#queue.length ? this.#queue.at(-1) : undefined;
    if (last === undefined || this.#isBefore(last, item)) this.#queue.push(item);
    else this.#rise(item);
  }

  end(): void {
    this.#isEnded = true;
  }

  get size(): number {
    return this.#queue.length - this.#left + this.#late.length;
  }

  /** Nothing is left, and nothing will come. */
  get isDone(): boolean {
    return this.#isEnded && this.size === 0;
  }

  /** The first, when nothing that may still come belongs before it. */
  get head(): T | undefined {
    const first = this.#first();
    if (first === undefined || this.#isEnded || this.#newest === undefined) return first;
    // An equal time may still come, and belong before it.
    return this.#timeOf(first) < this.#newest - this.#lateness ? first : undefined;
  }

  shift(): void {
    if (this.#first() === this.#queue[this.#left]) this.#shiftQueue();
    else this.#sink();
  }

  #first(): T | undefined {
    const queued = this.#queue[this.#left];
    const late = this.#late[0];
    if (queued === undefined || late === undefined) return queued ?? late;
    return this.#isBefore(late, queued) ? late : queued;
  }

  #shiftQueue(): void {
    this.#left += 1;
    // Half of it at least has left: what is copied was paid for.
    if (this.#left < 1_024 || this.#left * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#left);
    this.#left = 0;
  }

  #rise(item: T): void {
    const heap = this.#late;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  /** Takes the first of the heap out. */
  #sink(): void {
    const heap = this.#late;
    const item = heap.pop();
    if (item === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      let child = left;
      if (right !== undefined && this.#isBefore(right, left)) {
        child = right;
        below += 1;
      }
      if (this.#isBefore(item, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = item;
  }
}
