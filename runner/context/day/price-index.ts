/**
 * Finds the slot of a price in constant time: a hash table of integers up to 2^53, with open addressing.
 *
 * A Map would do the same at twice the memory, and with an object for each number above 2^31. Slots count from 0 in the order
 * in which prices came; nothing is ever removed.
 */
export class PriceIndex {
  #keys: Float64Array;
  /** Slot + 1 of each place; 0 where there is none. At most half of the places are taken. */
  #places: Int32Array;
  #count = 0;

  /** @param expected - prices that there will be room for at once */
  constructor(expected = 32) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, expected)));
    this.#keys = new Float64Array(size);
    this.#places = new Int32Array(size * 2);
  }

  /** Prices so far. */
  get count(): number {
    return this.#count;
  }

  /** Slots that there is room for: grows by doubling. */
  get capacity(): number {
    return this.#keys.length;
  }

  key(slot: number): number {
    return this.#keys[slot] ?? Number.NaN;
  }

  /** The slot of a key, which is given one when it is new: then `count` has grown. */
  slotOf(key: number): number {
    const place = this.#placeOf(key);
    const known = this.#places[place] ?? 0;
    if (known !== 0) return known - 1;
    if (this.#count === this.#keys.length) {
      this.#double();
      return this.slotOf(key);
    }
    const slot = this.#count;
    this.#count += 1;
    this.#keys[slot] = key;
    this.#places[place] = slot + 1;
    return slot;
  }

  /** The slot of a key; -1 when it has none. */
  find(key: number): number {
    return (this.#places[this.#placeOf(key)] ?? 0) - 1;
  }

  /** Keys of the slots from `first` on, ascending. */
  sortedFrom(first: number): Float64Array {
    return this.#keys.slice(first, this.#count).sort();
  }

  #placeOf(key: number): number {
    const mask = this.#places.length - 1;
    let place = hashed(key) & mask;
    for (;;) {
      const slot = this.#places[place] ?? 0;
      if (slot === 0 || this.#keys[slot - 1] === key) return place;
      place = (place + 1) & mask;
    }
  }

  #double(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#places = new Int32Array(keys.length * 2);
    for (let slot = 0; slot < this.#count; slot += 1) {
      this.#places[this.#placeOf(keys[slot] ?? 0)] = slot + 1;
    }
  }
}

/** Neighbouring prices go to places far apart. */
function hashed(key: number): number {
  const high = Math.trunc(key / 0x1_0000_0000);
  const mixed = Math.imul((key | 0) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
