import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicSocketUrl, restBaseUrl } from '../../../connector/bybit/endpoints.ts';
import { bybitTopic, parseBybitTopic } from '../../../connector/bybit/topics.ts';
import { explainUpgradeRefusal } from '../../../connector/bybit/upgrade-refusal.ts';
import { categories, depths, intervals, type Topic } from '../../../shared/market.ts';

test('each network and category has its own socket', () => {
  assert.equal(publicSocketUrl('mainnet', 'linear'), 'wss://stream.bybit.com/v5/public/linear');
  assert.equal(publicSocketUrl('mainnet', 'spot'), 'wss://stream.bybit.com/v5/public/spot');
  assert.equal(publicSocketUrl('testnet', 'inverse'), 'wss://stream-testnet.bybit.com/v5/public/inverse');
  assert.equal(
    publicSocketUrl('demo', 'linear'),
    'wss://stream.bybit.com/v5/public/linear',
    'demo has no public host of its own',
  );
  assert.equal(publicSocketUrl('simulated', 'spot'), 'ws://127.0.0.1:8765/v5/public/spot');
  assert.equal(restBaseUrl('testnet'), 'https://api-testnet.bybit.com');
  assert.equal(restBaseUrl('demo'), 'https://api-demo.bybit.com');
});

test('an override that ends in a category is that category alone, any other gets the category appended', () => {
  const spotOnly = { publicUrl: 'ws://127.0.0.1:9/v5/public/spot' };
  assert.equal(publicSocketUrl('mainnet', 'spot', spotOnly), 'ws://127.0.0.1:9/v5/public/spot');
  assert.equal(publicSocketUrl('mainnet', 'linear', spotOnly), 'wss://stream.bybit.com/v5/public/linear');
  assert.equal(
    publicSocketUrl('mainnet', 'linear', { publicUrl: 'ws://proxy:1/bybit/' }),
    'ws://proxy:1/bybit/linear',
  );
  assert.equal(
    publicSocketUrl('mainnet', 'spot', { publicUrl: 'ws://proxy:1/x', spotUrl: 'ws://s:2/y' }),
    'ws://s:2/y',
  );
  assert.equal(restBaseUrl('mainnet', { restUrl: 'http://127.0.0.1:1/' }), 'http://127.0.0.1:1');
});

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

test('the kinds of 403 are told apart', () => {
  assert.equal(explainUpgradeRefusal(403, 'access too frequent').code, 'ip_banned');
  assert.equal(
    explainUpgradeRefusal(
      403,
      '<html>The Amazon CloudFront distribution is configured to block access from your country.</html>',
    ).code,
    'region_blocked',
  );
  assert.equal(explainUpgradeRefusal(403, '').code, 'connect_refused');
  assert.equal(explainUpgradeRefusal(429, '').code, 'rate_limited');
  assert.match(explainUpgradeRefusal(404, '').reason, /check the URL/);
});
