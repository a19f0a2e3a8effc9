/**
 * One depth of one order book as the push system publishes it: the window last sent, and its update id.
 *
 * A delta is the difference between the window last sent and the best `depth` levels now. So a level that a better one
 * pushes out arrives as a deletion, a level that moves up into the window as an insertion, and a client that applies
 * every delta holds exactly `depth` levels whenever the market has as many. `u` grows by one per delta and belongs to
 * this depth alone; `seq` is the market's. Bybit's rules: bybit-v5.md 3.2.
 */
import type { Market } from '../market/market.ts';
import type { Level } from '../market/matching-book.ts';

/** The depths that can be subscribed; all others were withdrawn or never existed. */
export const DEPTHS = [1, 50, 200, 1000] as const;

/** One published level: price in ticks, size in lots; in a delta, size 0 deletes. */
export type PublishedLevel = readonly [price: number, size: number];

/** What one frame of a depth says: bids descend, asks ascend; `seq` and `at` (ms) are those of the market's last step. */
export interface DepthUpdate {
  readonly kind: 'snapshot' | 'delta';
  readonly u: number;
  readonly seq: number;
  readonly at: number;
  readonly bids: readonly PublishedLevel[];
  readonly asks: readonly PublishedLevel[];
}

/** The published state of one depth of one market. */
export class DepthChannel {
  readonly depth: number;
  private readonly market: Market;
  private readonly bids = new PublishedSide(1);
  private readonly asks = new PublishedSide(-1);
  private u: number;
  private seq = 0;
  private at = 0;
  private step = -1;

  constructor(market: Market, depth: number, firstUpdateId: number) {
    this.market = market;
    this.depth = depth;
    this.u = firstUpdateId;
  }

  /** Takes the window of now as published; undefined when nothing in it has changed. Level 1 knows snapshots only. */
  publish(): DepthUpdate | undefined {
    if (this.step === this.market.step) return undefined;
    this.step = this.market.step;
    const { bids, asks } = this.market.book;
    const changedBids = this.bids.follow(bids, this.depth);
    const changedAsks = this.asks.follow(asks, this.depth);
    if (changedBids.length === 0 && changedAsks.length === 0) return undefined;
    this.u += 1;
    this.seq = this.market.seq;
    this.at = this.market.at;
    if (this.depth === 1) return this.snapshot();
    return { kind: 'delta', u: this.u, seq: this.seq, at: this.at, bids: changedBids, asks: changedAsks };
  }

  /** The window last published, whole; what a new subscriber gets first. */
  snapshot(): DepthUpdate {
    return {
      kind: 'snapshot',
      u: this.u,
      seq: this.seq,
      at: this.at,
      bids: this.bids.levels(),
      asks: this.asks.levels(),
    };
  }

  /** As after a restart of Bybit's service: the next snapshot has update id 1, and the count goes on from there. */
  restart(): DepthUpdate {
    this.u = 1;
    return this.snapshot();
  }

  /**
   * A window whose best bid lies above its best ask, as no book can be; the next publication takes it back. Undefined when
   * a side is empty.
   */
  cross(): DepthUpdate | undefined {
    const ask = this.asks.prices[0];
    if (ask === undefined || this.bids.prices.length === 0) return undefined;
    const crossed: PublishedLevel = [ask + 1, 1];
    const pushedOut = this.bids.putFirst(crossed, this.depth);
    this.u += 1;
    this.step = -1;
    if (this.depth === 1) return this.snapshot();
    return { kind: 'delta', u: this.u, seq: this.seq, at: this.at, bids: [crossed, ...pushedOut], asks: [] };
  }

  /**
   * A frame that gives a level in the middle of the bids a size that it does not have. The published window does not learn
   * of it, so nothing takes it back until that level changes. Undefined when there are no bids.
   */
  misstate(): DepthUpdate | undefined {
    const middle = Math.floor(this.bids.prices.length / 2);
    const price = this.bids.prices[middle];
    if (price === undefined) return undefined;
    const wrong: PublishedLevel = [price, (this.bids.sizes[middle] ?? 0) + 1];
    this.u += 1;
    if (this.depth > 1)
      return { kind: 'delta', u: this.u, seq: this.seq, at: this.at, bids: [wrong], asks: [] };
    return { ...this.snapshot(), bids: [wrong] };
  }

  /** The market's step that the published window shows. */
  get publishedStep(): number {
    return this.step;
  }
}

const NO_CHANGES: readonly PublishedLevel[] = [];

/**
 * One side of the published window, best first. It is changed in place: hundreds of markets are published thousands of
 * times a second, and most of those times one level has changed.
 */
class PublishedSide {
  readonly prices: number[] = [];
  readonly sizes: number[] = [];
  /** 1 when a higher price is better, -1 when a lower one is. */
  private readonly sign: 1 | -1;

  constructor(sign: 1 | -1) {
    this.sign = sign;
  }

  /** Becomes the best `depth` levels of a ladder (best last); what turned the one into the other, best first. */
  follow(ladder: readonly Level[], depth: number): readonly PublishedLevel[] {
    const { prices, sizes } = this;
    const length = Math.min(depth, ladder.length);
    const top = ladder.length - 1;
    let same = 0;
    for (; same < length; same += 1) {
      const level = ladder[top - same];
      if (level === undefined || level.price !== prices[same] || level.size !== sizes[same]) break;
    }
    if (same === length && prices.length === length) return NO_CHANGES;
    const changes = this.differences(ladder, length, same);
    for (let index = same; index < length; index += 1) {
      const level = ladder[top - index];
      if (level === undefined) continue;
      prices[index] = level.price;
      sizes[index] = level.size;
    }
    prices.length = length;
    sizes.length = length;
    return changes;
  }

  /** The levels as pairs. */
  levels(): readonly PublishedLevel[] {
    return this.prices.map((price, index) => [price, this.sizes[index] ?? 0]);
  }

  /** Puts a level before all others; the one that no longer fits comes back as a deletion. */
  putFirst([price, size]: PublishedLevel, depth: number): readonly PublishedLevel[] {
    this.prices.unshift(price);
    this.sizes.unshift(size);
    this.sizes.length = Math.min(depth, this.sizes.length);
    return this.prices.splice(depth).map((gone): PublishedLevel => [gone, 0]);
  }

  /** Walks both, best first, from the place where they begin to differ. */
  private differences(ladder: readonly Level[], length: number, from: number): readonly PublishedLevel[] {
    const { prices, sizes, sign } = this;
    const changes: PublishedLevel[] = [];
    let old = from;
    let fresh = from;
    for (;;) {
      const was = prices[old];
      const is = fresh < length ? ladder[ladder.length - 1 - fresh] : undefined;
      if (was === undefined && is === undefined) return changes;
      if (is === undefined || (was !== undefined && sign * was > sign * is.price)) {
        if (was !== undefined) changes.push([was, 0]);
        old += 1;
      } else if (was === undefined || sign * is.price > sign * was) {
        changes.push([is.price, is.size]);
        fresh += 1;
      } else {
        if (sizes[old] !== is.size) changes.push([is.price, is.size]);
        old += 1;
        fresh += 1;
      }
    }
  }
}
