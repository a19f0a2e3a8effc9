/** Which rows an event becomes: kinds, sides, the two times, and what is left out on purpose. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FeedChoice,
  type FeedEvent,
  FeedMapper,
} from '../../../../connector/history/hftbacktest/feed-rows.ts';
import { book, choice, instrument, mapped, start, trade } from './feeds.ts';

const NS = 1_000_000n;
const at = (ms: number): bigint => (BigInt(start) + BigInt(ms)) * NS;

/** Side and kind in hex, price, quantity. */
function told(events: readonly FeedEvent[], options: FeedChoice = choice): readonly string[] {
  return mapped(events, options).map(({ ev, px, qty }) => `${ev.toString(16)} ${px} ${qty}`);
}

describe('a trade', () => {
  it('has the side of its taker, the time of the matching engine, and its receipt in ns', () => {
    const [bought, sold] = mapped([
      trade(1, { received_at: start * 1_000 + 1_234 }),
      trade(2, { side: 'sell' }),
    ]);
    assert.deepEqual(bought, {
      ev: 0x20000002n,
      exch_ts: at(1),
      local_ts: BigInt(start) * NS + 1_234_000n,
      px: 100.1,
      qty: 0.5,
      order_id: 0n,
      ival: 0n,
      fval: 0,
    });
    assert.equal(sold?.ev, 0x10000002n);
  });

  it('that nobody received gets its receipt from the latency that was given, or is refused', () => {
    const stored = trade(3, { received_at: undefined });
    const [row] = mapped([stored], { ...choice, latency: 7_000_001n });
    assert.equal(row?.local_ts, at(3) + 7_000_001n);
    assert.throws(() => mapped([stored]), { code: 'local_time_missing', message: /Give a latency/ });
    assert.throws(() => new FeedMapper({ ...choice, latency: -1n }), { code: 'latency_wrong' });
  });

  it('that was healed was received when it was healed, unless it is taken as if it had not been missed', () => {
    const healed = trade(4, { origin: 'healed', received_at: (start + 60_000) * 1_000 });
    assert.equal(mapped([healed], { ...choice, latency: 1n })[0]?.local_ts, at(60_000));
    const rules = { healedTrades: 'as_matched' } as const;
    assert.equal(mapped([healed], { ...choice, latency: 1n, rules })[0]?.local_ts, at(4) + 1n);
    assert.throws(() => mapped([healed], { ...choice, rules }), { code: 'local_time_missing' });
  });

  it('off the book is left out and counted, unless it is asked for', () => {
    const mapper = new FeedMapper(choice);
    mapper.map(trade(5, { block: true }), () => assert.fail('a row'));
    assert.deepEqual(mapper.counts, { trades: 0, books: 0, block_trades: 1, other_books: 0 });
    assert.equal(told([trade(5, { block: true })], { ...choice, rules: { blockTrades: 'keep' } }).length, 1);
  });
});

describe('a book', () => {
  const levels = [
    [
      [100, 1],
      [99, 2],
    ],
    [
      [101, 3],
      [103, 4],
    ],
  ] as const;
  const delta = book(1, ...levels);
  const snapshot = book(1, ...levels, { action: 'snapshot' });

  it('that changes is one row a level, bids first', () => {
    assert.deepEqual(told([delta]), ['20000001 100 1', '20000001 99 2', '10000001 101 3', '10000001 103 4']);
    assert.deepEqual(told([book(1, [[100, 0]], [])]), ['20000001 100 0'], 'a level that is gone');
  });

  it('that is told whole clears each side first', () => {
    assert.deepEqual(told([snapshot]), [
      '20000003 NaN 0',
      '20000004 100 1',
      '20000004 99 2',
      '10000003 NaN 0',
      '10000004 101 3',
      '10000004 103 4',
    ]);
    assert.deepEqual(
      told([{ ...snapshot, action: undefined }]),
      told([snapshot]),
      'as minimal connectors say',
    );
  });

  it('can be told to clear only the range of the snapshot: to its worst prices, wherever they stand', () => {
    const shuffled = book(1, [...levels[0]].reverse(), [...levels[1]].reverse(), { action: 'snapshot' });
    const rows = told([shuffled], { ...choice, rules: { clear: 'range' } });
    assert.deepEqual([rows[0], rows[3]], ['20000003 99 0', '10000003 103 0']);
    const empty = book(1, [], levels[1], { action: 'snapshot' });
    assert.equal(
      told([empty], { ...choice, rules: { clear: 'range' } })[0],
      '20000003 NaN 0',
      'a side that is empty',
    );
  });

  it('happened when the matching engine made it, unless it is asked when it was sent', () => {
    const timesOf = (rules: FeedChoice['rules'] = {}): readonly (bigint | undefined)[] =>
      mapped([delta, { ...delta, sent_at: undefined }], { ...choice, rules }).map(({ exch_ts }) => exch_ts);
    assert.deepEqual(new Set(timesOf()), new Set([at(1)]));
    assert.deepEqual(timesOf({ bookTime: 'sent' }), [at(3), at(3), at(3), at(3), at(1), at(1), at(1), at(1)]);
  });

  it('of other levels is left out and counted; one that does not say is taken; none with trades alone', () => {
    const other = { ...delta, depth: 1 };
    assert.deepEqual(told([other]), []);
    assert.equal(told([{ ...delta, depth: undefined }]).length, 4);
    assert.deepEqual(told([delta], { ...choice, depth: null }), []);
    const mapper = new FeedMapper(choice);
    mapper.map(other, () => assert.fail('a row'));
    assert.equal(mapper.counts.other_books, 1);
  });
});

it('events of other instruments and channels become no rows', () => {
  const others: readonly FeedEvent[] = [
    trade(1, { symbol: 'ETHUSDT' }),
    trade(1, { category: 'spot' }),
    book(1, [[100, 1]], [], { symbol: 'ETHUSDT' }),
    { type: 'gap' },
    { type: 'kline' },
  ];
  assert.deepEqual(mapped(others, { ...instrument, depth: 50, latency: 1n }), []);
});
