/**
 * The newest events of each instrument in the order of their arrival, within a bound for one and a bound for all together.
 *
 * At the bound for all, whoever grew gives its oldest, unless it has less than its share: then the longest gives. The same
 * rule as that of the tapes (context.ts), so that one busy symbol does not push the quiet ones out.
 */
import type { Instrument } from '../../shared/market.ts';
import { InstrumentMap } from '../intake/instrument-map.ts';

export type TailLimits = {
  /** Of one instrument. */
  readonly each: number;
  readonly inAll: number;
};

export class Tails<T extends Instrument> {
  readonly #limits: TailLimits;
  readonly #tails = new InstrumentMap<Tail<T>>();
  /** How many tails there are: the map would have to count. */
  #size = 0;
  #kept = 0;

  constructor(limits: TailLimits) {
    this.#limits = limits;
  }

  /** Events kept over all instruments. */
  get kept(): number {
    return this.#kept;
  }

  push(event: T): void {
    let tail = this.#tails.get(event);
    if (tail === undefined) {
      tail = new Tail();
      this.#size += 1;
      this.#tails.set(event, tail);
    }
    tail.push(event);
    if (tail.length > this.#limits.each) tail.forgetOldest();
    else this.#kept += 1;
    if (this.#kept > this.#limits.inAll) this.#makeRoom(tail);
  }

  forget(instrument: Instrument): void {
    const tail = this.#tails.get(instrument);
    if (tail === undefined) return;
    this.#tails.delete(instrument);
    this.#size -= 1;
    this.#kept -= tail.length;
  }

  /** Newest first. */
  *newestFirst(instrument: Instrument): Generator<T> {
    const tail = this.#tails.get(instrument);
    if (tail !== undefined) yield* tail.newestFirst();
  }

  newest(instrument: Instrument): T | undefined {
    return this.#tails.get(instrument)?.newest();
  }

  #makeRoom(grown: Tail<T>): void {
    let giver = grown;
    if (grown.length * this.#size <= this.#limits.inAll) {
      for (const other of this.#tails.values()) if (other.length > giver.length) giver = other;
    }
    giver.forgetOldest();
    this.#kept -= 1;
  }
}

/** A list that grows at its end and shrinks at its beginning, each in constant time. */
class Tail<T> {
  /** What is kept begins at `#start`; the slots before it are empty and are cut off from time to time. */
  readonly #slots: (T | undefined)[] = [];
  #start = 0;

  get length(): number {
    return this.#slots.length - this.#start;
  }

  push(item: T): void {
    this.#slots.push(item);
  }

  forgetOldest(): void {
    if (this.length === 0) return;
    this.#slots[this.#start] = undefined;
    this.#start += 1;
    if (this.#start < 64 || this.#start * 4 < this.#slots.length) return;
    this.#slots.splice(0, this.#start);
    this.#start = 0;
  }

  newest(): T | undefined {
    return this.length === 0 ? undefined : this.#slots[this.#slots.length - 1];
  }

  *newestFirst(): Generator<T> {
    for (let index = this.#slots.length - 1; index >= this.#start; index -= 1) {
      const item = this.#slots[index];
      if (item !== undefined) yield item;
    }
  }
}
