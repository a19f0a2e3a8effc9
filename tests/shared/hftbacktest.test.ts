import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EVENT_ROW_BYTES,
  eventFlags,
  eventKinds,
  eventMatches,
  eventRowLayout,
  eventRowSchema,
  orderRowSchema,
} from '../../shared/hftbacktest.ts';

const bidTrade = eventFlags.exch | eventFlags.local | eventFlags.buy | eventKinds.trade;

test('flags and kinds give the values that hftbacktest documents', () => {
  const both = eventFlags.exch | eventFlags.local;
  assert.equal(both | eventFlags.buy | eventKinds.depth, 3758096385n);
  assert.equal(both | eventFlags.sell | eventKinds.depth, 3489660929n);
  assert.equal(both | eventFlags.buy | eventKinds.depth_bbo, 3758096389n);
  assert.equal(bidTrade, 3758096386n);
});

test('a wanted kind must be equal, not only contained in the bits', () => {
  assert.equal(eventMatches(bidTrade, eventFlags.exch | eventKinds.trade), true);
  assert.equal(
    eventMatches(eventFlags.exch | eventKinds.depth_bbo, eventKinds.depth),
    false,
    '5 has the bits of 1',
  );
  assert.equal(eventMatches(bidTrade, eventFlags.sell), false);
});

test('an event row is eight fields of eight bytes in on-disk order', () => {
  assert.deepEqual(
    eventRowLayout.map(({ offset }) => offset),
    [0, 8, 16, 24, 32, 40, 48, 56],
  );
  assert.equal(EVENT_ROW_BYTES, eventRowLayout.length * 8);
  assert.deepEqual(
    Object.keys(eventRowSchema.shape),
    eventRowLayout.map(({ name }) => name),
  );
});

test('a row takes nanoseconds beyond 2^53 and NaN as the price of a clear, and refuses unknown kinds and numbers as times', () => {
  const row = {
    ev: bidTrade,
    exch_ts: 1700000000104000000n,
    local_ts: 1700000000110000002n,
    px: 100.1,
    qty: 0.5,
    order_id: 0n,
    ival: 0n,
    fval: 0,
  };
  assert.equal(eventRowSchema.safeParse(row).success, true);
  assert.equal(eventRowSchema.safeParse({ ...row, px: Number.NaN }).success, true);
  assert.equal(eventRowSchema.safeParse({ ...row, ev: eventFlags.exch | 99n }).success, false);
  assert.equal(eventRowSchema.safeParse({ ...row, exch_ts: 1700000000104 }).success, false);
});

test('an order row takes the enums of the engine and nothing else', () => {
  const row = {
    qty: 1,
    leaves_qty: 0,
    exec_qty: 1,
    exec_price_tick: 1n,
    price_tick: 1n,
    tick_size: 0.1,
    exch_timestamp: 1n,
    local_timestamp: 1n,
    order_id: 18446744073709551615n,
    maker: true,
    order_type: 0,
    req: 0,
    status: 3,
    side: -1,
    time_in_force: 1,
  };
  assert.equal(orderRowSchema.safeParse(row).success, true);
  assert.equal(orderRowSchema.safeParse({ ...row, side: 2 }).success, false);
  assert.equal(orderRowSchema.safeParse({ ...row, order_id: 18446744073709551616n }).success, false);
});
