import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bybitTopic, parseBybitTopic } from '../../../connector/bybit/topics.ts';
import { categories, depths, intervals, type Topic } from '../../../shared/market.ts';

test('topics survive the way to the dialect and back', () => {
  for (const category of categories) {
    const topics: Topic[] = [
      { channel: 'trades', category, symbol: 'BTCUSDT' },
      { channel: 'ticker', category, symbol: '1000PEPEUSDT' },
      { channel: 'liquidation', category, symbol: 'BTC-27MAR26' },
      ...depths.map((depth) => ({ channel: 'depth', category, symbol: '0GUSDT', depth }) as const),
      ...intervals.map((interval) => ({ channel: 'kline', category, symbol: 'ETHUSDT', interval }) as const),
    ];
    for (const topic of topics) assert.deepEqual(parseBybitTopic(bybitTopic(topic), category), topic);
  }
  for (const name of ['orderbook.500.BTCUSDT', 'nonsense', 'publicTrade.', 'kline.7.BTCUSDT', '']) {
    assert.equal(parseBybitTopic(name, 'linear'), undefined, name);
  }
});
