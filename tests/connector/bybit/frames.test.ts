/** Every shape of answer that the documentation and captures know (facts: sections 2.2, 2.5, 2.6). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guessTopic, parseFrame } from '../../../connector/bybit/frames.ts';
import { readKlines } from '../../../connector/bybit/klines.ts';
import { readLiquidations } from '../../../connector/bybit/liquidations.ts';
import { readDepth, readTrades } from '../../../connector/bybit/market-data.ts';
import { readTicker } from '../../../connector/bybit/tickers.ts';
import { unixMicros } from '../../../shared/time.ts';
import {
  bookFrame,
  klineFrame,
  liquidationFrame,
  tickerFrame,
  tradeFrame,
} from '../../helpers/bybit-frames.ts';

const at = unixMicros(1_750_000_000_001_000);
const btc = { category: 'linear', symbol: 'BTCUSDT' } as const;

test('all shapes of pong are pongs', () => {
  const pongs = [
    { success: true, ret_msg: 'pong', conn_id: 'c', op: 'ping' },
    { success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op: 'ping' },
    { success: true, ret_msg: 'pong', conn_id: 'c', req_id: 'p7', op: 'ping' },
    { args: ['1672916271846'], op: 'pong' },
    { req_id: 'p7', op: 'pong', args: ['1675418560633'], conn_id: 'c' },
    { op: 'pong', args: [1675418560633] },
    { retCode: 0, retMsg: 'OK', op: 'pong', data: ['1711002002529'], connId: 'c' },
  ];
  for (const pong of pongs) assert.equal(parseFrame(JSON.stringify(pong)).kind, 'pong', JSON.stringify(pong));
});

test('all shapes of acknowledgement are read', () => {
  const cases = [
    {
      frame: { success: true, ret_msg: 'subscribe', conn_id: 'c', req_id: 's1', op: 'subscribe' },
      success: true,
      requestId: 's1',
    },
    {
      frame: { success: true, ret_msg: '', conn_id: 'c', req_id: 's2', op: 'subscribe' },
      success: true,
      requestId: 's2',
    },
    {
      frame: { success: true, ret_msg: 'subscribe', conn_id: 'c', op: 'subscribe' },
      success: true,
      requestId: '',
    },
    {
      frame: { success: true, ret_msg: '', conn_id: 'c', req_id: 'u3', op: 'unsubscribe' },
      success: true,
      requestId: 'u3',
    },
    { frame: { success: false, ret_msg: 'args size >10', op: 'subscribe' }, success: false, requestId: '' },
  ];
  for (const { frame, success, requestId } of cases) {
    const read = parseFrame(JSON.stringify(frame));
    assert(read.kind === 'ack', JSON.stringify(read));
    assert.deepEqual([read.success, read.requestId], [success, requestId]);
  }
});

test('a refusal gives the topic that it blames, in the words of each market', () => {
  const cases = [
    {
      message: 'error:handler not found,topic:orderbook.50.NOPEUSDT',
      topic: 'orderbook.50.NOPEUSDT',
      harmless: false,
    },
    {
      message: 'error:already subscribed,topic:publicTrade.BTCUSDT',
      topic: 'publicTrade.BTCUSDT',
      harmless: true,
    },
    { message: 'Invalid symbol :[publicTrade.NOPEUSDT]', topic: 'publicTrade.NOPEUSDT', harmless: false },
    { message: 'args size >10', topic: undefined, harmless: false },
  ];
  for (const { message, topic, harmless } of cases) {
    const read = parseFrame(
      JSON.stringify({ success: false, ret_msg: message, conn_id: 'c', op: 'subscribe' }),
    );
    assert(read.kind === 'ack');
    assert.deepEqual([read.namedTopic, read.alreadySubscribed], [topic, harmless], message);
  }
});

test('answers that concern no topic are notices, not data and not silence', () => {
  for (const text of [
    '{"success":false,"ret_msg":"error:invalid op","conn_id":"c","op":"dance"}',
    '{"op":"maintenance","begins":1750000000005}',
    '{}',
  ])
    assert.equal(parseFrame(text).kind, 'notice', text);
});

test('an object that may have carried data of some topic is not taken for a notice', () => {
  for (const text of ['{"topic":7,"data":[]}', '{"channel":"publicTrade.BTCUSDT","data":[{}]}'])
    assert.equal(parseFrame(text).kind, 'bad', text);
});

test('the order of keys means nothing', () => {
  const spot =
    '{"topic":"orderbook.50.BTCUSDT","ts":1750000000005,"type":"snapshot","data":{"s":"BTCUSDT","b":[],"a":[],"u":5,"seq":9},"cts":1750000000002}';
  const read = parseFrame(spot);
  assert(read.kind === 'data');
  assert.deepEqual([read.type, read.ts, read.cts], ['snapshot', 1750000000005, 1750000000002]);
});

test('a book without cts takes the push time', () => {
  const read = parseFrame(
    '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1750000000005,"data":{"s":"BTCUSDT","b":[["1.0","0"]],"a":[],"u":5}}',
  );
  assert(read.kind === 'data');
  const depth = readDepth(read, btc, 50, at);
  assert(typeof depth !== 'string');
  assert.equal(depth.timestamp, 1750000000005);
  assert.equal('seq' in depth, false);
  assert.deepEqual(depth.bids, [[1, 0]]);
});

test('trades carry the taker side, exact ids, and marks only when they are set', () => {
  const frame = parseFrame(
    JSON.stringify({
      topic: 'publicTrade.BTCUSDT',
      ts: 1750000000005,
      type: 'snapshot',
      data: [
        {
          i: '2290000001225843671',
          T: 1750000000001,
          p: '50000.123456',
          v: '0.1',
          S: 'Sell',
          seq: 7,
          s: 'BTCUSDT',
          BT: true,
          RPI: true,
          mood: 'new field',
        },
        { i: 'b', T: 1750000000002, p: '50000', v: '1', S: 'Buy', s: 'BTCUSDT' },
      ],
    }),
  );
  assert(frame.kind === 'data');
  const { rows: trades, bad } = readTrades(frame, { category: 'spot', symbol: 'BTCUSDT' }, at);
  assert.equal(bad, undefined);
  assert.deepEqual(trades[0], {
    type: 'trade',
    category: 'spot',
    symbol: 'BTCUSDT',
    timestamp: 1750000000001,
    sent_at: 1750000000005,
    received_at: at,
    price: 50000.123456,
    qty: 0.1,
    side: 'sell',
    is_buyer_maker: true,
    id: '2290000001225843671',
    seq: 7,
    block: true,
    rpi: true,
  });
  assert.deepEqual(
    Object.keys(trades[1] ?? {}).filter((key) => ['seq', 'block', 'rpi'].includes(key)),
    [],
  );
});

test('a bad row is named and does not take its neighbours with it', () => {
  for (const change of [
    { p: '' },
    { p: 'NaN' },
    { p: '-1' },
    { p: '0' },
    { p: 5 },
    { v: '1e400' },
    { v: ' 1' },
    { S: 'None' },
    { T: '1' },
    { i: 7 },
    { i: '' },
    { s: 'ETHUSDT' },
  ]) {
    const good = { T: 1, s: 'BTCUSDT', S: 'Buy', v: '1', p: '1', i: 'ok' };
    const frame = parseFrame(
      JSON.stringify({
        topic: 'publicTrade.BTCUSDT',
        ts: 5,
        type: 'snapshot',
        data: [good, { ...good, ...change }],
      }),
    );
    assert(frame.kind === 'data');
    const { rows: trades, bad } = readTrades(frame, btc, at);
    assert.equal(trades.length, 1, JSON.stringify(change));
    assert.equal(typeof bad, 'string', JSON.stringify(change));
  }
});

test('no mutation of a valid frame makes the parsers throw or lets a NaN through', () => {
  const valid = [
    tradeFrame(['a', 'b']),
    bookFrame({ type: 'snapshot', u: 1 }),
    bookFrame({ type: 'delta', u: 2 }),
    klineFrame([{ start: 1_750_000_020_000, confirm: true }]),
    tickerFrame('snapshot', { lastPrice: '5', fundingRate: '-0.1', nextFundingTime: '1750000000000' }),
    liquidationFrame([{ S: 'Buy', p: '5' }]),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 4 }),
      (text, edits) => {
        let mutated = text;
        for (const [place, insert] of edits) {
          const cut = place % mutated.length;
          mutated = mutated.slice(0, cut) + insert + mutated.slice(cut + 1 + (place % 3));
        }
        const frame = parseFrame(mutated);
        guessTopic(mutated);
        if (frame.kind !== 'data') return;
        const numbers: number[] = readTrades(frame, btc, at).rows.flatMap((trade) => [
          trade.price,
          trade.qty,
          trade.timestamp,
        ]);
        const depth = readDepth(frame, btc, 50, at);
        if (typeof depth !== 'string')
          numbers.push(...depth.bids.flat(), ...depth.asks.flat(), depth.last_update_id, depth.timestamp);
        for (const row of readKlines(frame, { ...btc, interval: '1' }, at).rows)
          numbers.push(row.start, row.end, row.timestamp, row.open, row.high, row.low, row.close, row.volume);
        for (const row of readLiquidations(frame, btc, at).rows)
          numbers.push(row.price, row.qty, row.timestamp);
        const ticker = readTicker(frame, btc);
        // A funding rate may be below zero.
        if (typeof ticker !== 'string')
          numbers.push(...ticker.fields.map(([, value]) => Math.abs(value ?? 0)));
        assert(
          numbers.every((number) => Number.isFinite(number) && number >= 0),
          mutated,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});
