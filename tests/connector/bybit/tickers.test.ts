/** Ticker frames: what they say and what they leave out; text without content is no value and never 0. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataFrame, parseFrame } from '../../../connector/bybit/frames.ts';
import { readTicker } from '../../../connector/bybit/tickers.ts';
import { tickerFrame } from '../../helpers/bybit-frames.ts';

const btc = { category: 'linear', symbol: 'BTCUSDT' } as const;

function frameOf(text: string): DataFrame {
  const frame = parseFrame(text);
  if (frame.kind !== 'data') throw new Error(`not a data frame: ${text}`);
  return frame;
}

const all = {
  tickDirection: 'PlusTick',
  price24hPcnt: '0.017103',
  lastPrice: '17216.00',
  prevPrice24h: '16926.50',
  highPrice24h: '17281.50',
  lowPrice24h: '16915.00',
  prevPrice1h: '17238.00',
  markPrice: '17217.33',
  indexPrice: '17227.36',
  openInterest: '68744.761',
  openInterestValue: '1183601235.91',
  turnover24h: '1570383121.943499',
  volume24h: '91705.276',
  nextFundingTime: '1673280000000',
  fundingRate: '-0.000212',
  bid1Price: '17215.50',
  bid1Size: '84.489',
  ask1Price: '17216.00',
  ask1Size: '83.020',
  preOpenPrice: '',
  somethingNew: { nested: true },
};

test('a snapshot gives every field that we know, as numbers', () => {
  const patch = readTicker(frameOf(tickerFrame('snapshot', all as never)), btc);
  assert.ok(typeof patch !== 'string');
  assert.equal(patch.action, 'snapshot');
  assert.deepEqual(Object.fromEntries(patch.fields), {
    last_price: 17_216,
    mark_price: 17_217.33,
    index_price: 17_227.36,
    bid_price: 17_215.5,
    bid_qty: 84.489,
    ask_price: 17_216,
    ask_qty: 83.02,
    high_24h: 17_281.5,
    low_24h: 16_915,
    volume_24h: 91_705.276,
    turnover_24h: 1_570_383_121.943499,
    open_interest: 68_744.761,
    funding_rate: -0.000212,
    next_funding_at: 1_673_280_000_000,
  });
});

test('text without content, and a price or a time of 0, take the field away; an amount of 0 is an amount', () => {
  const said = { bid1Price: '', markPrice: '0', fundingRate: '', nextFundingTime: '0', openInterest: '' };
  const patch = readTicker(frameOf(tickerFrame('delta', { ...said, bid1Size: '0.000' })), btc);
  assert.ok(typeof patch !== 'string');
  assert.deepEqual(patch.fields, [
    ['bid_price', undefined],
    ['mark_price', undefined],
    ['funding_rate', undefined],
    ['next_funding_at', undefined],
    ['open_interest', undefined],
    ['bid_qty', 0],
  ]);
});

test('a field that cannot be read, another symbol or another type is a reason', () => {
  const wrong: Record<string, readonly unknown[]> = {
    lastPrice: [5, null, 'x', '-1', '1e5', ' '],
    fundingRate: ['--1', '-', '+0.1', 0.1],
    nextFundingTime: ['2025-12-26T08:00:00Z', '99999999999999999999', '1.5'],
    volume24h: ['-1', {}],
    symbol: ['ETHUSDT', undefined],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      const frame = frameOf(tickerFrame('snapshot', all as never));
      const patch = readTicker({ ...frame, data: { ...(frame.data as object), [key]: value } }, btc);
      assert.equal(typeof patch, 'string', `${key}=${String(value)}`);
    }
  }
  const frame = frameOf(tickerFrame('snapshot', all as never));
  assert.equal(readTicker({ ...frame, type: 'update' }, btc), 'type is neither snapshot nor delta');
  for (const data of [undefined, null, [], 'x'])
    assert.equal(readTicker({ ...frame, data }, btc), 'data is not an object');
});
