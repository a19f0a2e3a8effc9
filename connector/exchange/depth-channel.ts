/**
 * One depth of one order book as the push system publishes it: the window last sent, and its update id.
 *
 * A delta is the difference between the window last sent and the best `depth` levels now. So a level that a better one
 * pushes out arrives as a deletion, a level that moves up into the window as an insertion, and a client that applies
 * every delta holds exactly `depth` levels whenever the market has as many. `u` grows by one per delta and belongs to
 * this depth alone; `seq` is the market's. Bybit's rules: bybit-v5.md 3.2.
 */
import type { Market } from './market.ts';
import type { Level } from './matching-book.ts';

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
  private bids: readonly PublishedLevel[] = [];
  private asks: readonly PublishedLevel[] = [];
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
    const bids = windowOf(this.market.book.bids, this.depth);
    const asks = windowOf(this.market.book.asks, this.depth);
    const changedBids = differences(this.bids, bids, (one, other) => one > other);
    const changedAsks = differences(this.asks, asks, (one, other) => one < other);
    if (changedBids.length === 0 && changedAsks.length === 0) return undefined;
    this.bids = bids;
    this.asks = asks;
    this.u += 1;
    this.seq = this.market.seq;
    this.at = this.market.at;
    if (this.depth === 1) return this.snapshot();
    return { kind: 'delta', u: this.u, seq: this.seq, at: this.at, bids: changedBids, asks: changedAsks };
  }

  /** The window last published, whole; what a new subscriber gets first. */
  snapshot(): DepthUpdate {
    return { kind: 'snapshot', u: this.u, seq: this.seq, at: this.at, bids: this.bids, asks: this.asks };
  }

  /** As after a restart of Bybit's service: the next snapshot has update id 1, and the count goes on from there. */
  restart(): DepthUpdate {
    this.u = 1;
    return this.snapshot();
  }

  /** The market's step that the published window shows. */
  get publishedStep(): number {
    return this.step;
  }
}

function windowOf(ladder: readonly Level[], depth: number): readonly PublishedLevel[] {
  const length = Math.min(depth, ladder.length);
  const window: PublishedLevel[] = [];
  for (let index = 0; index < length; index += 1) {
    const level = ladder[ladder.length - 1 - index];
    if (level !== undefined) window.push([level.price, level.size]);
  }
  return window;
}

/** Walks two windows, both best first, and lists what turns the first into the second, in the same order of prices. */
function differences(
  before: readonly PublishedLevel[],
  after: readonly PublishedLevel[],
  better: (one: number, other: number) => boolean,
): readonly PublishedLevel[] {
  const changes: PublishedLevel[] = [];
  let old = 0;
  let fresh = 0;
  for (;;) {
    const was = before[old];
    const is = after[fresh];
    if (was === undefined && is === undefined) return changes;
    if (is === undefined || (was !== undefined && better(was[0], is[0]))) {
      if (was !== undefined) changes.push([was[0], 0]);
      old += 1;
    } else if (was === undefined || better(is[0], was[0])) {
      changes.push(is);
      fresh += 1;
    } else {
      if (was[1] !== is[1]) changes.push(is);
      old += 1;
      fresh += 1;
    }
  }
}
