/** The fast check and the schemas must agree: what the check lets in, the schema lets in unchanged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { depthSchema, tradeSchema } from '../../../shared/events/market-events.ts';
import { isOrdinaryEvent } from '../../../shared/events/ordinary.ts';

type Raw = Record<string, unknown>;

const trade: Raw = {
  type: 'trade',
  n: 7,
  category: 'linear',
  symbol: 'BTCUSDT',
  timestamp: 1717440000000,
  sent_at: 1717440000003,
  received_at: 1717440000012345,
  price: 50000.1,
  qty: 0.25,
  side: 'buy',
  is_buyer_maker: false,
  id: '2f0b',
  seq: 1783284617,
  block: true,
  rpi: false,
  origin: 'healed',
};
const depth: Raw = {
  type: 'depth',
  n: 8,
  category: 'spot',
  symbol: 'BTCUSDT',
  timestamp: 1717440000000,
  sent_at: 1717440000003,
  received_at: 1717440000012400,
  action: 'delta',
  depth: 50,
  bids: [[50000, 0]],
  asks: [[50000.1, 1.2]],
  last_update_id: 0,
  seq: 0,
};
const schemas = { trade: tradeSchema, depth: depthSchema };
const optional = ['n', 'sent_at', 'received_at', 'seq', 'block', 'rpi', 'origin', 'action', 'depth'];

/** Values at and beyond every limit, and those that are taken for others. */
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    ...[0, -0, -1, 1, 0.5, 2 ** 53, 2 ** 53 - 1, Number.MIN_VALUE, true, false, null, '', 'a'],
    ...['buy', 'Sell', 'spot', 'option', 'live', 'snapshot', '1', 'x'.repeat(40), 'x'.repeat(41)],
    ...['x'.repeat(64), 'x'.repeat(65), [], {}, [[1, 1]], [[0, 1]], [[1, -1]], [[1]], [[1, 1, 1]], [1, 1]],
  ),
  fc.constant(Array.from({ length: 2_001 }, () => [1, 1])),
  fc.double(),
  fc.string(),
  fc.jsonValue(),
);

test('whatever one or two odd values make of an event, the check lets in only what the schema takes unchanged', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(trade, depth),
      fc.subarray(optional),
      fc.array(
        fc.tuple(
          fc.oneof(fc.constantFrom(...Object.keys(trade), ...Object.keys(depth)), fc.string()),
          oddValue,
        ),
        { maxLength: 2 },
      ),
      (event, left, changes) => {
        const changed = Object.fromEntries(Object.entries(event).filter(([name]) => !left.includes(name)));
        for (const [name, value] of changes)
          Object.defineProperty(changed, name, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          });
        const raw = JSON.parse(JSON.stringify(changed)) as Raw;
        if (!isOrdinaryEvent(raw)) return;
        assert.deepEqual(schemas[raw.type].parse(raw), raw);
      },
    ),
    { numRuns: 5_000 },
  );
});

test('every ordinary event is let in, with and without its optional fields', () => {
  fc.assert(
    fc.property(fc.constantFrom(trade, depth), fc.subarray(optional), (event, left) => {
      const raw = Object.fromEntries(Object.entries(event).filter(([name]) => !left.includes(name)));
      assert.equal(isOrdinaryEvent(raw), true, JSON.stringify(raw));
    }),
  );
});

test('a field more than are known is not let in, whichever it is', () => {
  for (const event of [trade, depth]) {
    for (const name of ['mood', '__proto__', 'toString', event === trade ? 'bids' : 'price'])
      assert.equal(isOrdinaryEvent(JSON.parse(`{${JSON.stringify(event).slice(1, -1)},"${name}":1}`)), false);
  }
});

test('any field that must be there and is not, or is out of its limits, is left to the schema', () => {
  for (const event of [trade, depth]) {
    for (const name of Object.keys(event)) {
      const raw = Object.fromEntries(Object.entries(event).filter(([key]) => key !== name));
      assert.equal(isOrdinaryEvent(raw), optional.includes(name), name);
      assert.equal(isOrdinaryEvent({ ...event, [name]: null }), false, name);
      // JSON can say 1e400, which is read as infinity.
      assert.equal(isOrdinaryEvent({ ...event, [name]: Number.POSITIVE_INFINITY }), false, name);
    }
  }
});
