import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Candle } from '../../../runner/context/candle.ts';
import { Context, type ContextOptions } from '../../../runner/context/context.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { type MonoMs, monoMs, type UnixMs, unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, gap, status, T0, trade } from '../intake/events.ts';

const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', depth: 50, ...bitcoin };
const spotTrades: Topic = { channel: 'trades', category: 'spot', symbol: 'BTCUSDT' };

function world(options: Partial<ContextOptions> = {}) {
  const broken: string[] = [];
  const candles: Candle[] = [];
  const context = new Context(
    {
      wanted: [trades, book, spotTrades],
      freshness: scaledPolicy().freshness,
      tapeCapacity: 100,
      ...options,
    },
    {
      onBookBroken: (topic, code, reason) => broken.push(`${topic.channel} ${code} ${reason}`),
      onCandle: (candle) => candles.push(candle),
    },
  );
  let now = 0;
  return {
    context,
    broken,
    candles,
    apply: (...events: TowlineEvent[]) => {
      for (const event of events) context.apply(event, monoMs(now), unixMs(T0 + now));
    },
    pass: (ms: number) => {
      now += ms;
    },
    now: (): MonoMs => monoMs(now),
    nowMs: (): UnixMs => unixMs(T0 + now),
    bookNow: () => context.bookOf(bitcoin, 50, monoMs(now)),
    topic: (key: string) => context.topics(monoMs(now)).find((view) => view.key === key),
  };
}

/** Enough updates for a pace to be known: one each 100 ms. */
function flowing() {
  const running = world();
  running.apply(status('connected', { scope: 'public', category: 'linear' }));
  running.apply(depth());
  for (let id = 2; id <= 30; id += 1) {
    running.pass(100);
    running.apply(depth({ action: 'delta', last_update_id: id, bids: [], asks: [] }));
  }
  return running;
}

describe('the context', () => {
  it('keeps trades, prices and books by category and symbol', () => {
    const { context, apply, bookNow } = world();
    apply(trade({ price: 10 }), trade({ id: 'b', category: 'spot', price: 11 }), depth());
    assert.equal(context.instrument(bitcoin)?.lastPrice?.price, 10);
    assert.equal(context.instrument(spotTrades)?.lastPrice?.price, 11);
    assert.equal(context.instrument(spotTrades)?.tape.length, 1);
    assert.deepEqual(bookNow()?.bids, [[100, 1]]);
    assert.equal(context.bookOf(spotTrades, 50, monoMs(0)), undefined, 'no depth is wanted there');
  });

  it('counts what nobody asked for and does not keep it', () => {
    const { context, apply } = world();
    apply(trade({ symbol: 'DOGEUSDT' }), depth({ depth: 200 }), depth({ category: 'spot' }));
    assert.equal(context.unwanted, 3);
    assert.equal(context.instrument({ category: 'linear', symbol: 'DOGEUSDT' }), undefined);
  });

  it('does not let a late or absurd trade turn the last price back or hold it', () => {
    const { context, apply } = world();
    apply(trade({ price: 10, timestamp: T0 + 5 }), trade({ id: 'b', price: 9, timestamp: T0 + 4 }));
    assert.equal(context.instrument(bitcoin)?.lastPrice?.price, 10);
    apply(trade({ id: 'c', price: 99, timestamp: T0 * 2 }), trade({ id: 'd', price: 11, timestamp: T0 + 6 }));
    assert.equal(context.instrument(bitcoin)?.lastPrice?.price, 11);
  });

  it('follows a topic from wanted over subscribed to lost and back', () => {
    const { apply, topic, context } = world();
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'wanted');
    apply(status('connected', { scope: 'public', category: 'linear' }));
    apply(status('subscribed', { scope: 'topic', ...trades }));
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'subscribed');
    assert.equal(topic('depth.50:linear:BTCUSDT')?.state, 'wanted');
    assert.equal(topic('trades:spot:BTCUSDT')?.state, 'wanted');
    apply(status('disconnected', { scope: 'public', category: 'linear', reason: 'socket closed' }));
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'wanted');
    assert.equal(topic('trades:linear:BTCUSDT')?.stale_reason, 'socket closed');
    assert.equal(topic('trades:spot:BTCUSDT')?.stale, false);
    assert.deepEqual(
      context.connections().map(({ category, state }) => [category, state]),
      [
        ['linear', 'disconnected'],
        ['spot', 'unknown'],
      ],
    );
  });

  it('takes data for an acknowledgement and for a connection, for connectors that say little', () => {
    const { apply, topic, context } = world();
    apply(status('disconnected'), trade());
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'subscribed');
    assert.equal(topic('trades:linear:BTCUSDT')?.stale, false);
    assert.equal(context.connections()[0]?.state, 'connected');
  });

  it('keeps the reason of a refusal over reconnects of the same child, and forgets it with the child', () => {
    const { apply, topic, context } = world();
    apply({ type: 'error', error: 'handler not found', code: 'topic_refused', channel: 'depth', ...bitcoin });
    apply(status('disconnected', { scope: 'public', category: 'linear' }));
    assert.equal(topic('depth.50:linear:BTCUSDT')?.refusal, 'handler not found');
    context.childEnded();
    assert.equal(topic('depth.50:linear:BTCUSDT')?.state, 'wanted');
    assert.equal(topic('depth.50:linear:BTCUSDT')?.refusal, undefined);
  });

  it('reads states from a heartbeat too', () => {
    const { apply, topic } = world();
    const report = { stale: false, age_ms: null, messages: 0 };
    apply(
      status('heartbeat', {
        topics: [
          { ...report, channel: 'trades', ...bitcoin, state: 'active' },
          { ...report, channel: 'depth', depth: 50, ...bitcoin, state: 'rejected' },
        ],
      }),
    );
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'subscribed');
    assert.equal(topic('depth.50:linear:BTCUSDT')?.state, 'refused');
    apply(
      status('heartbeat', { topics: [{ ...report, channel: 'trades', ...bitcoin, state: 'requested' }] }),
    );
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'wanted', 'not shown subscribed while it is not');
    apply(trade());
    assert.equal(topic('trades:linear:BTCUSDT')?.state, 'subscribed');
  });

  it('believes a child that calls a topic stale, until data come or it says that they flow', () => {
    const { apply, topic } = world();
    apply(trade(), status('stale', { ...trades, reason: 'mute' }));
    assert.equal(topic('trades:linear:BTCUSDT')?.stale_reason, 'mute');
    apply(trade({ id: 'b' }));
    assert.equal(topic('trades:linear:BTCUSDT')?.stale, false);
    apply(status('stale', { ...trades, reason: 'mute' }), status('flowing', { ...trades }));
    assert.equal(topic('trades:linear:BTCUSDT')?.stale, false);
  });
});

describe('a book of the context', () => {
  it('is not valid before its snapshot', () => {
    const { bookNow } = world();
    assert.deepEqual([bookNow()?.valid, bookNow()?.reason], [false, 'no snapshot yet']);
  });

  it('is not valid while its topic is silent for longer than normal, and is again when data come', () => {
    const { apply, pass, bookNow, topic } = flowing();
    assert.equal(bookNow()?.valid, true);
    pass(5_001);
    assert.equal(bookNow()?.valid, false);
    assert.match(bookNow()?.reason ?? '', /^nothing for 5001 ms, normal is up to 5000 ms$/);
    assert.equal(topic('depth.50:linear:BTCUSDT')?.stale, true);
    apply(depth({ action: 'delta', last_update_id: 31, bids: [], asks: [] }));
    assert.equal(bookNow()?.valid, true);
  });

  for (const { name, lose, reason } of [
    {
      name: 'a disconnect',
      lose: (it: ReturnType<typeof world>) =>
        it.apply(status('disconnected', { category: 'linear', reason: 'gone' })),
      reason: 'gone',
    },
    {
      name: 'a resync',
      lose: (it: ReturnType<typeof world>) => it.apply(status('resync', { ...book, reason: 'overload' })),
      reason: 'overload',
    },
    {
      name: 'the end of the child',
      lose: (it: ReturnType<typeof world>) => it.context.childEnded(),
      reason: 'the connector ended',
    },
  ]) {
    it(`is not valid after ${name} until the next snapshot, whatever deltas come`, () => {
      const running = flowing();
      lose(running);
      assert.deepEqual([running.bookNow()?.valid, running.bookNow()?.reason], [false, reason]);
      assert.deepEqual(running.bookNow()?.bids, []);
      running.apply(status('connected', { category: 'linear' }));
      running.apply(depth({ action: 'delta', last_update_id: 31, bids: [], asks: [] }));
      assert.equal(running.bookNow()?.valid, false);
      assert.equal(running.topic('depth.50:linear:BTCUSDT')?.snapshot_seen, false);
      running.apply(depth({ last_update_id: 77 }));
      assert.equal(running.bookNow()?.valid, true);
      assert.deepEqual(running.broken, [], 'this is no fault of the book');
    });
  }

  it('asks for a new subscription once when an update is missing', () => {
    const { apply, broken, bookNow } = flowing();
    for (const id of [33, 34, 35]) apply(depth({ action: 'delta', last_update_id: id, bids: [], asks: [] }));
    assert.deepEqual(broken, ['depth book_gap book_gap: update 33 came after 30']);
    assert.equal(bookNow()?.valid, false);
  });

  it('asks for a new subscription when it is crossed', () => {
    const { apply, broken } = flowing();
    apply(depth({ action: 'delta', last_update_id: 31, bids: [[101, 1]], asks: [] }));
    assert.equal(broken.length, 1);
    assert.match(broken[0] ?? '', /book_crossed/);
  });

  it('tells its best prices only while it is valid', () => {
    const { context, apply, now } = flowing();
    assert.deepEqual(context.topOf(bitcoin, now()), {
      valid: true,
      timestamp: T0,
      bid: 100,
      bid_qty: 1,
      ask: 101,
      ask_qty: 1,
    });
    apply(status('resync', { ...book }));
    assert.equal(context.topOf(bitcoin, now())?.bid, null);
  });
});

describe('time in the context', () => {
  it('closes candles by the clock of the exchange', () => {
    const { context, apply, candles, pass, now, nowMs } = world();
    apply(status('heartbeat', { clock_offset_ms: 5_000 }), trade());
    pass(65_999);
    context.advance(now(), nowMs());
    assert.equal(candles.length, 0);
    pass(1);
    context.advance(now(), nowMs());
    assert.deepEqual(
      candles.map(({ timeframe, count }) => [timeframe, count]),
      [['1m', 1]],
    );
  });

  it('is event time under a replay: old data are not stale, and candles close as recorded time passes', () => {
    const { context, apply, pass, candles, topic, now, nowMs } = world();
    const old = T0 - 86_400_000;
    apply(status('ready', { clock: 'replay' }));
    for (let index = 0; index < 30; index += 1)
      apply(trade({ id: `t${index}`, timestamp: old + index * 100 }));
    pass(600_000);
    context.advance(now(), nowMs());
    assert.equal(topic('trades:linear:BTCUSDT')?.stale, false);
    assert.equal(candles.length, 0);
    apply(trade({ id: 'next', timestamp: old + 61_000 }));
    context.advance(now(), nowMs());
    assert.equal(candles.length, 1);
  });

  it('marks candles that a gap touches', () => {
    const { context, apply, pass } = world();
    apply(status('subscribed', { ...trades }));
    apply(trade({ id: 'first', timestamp: T0 }));
    pass(60_000);
    apply(trade({ timestamp: T0 + 60_000 }));
    const complete = () => context.instrument(bitcoin)?.candles['1m'].list()[1]?.complete;
    assert.equal(complete(), true);
    apply(gap({ from: { id: 'a', timestamp: T0 + 60_000 } }));
    assert.equal(complete(), false);
  });
});

describe('the memory of the context', () => {
  it('keeps all tapes together within one budget: the longest gives to those below their share', () => {
    const { context, apply } = world({ tapeBudget: 10 });
    for (let index = 0; index < 30; index += 1) apply(trade({ id: `l${index}`, timestamp: T0 + index }));
    assert.equal(context.instrument(bitcoin)?.tape.length, 10);
    for (let index = 0; index < 30; index += 1)
      apply(trade({ id: `s${index}`, category: 'spot', timestamp: T0 + index }));
    assert.equal(context.instrument(bitcoin)?.tape.length, 5);
    assert.equal(context.instrument(spotTrades)?.tape.length, 5);
  });

  it('forgets the tape and the candles with the trades, also where the book stays', () => {
    const { context, apply, pass, candles, now, nowMs } = world();
    apply(status('subscribed', { ...trades }), depth());
    pass(30_000);
    apply(trade({ timestamp: T0 + 30_000 }));
    context.unwant(trades);
    apply(gap({ state: 'lost' }));
    pass(600_000);
    context.want(trades);
    apply(status('subscribed', { ...trades }), trade({ id: 'b', timestamp: T0 + 630_000 }));
    pass(120_000);
    apply(trade({ id: 'c', timestamp: T0 + 750_000 }));
    context.advance(now(), nowMs());
    assert.deepEqual(
      candles
        .filter(({ timeframe }) => timeframe === '1m')
        .map(({ start, complete }) => [start - T0, complete]),
      [
        [600_000, false],
        [660_000, true],
      ],
    );
    assert.deepEqual(
      [...(context.instrument(bitcoin)?.tape.newestFirst() ?? [])].map(({ id }) => id),
      ['c', 'b'],
    );
  });

  it('gives the room of forgotten trades to others', () => {
    const { context, apply } = world({ tapeBudget: 10 });
    for (let index = 0; index < 10; index += 1) apply(trade({ id: `l${index}`, timestamp: T0 + index }));
    context.unwant(trades);
    for (let index = 0; index < 10; index += 1)
      apply(trade({ id: `s${index}`, category: 'spot', timestamp: T0 + index }));
    assert.equal(context.instrument(spotTrades)?.tape.length, 10);
  });

  it('forgets a symbol with its last topic', () => {
    const { context, apply } = world();
    apply(trade(), depth());
    context.unwant(trades);
    apply(trade({ id: 'b' }));
    assert.equal(context.unwanted, 1);
    assert.equal(context.instrument(bitcoin)?.tape.length, 0, 'its book is wanted, its trades are not');
    context.unwant(book);
    assert.equal(context.instrument(bitcoin), undefined);
    context.want(trades);
    apply(trade({ id: 'c' }));
    assert.equal(context.instrument(bitcoin)?.tape.length, 1);
  });
});
