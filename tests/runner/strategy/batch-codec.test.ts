import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unpackBatch } from '../../../runner/strategy/batch-codec.ts';
import { BatchWriter, type PackedBatch } from '../../../runner/strategy/batch-writer.ts';
import type {
  BatchMessage,
  BookMessage,
  GapMessage,
  KlineMessage,
  LiquidationMessage,
  Offered,
  StrategyMessage,
  TickerMessage,
  TimerMessage,
  TradeMessage,
} from '../../../runner/strategy/messages.ts';
import { categories, intervals } from '../../../shared/market.ts';

/** What the feed offers, so that this message comes out. */
function offered(message: StrategyMessage): Offered {
  if (message.kind !== 'trade') return message;
  const { category, symbol, timestamp, price, qty, side, isBuyerMaker, id, origin } = message;
  const fields = { type: 'trade', category, symbol, timestamp, price, qty, side, id: String(id) } as const;
  return { ...fields, is_buyer_maker: isBuyerMaker, ...(origin === 'live' ? {} : { origin }) };
}

function packBatch({ batch, events }: BatchMessage): PackedBatch {
  const writer = new BatchWriter();
  for (const event of events) writer.add(offered(event));
  assert.equal(writer.size, events.length);
  return writer.pack(batch);
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const market = {
  category: fc.constantFrom(...categories),
  symbol: fc.constantFrom('BTCUSDT', 'ETHUSDT', ''),
};
const trade: fc.Arbitrary<TradeMessage> = fc.record({
  kind: fc.constant('trade'),
  ...market,
  timestamp: fc.maxSafeNat(),
  price: finite,
  qty: finite,
  side: fc.constantFrom('buy', 'sell'),
  isBuyerMaker: fc.boolean(),
  id: fc.maxSafeNat(),
  origin: fc.constantFrom('live', 'healed', 'archive'),
});
const orNull = fc.option(finite, { nil: null });
const book: fc.Arbitrary<BookMessage> = fc.record({
  kind: fc.constant('book'),
  ...market,
  top: fc.record({
    valid: fc.boolean(),
    timestamp: orNull,
    bid: orNull,
    bid_qty: orNull,
    ask: orNull,
    ask_qty: orNull,
  }),
});
const gap: fc.Arbitrary<GapMessage> = fc.constant({
  kind: 'gap',
  channel: null,
  category: null,
  symbol: null,
  cause: 'slow_strategy',
  state: 'lost',
  healedBy: null,
  from: null,
  to: 5,
  missing: 2,
});
const kline: fc.Arbitrary<KlineMessage> = fc.record({
  kind: fc.constant('kline'),
  ...market,
  interval: fc.constantFrom(...intervals),
  ...{ start: fc.maxSafeNat(), end: fc.maxSafeNat(), open: finite, high: finite, low: finite },
  ...{ close: finite, volume: finite, turnover: finite },
});
const ticker: fc.Arbitrary<TickerMessage> = fc.record({
  kind: fc.constant('ticker'),
  ...market,
  timestamp: fc.maxSafeNat(),
  values: fc.array(fc.oneof(finite, fc.constant(Number.NaN)), { minLength: 14, maxLength: 14 }),
});
const liquidation: fc.Arbitrary<LiquidationMessage> = fc.record({
  kind: fc.constant('liquidation'),
  ...market,
  ...{ timestamp: fc.maxSafeNat(), price: finite, qty: finite },
  position: fc.constantFrom('long', 'short'),
});
const timer: fc.Arbitrary<TimerMessage> = fc.record({ kind: fc.constant('timer'), at: fc.maxSafeNat() });

test('a batch arrives as it was sent, whatever is mixed in it and in which order', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(fc.oneof(trade, book, kline, ticker, liquidation, gap, timer), { maxLength: 50 }),
      (batch, events) => {
        // What the generator makes has no prototype here and there; messages are plain objects.
        const message = structuredClone({ batch, events });
        assert.deepEqual(unpackBatch(structuredClone(packBatch(message))), message);
      },
    ),
  );
});

test('a market is named once for all that follow in it', () => {
  const [first, second] = fc.sample(trade, { numRuns: 2, seed: 1 });
  assert(first && second);
  const events = [first, { ...second, category: first.category, symbol: first.symbol }];
  assert.equal(packBatch({ batch: 1, events }).texts.length, 2);
});

test('a batch that ends too early is not taken for a shorter one', () => {
  const [event] = fc.sample(trade, { numRuns: 1, seed: 1 });
  assert(event);
  const packed = packBatch({ batch: 1, events: [event] });
  assert.throws(() => unpackBatch({ ...packed, texts: packed.texts.slice(1) }), /ends too early/);
});

test('a writer that is filled anew says nothing of what it held, and what was packed stays as it was', () => {
  const [first, second] = fc.sample(trade, { numRuns: 2, seed: 1 }).map((event) => structuredClone(event));
  assert(first && second);
  const writer = new BatchWriter();
  writer.add(offered(first));
  writer.add({ kind: 'timer', at: 1 });
  const packed = writer.pack(1);
  writer.clear();
  writer.add(offered(second));
  assert.deepEqual(unpackBatch(packed), { batch: 1, events: [first, { kind: 'timer', at: 1 }] });
  assert.deepEqual(unpackBatch(writer.pack(2)), { batch: 2, events: [second] });
});
