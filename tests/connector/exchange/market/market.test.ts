import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { INSTRUMENTS } from '../../../../connector/exchange/market/instruments.ts';
import { orderLine } from '../../../../connector/exchange/market/journal.ts';
import type { Market } from '../../../../connector/exchange/market/market.ts';
import { advance, createMarket, openMarket } from '../../../../connector/exchange/market/market.ts';
import { PRICE_BAND } from '../../../../connector/exchange/market/order-flow.ts';
import { IndependentMatcher } from './independent-matcher.ts';

function marketOf(index: number, seed: string, tradesPerMatch?: number): Market {
  const instrument = INSTRUMENTS[index];
  assert.ok(instrument);
  return createMarket(instrument, { seed, tradesPerMatch });
}

/** Everything that a run of `steps` says, without times. */
function history(market: Market, steps: number): string {
  const lines = openMarket(market, 1).map((step) => orderLine(market.instrument, step));
  for (let count = 0; count < steps; count += 1) {
    const step = advance(market, count);
    lines.push(
      orderLine(market.instrument, step).replace(/"T":\d+,/, ''),
      ...step.executions.map((one) => `${one.id} ${one.price} ${one.size} ${one.seq}`),
    );
  }
  return lines.join('\n');
}

for (const [index, instrument] of INSTRUMENTS.entries()) {
  test(`an independent matcher gets the same trades and the same book of ${instrument.category} ${instrument.symbol} at every 1,000th step`, () => {
    const market = marketOf(index, 'witness');
    const matcher = new IndependentMatcher();
    const check = (step: ReturnType<typeof advance>): void => {
      const trades = matcher.apply(JSON.parse(orderLine(instrument, step)));
      assert.deepEqual(
        trades,
        step.executions.map(({ price, size }) => [price, size]),
      );
    };
    const compareBooks = (): void => {
      assert.deepEqual(
        matcher.levels('Buy'),
        market.book.bids.map(({ price, size }) => [price, size]).reverse(),
      );
      assert.deepEqual(
        matcher.levels('Sell'),
        market.book.asks.map(({ price, size }) => [price, size]).reverse(),
      );
    };
    for (const step of openMarket(market, 1)) check(step);
    compareBooks();
    while (market.step < 8000) {
      check(advance(market, market.step));
      if (market.step % 1000 === 0) compareBooks();
    }
  });
}

test('the same seed gives the same orders, trades and ids, another seed others', () => {
  const once = history(marketOf(0, '42'), 3000);
  assert.equal(history(marketOf(0, '42'), 3000), once);
  assert.notEqual(history(marketOf(0, '43'), 3000), once);
});

test('in a narrow band the best prices stay within it, and it goes on trading', () => {
  const [instrument] = INSTRUMENTS;
  assert.ok(instrument);
  const market = createMarket(instrument, { seed: 'narrow', tradesPerMatch: undefined, bandTicks: 10 });
  openMarket(market, 1);
  let trades = 0;
  for (let count = 0; count < 5_000; count += 1) {
    trades += advance(market, count).executions.length;
    assert.ok((market.book.bids.at(-1)?.price ?? 0) <= instrument.basePrice + 10);
    assert.ok((market.book.asks.at(-1)?.price ?? 0) >= instrument.basePrice - 10);
  }
  assert.ok(trades > 500, `${trades} trades`);
});

test('the book is never crossed, its ladders are sorted, its sums are right, and the price stays in its band', () => {
  fc.assert(
    fc.property(
      fc.nat(INSTRUMENTS.length - 1),
      fc.string(),
      fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
      (index, seed, trades) => {
        const market = marketOf(index, seed, trades);
        openMarket(market, 1);
        const { basePrice } = market.instrument;
        for (let count = 0; count < 1500; count += 1) {
          advance(market, count);
          const bid = market.book.bids.at(-1)?.price ?? 0;
          const ask = market.book.asks.at(-1)?.price ?? 0;
          assert.ok(bid > 0 && bid < ask, `crossed or empty: ${bid} ${ask}`);
          assert.ok(bid <= basePrice * (1 + PRICE_BAND) && ask >= basePrice * (1 - PRICE_BAND));
        }
        const { bids, asks } = market.book;
        for (const ladder of [bids, asks]) {
          for (const level of ladder) {
            assert.ok(Number.isInteger(level.price) && level.size > 0);
            assert.equal(
              level.size,
              level.orders.reduce((sum, order) => sum + order.size, 0),
            );
          }
        }
        assert.ok(bids.every((level, place) => place === 0 || (bids[place - 1]?.price ?? 0) < level.price));
        assert.ok(asks.every((level, place) => place === 0 || (asks[place - 1]?.price ?? 0) > level.price));
        assert.equal(
          [...bids, ...asks].reduce((sum, level) => sum + level.orders.length, 0),
          market.book.orders.length,
        );
      },
    ),
    // A match that aims at more trades than a small book has levels once swept a side away.
    { numRuns: 25, examples: [[4, '', 47]] },
  );
});

test('busy markets keep more than 1,000 levels a side, also when every match takes ten orders', () => {
  for (const trades of [undefined, 1, 10]) {
    const market = marketOf(0, 'deep', trades);
    openMarket(market, 1);
    let fewest = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 20_000; count += 1) {
      advance(market, count);
      fewest = Math.min(fewest, market.book.bids.length, market.book.asks.length);
    }
    assert.ok(fewest >= 1000, `${fewest} levels with ${trades} trades a match`);
  }
});

test('trades of one match share time and seq, and seq grows by jumps', () => {
  const market = marketOf(0, 'seq');
  openMarket(market, 1);
  let last = 0;
  let jumps = 0;
  let shared = 0;
  for (let count = 0; count < 2000; count += 1) {
    const step = advance(market, 1000 + count);
    assert.ok(step.seq > last);
    if (step.seq > last + 1) jumps += 1;
    last = step.seq;
    for (const execution of step.executions) {
      assert.equal(execution.seq, step.seq);
      assert.equal(execution.at, step.at);
    }
    if (step.executions.length > 1) shared += 1;
  }
  assert.ok(jumps > 1900 && shared > 50);
});

test('time stamps never run backwards, even when the clock does', () => {
  const market = marketOf(0, 'clock');
  assert.equal(advance(market, 500).at, 500);
  assert.equal(advance(market, 400).at, 500);
  assert.equal(advance(market, 501).at, 501);
});

test('a match aims at the wanted number of trades', () => {
  const market = marketOf(0, 'ten', 10);
  openMarket(market, 1);
  const counts: number[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    const { order, executions } = advance(market, count);
    if (order.kind === 'market') counts.push(executions.length);
  }
  assert.ok(counts.length > 1000);
  assert.ok(counts.every((count) => count === 10));
});

test('each trade says how its price stands to the one before', () => {
  const market = marketOf(0, 'direction');
  let last = market.lastPrice;
  let before = 'ZeroPlusTick';
  openMarket(market, 1);
  for (let count = 0; count < 3000; count += 1) {
    for (const { price, direction } of advance(market, count).executions) {
      const same = before.endsWith('PlusTick') ? 'ZeroPlusTick' : 'ZeroMinusTick';
      assert.equal(direction, price > last ? 'PlusTick' : price < last ? 'MinusTick' : same);
      last = price;
      before = direction;
    }
  }
});
