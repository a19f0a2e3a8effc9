/**
 * What takers bought and sold, summed exactly by the time at which a row begins; oldest first, at most so many rows.
 *
 * Only rows that were made take room, some 30 bytes each, and nothing is kept for a time without trades. Nearly always the last row is
 * added to, or one is put behind it: that takes constant time. A row between others moves the places of those behind it. When there
 * is no room for another row, the oldest leaves.
 */
import { type PairTotal, type Quantity, SumPairs } from './sum-pairs.ts';

const FIRST_ROOM = 16;
/** This part of the places may be empty slots in front, so that the others need not move each time the oldest leaves. */
const SLACK = 16;
const BYTES_A_ROW = 10;
const BYTES_A_COUNT = 4;

export type FlowTotal = PairTotal & { readonly trades: number };

export class FlowRows {
  /** The most rows that are kept, at most 65,536. */
  readonly capacity: number;
  /** Live rows are those from `#start` up to `#end`. */
  #keys = new Float64Array(FIRST_ROOM);
  #slots = new Uint16Array(FIRST_ROOM);
  #start = 0;
  #end = 0;
  readonly #sums = new SumPairs();
  /** By slot. */
  #trades = new Uint32Array(FIRST_ROOM);

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Memory of the rows. */
  get bytes(): number {
    return this.#keys.length * BYTES_A_ROW + this.#trades.length * BYTES_A_COUNT + this.#sums.bytes;
  }

  /** Where the row begins; undefined when there is no such row. */
  keyAt(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.#keys[this.#start + index] : undefined;
  }

  /** The last row that begins at `key` or before; -1 when all begin later. */
  indexOf(key: number): number {
    const keys = this.#keys;
    if (this.#end > this.#start && (keys[this.#end - 1] ?? 0) <= key) return this.length - 1;
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] ?? 0) <= key) low = middle + 1;
      else high = middle;
    }
    return low - this.#start - 1;
  }

  /** Puts an empty row before that of `index`. Answers its index; -1 when there is no room and it would be the oldest. */
  insert(index: number, key: number): number {
    const isFull = this.length === this.capacity;
    if (isFull && index === 0) return -1;
    if (isFull) this.forgetOldest();
    const place = isFull ? index - 1 : index;
    if (this.#end === this.#keys.length) this.#makeRoom();
    const at = this.#start + place;
    if (at < this.#end) {
      this.#keys.copyWithin(at + 1, at, this.#end);
      this.#slots.copyWithin(at + 1, at, this.#end);
    }
    const slot = this.#sums.take();
    this.#keys[at] = key;
    this.#slots[at] = slot;
    this.#end += 1;
    this.#countFrom(slot);
    return place;
  }

  /** Adds one trade to a row. */
  add(index: number, isBuy: boolean, qty: Quantity): void {
    const slot = this.#slots[this.#start + index] ?? 0;
    this.#sums.add(slot, isBuy, qty);
    this.#trades[slot] = (this.#trades[slot] ?? 0) + 1;
  }

  forgetOldest(): void {
    if (this.#start === this.#end) return;
    this.#sums.release(this.#slots[this.#start] ?? 0);
    this.#start += 1;
  }

  /** What was bought (first) and sold (second) in the rows from `from` up to, but not including, `to`. */
  total(from: number, to: number): FlowTotal {
    const slots = this.#slots.subarray(this.#start + from, this.#start + to);
    let trades = 0;
    for (const slot of slots) trades += this.#trades[slot] ?? 0;
    return { ...this.#sums.total(slots), trades };
  }

  #countFrom(slot: number): void {
    if (slot >= this.#trades.length) {
      const more = new Uint32Array(2 * this.#trades.length);
      more.set(this.#trades);
      this.#trades = more;
    }
    this.#trades[slot] = 0;
  }

  /** Moves the live rows to the front, of larger columns when they nearly fill these. */
  #makeRoom(): void {
    const { length } = this;
    const most = this.capacity + Math.ceil(this.capacity / SLACK);
    const room = this.#keys.length;
    const next = length * 4 > room * 3 && room < most ? Math.min(room * 2, most) : room;
    const keys = new Float64Array(next);
    const slots = new Uint16Array(next);
    keys.set(this.#keys.subarray(this.#start, this.#end));
    slots.set(this.#slots.subarray(this.#start, this.#end));
    this.#keys = keys;
    this.#slots = slots;
    this.#start = 0;
    this.#end = length;
  }
}
