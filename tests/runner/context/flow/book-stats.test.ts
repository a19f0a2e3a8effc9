import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import type { BookView } from '../../../../runner/context/book-view.ts';
import { bookStats } from '../../../../runner/context/flow/book-stats.ts';
import type { Level } from '../../../../shared/market.ts';
import { bitcoin, T0 } from '../../intake/events.ts';

function book(bids: readonly Level[], asks: readonly Level[], reason: string | null = null): BookView {
  return {
    key: 'depth.50:linear:BTCUSDT',
    ...bitcoin,
    depth: 50,
    valid: reason === null,
    reason,
    time: T0,
    last_update_id: 1,
    bids,
    asks,
  };
}

describe('the statistics of a book', () => {
  it('are spread, middle and imbalance of the best levels, exact', () => {
    const bids: readonly Level[] = [
      [50_000, 0.1],
      [49_999.9, 0.2],
      [49_999, 9],
    ];
    const asks: readonly Level[] = [
      [50_000.1, 0.3],
      [50_000.2, 0.3],
    ];
    assert.deepEqual(bookStats(book(bids, asks), 2), {
      ...bitcoin,
      valid: true,
      reason: null,
      time: T0,
      levels: 2,
      best_bid: 50_000,
      best_ask: 50_000.1,
      spread: 0.1,
      spread_bps: 0.01999998,
      mid: 50_000.05,
      bid_qty: 0.3,
      ask_qty: 0.6,
      imbalance: -0.333333333333,
    });
    assert.equal(bookStats(book(bids, asks), 50).bid_qty, 9.3);
  });

  it('are not told of a book that is not valid, though it shows its last levels', () => {
    const stats = bookStats(book([[100, 1]], [[101, 1]], 'stale'), 5);
    assert.deepEqual(
      [stats.valid, stats.reason, stats.best_bid, stats.spread, stats.mid, stats.bid_qty, stats.imbalance],
      [false, 'stale', null, null, null, null, null],
    );
  });

  it('of a book without one side have no spread, and all of what there is on the other', () => {
    const stats = bookStats(book([[100, 2]], []), 5);
    assert.deepEqual(
      [stats.best_bid, stats.best_ask, stats.spread, stats.mid, stats.ask_qty, stats.imbalance],
      [100, null, null, null, 0, 1],
    );
    assert.equal(bookStats(book([], []), 5).imbalance, null);
  });

  it('agree with exact decimals of another library', () => {
    const level = fc.tuple(
      fc.integer({ min: 1, max: 1_000_000 }).map((tenths) => tenths / 10),
      fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 1_000),
    );
    const levels = fc.array(level, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(levels, levels, fc.integer({ min: 1, max: 25 }), (bids, asks, count) => {
        const sum = (side: readonly Level[]) =>
          side.slice(0, count).reduce((total, [, qty]) => total.plus(qty), new Big(0));
        const [bid, ask] = [new Big(bids[0]?.[0] ?? 0), new Big(asks[0]?.[0] ?? 0)];
        const stats = bookStats(book(bids, asks), count);
        assert.equal(stats.spread, Number(ask.minus(bid)));
        assert.equal(stats.mid, Number(ask.plus(bid).div(2)));
        assert.equal(stats.bid_qty, Number(sum(bids)));
        assert.equal(stats.ask_qty, Number(sum(asks)));
        const share = sum(bids)
          .minus(sum(asks))
          .div(sum(bids).plus(sum(asks)));
        assert.ok(Math.abs((stats.imbalance ?? 2) - Number(share)) < 1e-11);
      }),
    );
  });
});
