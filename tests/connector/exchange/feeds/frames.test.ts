import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DepthUpdate } from '../../../../connector/exchange/feeds/depth-channel.ts';
import { bookFrame, tradeFrame } from '../../../../connector/exchange/feeds/frames.ts';
import { INSTRUMENTS } from '../../../../connector/exchange/market/instruments.ts';
import type { Execution } from '../../../../connector/exchange/market/market.ts';

function listed(category: string, symbol: string) {
  const found = INSTRUMENTS.find((one) => one.category === category && one.symbol === symbol);
  assert.ok(found);
  return found;
}

const linear = listed('linear', 'BTCUSDT');
const spot = listed('spot', 'BTCUSDT');
const inverse = listed('inverse', 'BTCUSD');

const trade: Execution = {
  id: 'x-1',
  at: 1700000000001,
  price: 651_142,
  size: 270,
  side: 'Buy',
  seq: 753843954913,
  direction: 'ZeroPlusTick',
};
const update: DepthUpdate = {
  kind: 'delta',
  u: 43,
  seq: 9007,
  at: 1700000000001,
  bids: [[651_142, 0]],
  asks: [
    [651_150, 1200],
    [651_160, 1],
  ],
};

test('a linear trade frame has the keys, the order and the padding of the real one', () => {
  assert.equal(
    tradeFrame(linear, [trade], 1700000000003),
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1700000000003,"data":[{"T":1700000000001,"s":"BTCUSDT","S":"Buy","v":"0.270","p":"65114.20","L":"ZeroPlusTick","i":"x-1","BT":false,"RPI":false,"seq":753843954913}]}',
  );
});

test('a spot trade frame puts ts before type, begins a trade with its id and has no tick direction', () => {
  assert.equal(
    tradeFrame(
      spot,
      [
        { ...trade, id: '2290000001225843671', price: 787_150 },
        { ...trade, id: '2290000001225843672' },
      ],
      1700000000003,
    ),
    '{"topic":"publicTrade.BTCUSDT","ts":1700000000003,"type":"snapshot","data":[' +
      '{"i":"2290000001225843671","T":1700000000001,"p":"78715","v":"0.00027","S":"Buy","seq":753843954913,"s":"BTCUSDT","BT":false,"RPI":false},' +
      '{"i":"2290000001225843672","T":1700000000001,"p":"65114.2","v":"0.00027","S":"Buy","seq":753843954913,"s":"BTCUSDT","BT":false,"RPI":false}]}',
  );
});

test('an inverse trade counts contracts of one dollar', () => {
  assert.match(tradeFrame(inverse, [trade], 3), /"s":"BTCUSD","S":"Buy","v":"270","p":"65114.20","L":/);
});

const books: readonly { name: string; text: string; want: string }[] = [
  {
    name: 'linear depth 50',
    text: bookFrame(linear, 50, update, 1700000000003),
    want: '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1700000000003,"data":{"s":"BTCUSDT","b":[["65114.20","0"]],"a":[["65115.00","1.200"],["65116.00","0.001"]],"u":43,"seq":9007},"cts":1700000000001}',
  },
  {
    name: 'linear depth 1, with ts before type',
    text: bookFrame(
      linear,
      1,
      { ...update, kind: 'snapshot', bids: [[651_142, 3]], asks: [] },
      1700000000003,
    ),
    want: '{"topic":"orderbook.1.BTCUSDT","ts":1700000000003,"type":"snapshot","data":{"s":"BTCUSDT","b":[["65114.20","0.003"]],"a":[],"u":43,"seq":9007},"cts":1700000000001}',
  },
  {
    name: 'spot depth 200, with ts before type and without padding',
    text: bookFrame(spot, 200, update, 1700000000003),
    want: '{"topic":"orderbook.200.BTCUSDT","ts":1700000000003,"type":"delta","data":{"s":"BTCUSDT","b":[["65114.2","0"]],"a":[["65115","0.0012"],["65116","0.000001"]],"u":43,"seq":9007},"cts":1700000000001}',
  },
];

for (const { name, text, want } of books) {
  test(`a book frame of ${name} is written as the real one`, () => {
    assert.equal(text, want);
  });
}
