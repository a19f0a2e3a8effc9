import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../../../runner/context/order-book.ts';
import type { Level } from '../../../shared/market.ts';
import { depth, T0 } from '../intake/events.ts';

const delta = (last_update_id: number, bids: Level[], asks: Level[]) =>
  depth({ action: 'delta', last_update_id, bids, asks });

/** What a book is, said as plainly as possible. */
class NaiveBook {
  bids = new Map<number, number>();
  asks = new Map<number, number>();
  valid = false;
  last = 0;

  apply(event: ReturnType<typeof depth>, maxDepth: number): void {
    if (event.action !== 'delta') {
      this.bids.clear();
      this.asks.clear();
      this.valid = true;
    } else if (!this.valid || event.last_update_id <= this.last) return;
    else if (event.last_update_id !== this.last + 1) {
      this.valid = false;
      return;
    }
    this.last = event.last_update_id;
    for (const [side, levels] of [
      [this.bids, event.bids],
      [this.asks, event.asks],
    ] as const) {
      for (const [price, qty] of levels) {
        if (qty === 0) side.delete(price);
        else side.set(price, qty);
      }
    }
    this.bids = new Map(
      this.top()
        .bids.slice(0, maxDepth)
        .map(([price, qty]) => [price, qty]),
    );
    this.asks = new Map(
      this.top()
        .asks.slice(0, maxDepth)
        .map(([price, qty]) => [price, qty]),
    );
    if (Math.max(...this.bids.keys()) >= Math.min(...this.asks.keys())) this.valid = false;
  }

  top(): { bids: Level[]; asks: Level[] } {
    return {
      bids: [...this.bids].toSorted(([a], [b]) => b - a),
      asks: [...this.asks].toSorted(([a], [b]) => a - b),
    };
  }
}

/** Bids around 100, asks around 110; now and then a price that crosses. */
const side = (middle: number) =>
  fc
    .array(
      fc.tuple(
        fc.oneof(
          { weight: 150, arbitrary: fc.integer({ min: -5, max: 4 }) },
          { weight: 1, arbitrary: fc.constant(6) },
        ),
        fc.nat(3),
      ),
      { maxLength: 12, size: 'max' },
    )
    .map((levels) =>
      levels.map(([offset, qty]): Level => [(middle + (middle < 105 ? offset : -offset)) / 10, qty]),
    );

const frame = fc.record({
  snapshot: fc.oneof(
    { weight: 5, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  step: fc.oneof(
    { weight: 12, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: -2, max: 3 }) },
  ),
  bids: side(100),
  asks: side(110),
});

describe('the order book', () => {
  it('agrees with a naive book after any mix of snapshots, deltas, repetitions and jumps', () => {
    let changed = 0;
    let broken = 0;
    fc.assert(
      fc.property(fc.array(frame, { minLength: 20, maxLength: 60, size: 'max' }), (frames) => {
        const book = new OrderBook(8);
        const naive = new NaiveBook();
        let id = 100;
        for (const { snapshot, step, bids, asks } of [
          { snapshot: true, step: 1, bids: [], asks: [] },
          ...frames,
        ]) {
          id += step;
          const action = snapshot ? 'snapshot' : 'delta';
          const event = depth({ action, last_update_id: id, bids, asks });
          const change = book.apply(event);
          naive.apply(event, 8);
          if (change === 'changed') changed += 1;
          if (change === 'book_crossed' || change === 'book_gap') broken += 1;
          assert.equal(book.state.kind === 'valid', naive.valid, `after ${change}`);
          if (naive.valid) {
            assert.deepEqual(book.top(100), naive.top());
            assert.equal(book.lastUpdateId, naive.last);
          } else {
            assert.deepEqual(book.top(100), { bids: [], asks: [] });
          }
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(
      changed > 1_000 && broken > 50,
      `the generator must reach both: ${changed} changed, ${broken} broken`,
    );
  });

  it('ignores deltas before the first snapshot', () => {
    const book = new OrderBook(50);
    assert.equal(book.apply(delta(5, [[1, 1]], [])), 'ignored');
    assert.equal(book.state.kind, 'empty');
  });

  it('drops an update that it has already', () => {
    const book = new OrderBook(50);
    book.apply(depth({ last_update_id: 5 }));
    assert.equal(book.apply(delta(5, [[100, 9]], [])), 'duplicate');
    assert.deepEqual(book.top(1).bids, [[100, 1]]);
  });

  it('breaks where the ids begin anew and the snapshot was not seen: an old update has an old time', () => {
    const book = new OrderBook(50);
    book.apply(depth({ last_update_id: 5 }));
    assert.equal(book.apply({ ...delta(2, [[100, 9]], []), timestamp: T0 + 1 }), 'book_gap');
    assert.equal(book.state.kind, 'invalid');
  });

  it('knows nothing any more after a jump of the update id, until the next snapshot', () => {
    const book = new OrderBook(50);
    book.apply(depth({ last_update_id: 5 }));
    assert.equal(book.apply(delta(7, [], [])), 'book_gap');
    assert.deepEqual(book.state, { kind: 'invalid', reason: 'book_gap: update 7 came after 5' });
    assert.equal(book.apply(delta(8, [], [])), 'ignored');
    assert.equal(book.apply(depth({ last_update_id: 3 })), 'replaced');
    assert.equal(book.state.kind, 'valid');
  });

  it('judges crossing only after the whole frame', () => {
    const book = new OrderBook(50);
    book.apply(depth());
    const moved = delta(
      2,
      [[101, 2]],
      [
        [101, 0],
        [102, 1],
      ],
    );
    assert.equal(book.apply(moved), 'changed');
    assert.equal(book.apply(delta(3, [[102, 1]], [])), 'book_crossed');
    assert.equal(book.apply(depth({ bids: [[102, 1]], asks: [[102, 1]] })), 'book_crossed');
  });

  it('takes an event without an action for a snapshot, and one side may be empty', () => {
    const book = new OrderBook(50);
    assert.equal(book.apply({ ...depth({ asks: [] }), action: undefined }), 'replaced');
    assert.equal(book.state.kind, 'valid');
    assert.equal(book.asks.bestPrice, undefined);
  });

  it('sorts a snapshot that comes in any order, and the later of two levels with one price counts', () => {
    const book = new OrderBook(50);
    book.apply(
      depth({
        bids: [
          [98, 1],
          [100, 1],
          [99, 1],
          [100, 7],
          [98, 0],
        ],
        asks: [
          [103, 1],
          [101, 2],
        ],
      }),
    );
    assert.deepEqual(book.top(5), {
      bids: [
        [100, 7],
        [99, 1],
      ],
      asks: [
        [101, 2],
        [103, 1],
      ],
    });
  });

  it('forgets levels beyond the depth of its stream, the worst first', () => {
    const book = new OrderBook(2);
    book.apply(
      depth({
        bids: [
          [100, 1],
          [99, 1],
          [98, 1],
        ],
      }),
    );
    book.apply(delta(2, [[99.5, 1]], []));
    assert.deepEqual(book.top(5).bids, [
      [100, 1],
      [99.5, 1],
    ]);
  });

  it('keeps what others got unchanged', () => {
    const book = new OrderBook(50);
    book.apply(depth());
    const seen = book.top(5);
    book.apply(delta(2, [[100, 9]], []));
    assert.deepEqual(seen.bids, [[100, 1]]);
    assert.equal(book.timestamp, T0);
  });
});
