/** A second matching engine that shares nothing with the exchange: one list of orders, searched from end to end. */

/** One line of the order log; integers in ticks and lots. */
export type OrderLine = {
  readonly order: 'limit' | 'market' | 'cancel';
  readonly id: number;
  readonly side: 'Buy' | 'Sell';
  readonly price: number;
  readonly size: number;
};

export class IndependentMatcher {
  /** In order of arrival, which is the order in time. */
  private readonly waiting = new Map<number, { side: 'Buy' | 'Sell'; price: number; left: number }>();

  /** The trades of one line, as [price, size]. */
  apply(line: OrderLine): [number, number][] {
    const trades: [number, number][] = [];
    if (line.order === 'cancel') this.waiting.delete(line.id);
    let left = line.size;
    while (left > 0) {
      let best: { id: number; price: number; left: number } | undefined;
      for (const [id, other] of this.waiting) {
        const isBetter =
          best === undefined || (line.side === 'Buy' ? other.price < best.price : other.price > best.price);
        if (other.side !== line.side && isBetter) best = { id, ...other };
      }
      const reaches =
        best !== undefined &&
        (line.order === 'market' ||
          (line.side === 'Buy' ? best.price <= line.price : best.price >= line.price));
      if (best === undefined || !reaches) break;
      const size = Math.min(left, best.left);
      trades.push([best.price, size]);
      left -= size;
      const maker = this.waiting.get(best.id);
      if (maker !== undefined) maker.left -= size;
      if (maker?.left === 0) this.waiting.delete(best.id);
    }
    if (left > 0 && line.order === 'limit')
      this.waiting.set(line.id, { side: line.side, price: line.price, left });
    return trades;
  }

  /** The levels of a side, best first. */
  levels(side: 'Buy' | 'Sell'): [number, number][] {
    const sums = new Map<number, number>();
    for (const one of this.waiting.values()) {
      if (one.side === side) sums.set(one.price, (sums.get(one.price) ?? 0) + one.left);
    }
    return [...sums].sort(([a], [b]) => (side === 'Buy' ? b - a : a - b));
  }
}
