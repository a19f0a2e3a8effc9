/**
 * A set of ids, each at a numbered place, that grows as it is filled and then changes without allocating anything.
 *
 * Every trade asks whether it was seen, is remembered, and pushes another one out. A Set hashes its text each time and was a
 * tenth of the runner's work; here whoever asks works the hash out once.
 */

const SMALLEST = 16;
const NONE = -1;

export class IdTable {
  readonly #ids: string[] = [];
  #hashes = new Int32Array(SMALLEST);
  /** The next place with the same head; of free places the next free one. */
  #next = new Int32Array(SMALLEST);
  /** The first place of each chain; two chains a place, so that most hold one id. */
  #heads = new Int32Array(2 * SMALLEST).fill(NONE);
  #free = NONE;

  /** `hash` is always `hashOf(id)`. */
  has(id: string, hash: number): boolean {
    let place = this.#heads[hash & (this.#heads.length - 1)] ?? NONE;
    while (place !== NONE) {
      if (this.#hashes[place] === hash && this.#ids[place] === id) return true;
      place = this.#next[place] ?? NONE;
    }
    return false;
  }

  /** Adds an id that is not there. Answers its place. */
  add(id: string, hash: number): number {
    let place = this.#free;
    if (place === NONE) {
      place = this.#ids.length;
      if (place === this.#hashes.length) this.#grow();
    } else this.#free = this.#next[place] ?? NONE;
    this.#ids[place] = id;
    this.#hashes[place] = hash;
    this.#chain(place, hash);
    return place;
  }

  /** Removes the id at a place, which is free from now on. */
  remove(place: number): void {
    const chain = (this.#hashes[place] ?? 0) & (this.#heads.length - 1);
    const after = this.#next[place] ?? NONE;
    let before = this.#heads[chain] ?? NONE;
    if (before === place) this.#heads[chain] = after;
    else {
      while (before !== NONE && this.#next[before] !== place) before = this.#next[before] ?? NONE;
      if (before !== NONE) this.#next[before] = after;
    }
    this.#ids[place] = '';
    this.#next[place] = this.#free;
    this.#free = place;
  }

  #chain(place: number, hash: number): void {
    const chain = hash & (this.#heads.length - 1);
    this.#next[place] = this.#heads[chain] ?? NONE;
    this.#heads[chain] = place;
  }

  /** Only when no place is free: all of them are in a chain. */
  #grow(): void {
    const size = 2 * this.#hashes.length;
    const hashes = new Int32Array(size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#next = new Int32Array(size);
    this.#heads = new Int32Array(2 * size).fill(NONE);
    for (let place = 0; place < this.#ids.length; place += 1) this.#chain(place, hashes[place] ?? 0);
  }
}

/** FNV-1a over the units of a text, stirred so that its low bits depend on all of them. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1)
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
