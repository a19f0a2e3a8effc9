/**
 * One side of an order book: prices in order, with their quantities.
 *
 * The best price is the last element: most changes happen near the best, so few elements move. Two plain arrays of numbers
 * instead of an array of pairs: nothing is allocated per change.
 */
import type { Level, Side } from '../../shared/market.ts';

export class BookSide {
  /** Worst price first. */
  readonly #prices: number[] = [];
  readonly #qtys: number[] = [];
  /** 1 for bids (a higher price is better), -1 for asks. */
  readonly #sign: 1 | -1;

  constructor(side: Side) {
    this.#sign = side === 'buy' ? 1 : -1;
  }

  get size(): number {
    return this.#prices.length;
  }

  get bestPrice(): number | undefined {
    return this.#prices[this.#prices.length - 1];
  }

  get bestQty(): number | undefined {
    return this.#qtys[this.#qtys.length - 1];
  }

  clear(): void {
    this.#prices.length = 0;
    this.#qtys.length = 0;
  }

  /** Replaces all levels. They may come in any order; the later of two with one price counts. */
  replace(levels: readonly Level[]): void {
    this.clear();
    if (!this.#fillBestFirst(levels)) {
      this.clear();
      this.apply(levels);
    }
  }

  /** Sets absolute quantities; 0 removes, and removing what is not there is no error. */
  apply(levels: readonly Level[]): void {
    for (let index = 0; index < levels.length; index += 1) {
      const level = levels[index];
      if (level !== undefined) this.#set(level[0], level[1]);
    }
  }

  /** Forgets the worst levels beyond `depth`. */
  trim(depth: number): void {
    const surplus = this.#prices.length - depth;
    if (surplus <= 0) return;
    this.#prices.splice(0, surplus);
    this.#qtys.splice(0, surplus);
  }

  /** Copies of the best levels, best first. */
  top(count: number): Level[] {
    const levels: Level[] = [];
    for (let index = this.#prices.length - 1; index >= 0 && levels.length < count; index -= 1) {
      levels.push([this.#prices[index] ?? 0, this.#qtys[index] ?? 0]);
    }
    return levels;
  }

  /** Writes price and quantity by turns, best first, as far as there is room. Answers how many numbers that are. */
  copyTo(out: Float64Array): number {
    const { length } = this.#prices;
    const count = Math.min(length, out.length >> 1);
    for (let index = 0; index < count; index += 1) {
      out[2 * index] = this.#prices[length - 1 - index] ?? 0;
      out[2 * index + 1] = this.#qtys[length - 1 - index] ?? 0;
    }
    return 2 * count;
  }

  /** The ordinary snapshot: best first, each price once, no empty level. Answers false when it is not one. */
  #fillBestFirst(levels: readonly Level[]): boolean {
    for (let index = levels.length - 1; index >= 0; index -= 1) {
      const [price, qty] = levels[index] ?? [0, 0];
      const worse = this.bestPrice;
      if (qty === 0 || (worse !== undefined && (price - worse) * this.#sign <= 0)) return false;
      this.#prices.push(price);
      this.#qtys.push(qty);
    }
    return true;
  }

  #set(price: number, qty: number): void {
    const place = this.#placeOf(price);
    const isKnown = this.#prices[place] === price;
    if (isKnown && qty > 0) this.#qtys[place] = qty;
    else if (isKnown) this.#remove(place);
    else if (qty > 0) this.#insert(place, price, qty);
  }

  /** The index of the first level that is not worse than `price`. */
  #placeOf(price: number): number {
    const prices = this.#prices;
    const wanted = price * this.#sign;
    let low = 0;
    let high = prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((prices[middle] ?? 0) * this.#sign < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moving by hand is faster than splice, which allocates what it removes. */
  #insert(place: number, price: number, qty: number): void {
    const prices = this.#prices;
    const qtys = this.#qtys;
    for (let index = prices.length; index > place; index -= 1) {
      prices[index] = prices[index - 1] ?? 0;
      qtys[index] = qtys[index - 1] ?? 0;
    }
    prices[place] = price;
    qtys[place] = qty;
  }

  #remove(place: number): void {
    const prices = this.#prices;
    const qtys = this.#qtys;
    for (let index = place + 1; index < prices.length; index += 1) {
      prices[index - 1] = prices[index] ?? 0;
      qtys[index - 1] = qtys[index] ?? 0;
    }
    prices.pop();
    qtys.pop();
  }
}
