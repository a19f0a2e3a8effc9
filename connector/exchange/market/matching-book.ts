/**
 * The limit order book of one instrument: price-time priority, integers only.
 *
 * Each side is a ladder of levels sorted with the best price LAST, because nearly everything happens at the best price
 * and the end of an array is the cheap end. A level holds its orders in order of arrival. Nothing here is random and
 * nothing knows Bybit: given the same orders in the same sequence, the same fills come out.
 */

/** Side of an order; of a fill, the taker's side. */
export type Side = 'Buy' | 'Sell';

/** An order that waits on the book; `size` is what is left of it, in lots. */
export interface RestingOrder {
  readonly id: number;
  readonly side: Side;
  readonly price: number;
  size: number;
  /** Where the order stands in the list of all orders, so that any of them can be picked at random and removed at once. */
  place: number;
}

/** All orders at one price; `size` is their sum. */
export interface Level {
  readonly price: number;
  size: number;
  readonly orders: RestingOrder[];
}

/** One match: `size` lots at the resting order's price. */
export interface Fill {
  readonly makerId: number;
  readonly price: number;
  readonly size: number;
}

/** The book. `bids` ascend and `asks` descend, so the last entry of each is its best price. */
export class MatchingBook {
  readonly bids: Level[] = [];
  readonly asks: Level[] = [];
  readonly orders: RestingOrder[] = [];

  /**
   * Matches an order against the other side. A `price` of undefined is a market order, whose unmatched rest vanishes;
   * the rest of a limit order waits on the book.
   */
  place(id: number, side: Side, price: number | undefined, size: number): readonly Fill[] {
    const other = side === 'Buy' ? this.asks : this.bids;
    const fills: Fill[] = [];
    let left = size;
    while (left > 0) {
      const best = other.at(-1);
      if (best === undefined || !reaches(side, price, best.price)) break;
      left = this.takeFrom(best, left, fills);
      if (best.orders.length === 0) other.pop();
    }
    if (left > 0 && price !== undefined) this.rest(id, side, price, left);
    return fills;
  }

  /** Takes a waiting order off the book. */
  cancel(order: RestingOrder): void {
    const ladder = order.side === 'Buy' ? this.bids : this.asks;
    const index = indexOfPrice(ladder, order.side, order.price);
    const level = ladder[index];
    const position = level?.orders.indexOf(order) ?? -1;
    if (level === undefined || position < 0) throw new Error(`order ${order.id} is not on the book`);
    level.orders.splice(position, 1);
    level.size -= order.size;
    if (level.orders.length === 0) ladder.splice(index, 1);
    this.forget(order);
  }

  private takeFrom(level: Level, wanted: number, fills: Fill[]): number {
    let left = wanted;
    while (left > 0) {
      const maker = level.orders[0];
      if (maker === undefined) break;
      const size = Math.min(left, maker.size);
      fills.push({ makerId: maker.id, price: level.price, size });
      left -= size;
      maker.size -= size;
      level.size -= size;
      if (maker.size === 0) {
        level.orders.shift();
        this.forget(maker);
      }
    }
    return left;
  }

  private rest(id: number, side: Side, price: number, size: number): void {
    const ladder = side === 'Buy' ? this.bids : this.asks;
    const order: RestingOrder = { id, side, price, size, place: this.orders.length };
    this.orders.push(order);
    const index = indexOfPrice(ladder, side, price);
    const level = ladder[index];
    if (level !== undefined && level.price === price) {
      level.orders.push(order);
      level.size += size;
    } else {
      ladder.splice(index, 0, { price, size, orders: [order] });
    }
  }

  private forget(order: RestingOrder): void {
    const last = this.orders.pop();
    if (last === undefined || last === order) return;
    this.orders[order.place] = last;
    last.place = order.place;
  }
}

function reaches(side: Side, price: number | undefined, best: number): boolean {
  if (price === undefined) return true;
  return side === 'Buy' ? best <= price : best >= price;
}

/** The index of a price in a ladder, or the index where it belongs. */
function indexOfPrice(ladder: readonly Level[], side: Side, price: number): number {
  let low = 0;
  let high = ladder.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = ladder[middle]?.price ?? 0;
    if (side === 'Buy' ? at < price : at > price) low = middle + 1;
    else high = middle;
  }
  return low;
}
