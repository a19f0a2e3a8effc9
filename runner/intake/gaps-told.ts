/** Which gap the present child means by an id: ids of an earlier child may come again for another gap. */
import type { GapEntry } from './gaps-places.ts';

/** A gap that the present child told: it is `entry`, or lies inside it. */
export type Told = { readonly entry: GapEntry; readonly absorbed: boolean };

export class ToldGaps {
  readonly #capacity: number;
  /** By the id that the child uses, oldest first. */
  readonly #told = new Map<string, Told>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  find(childId: string): Told | undefined {
    return this.#told.get(childId);
  }

  remember(childId: string, entry: GapEntry, absorbed = false): void {
    this.#told.set(childId, { entry, absorbed });
    if (this.#told.size <= this.#capacity) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }

  /** What was a gap of its own lies inside another one. */
  absorb(one: GapEntry, into: GapEntry): void {
    for (const [childId, { entry }] of this.#told)
      if (entry === one) this.#told.set(childId, { entry: into, absorbed: true });
  }

  /** The child is gone. */
  clear(): void {
    this.#told.clear();
  }
}
