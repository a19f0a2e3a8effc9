/** SUBSCRIPTIONS: which channels may be named, and what a market does not have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeStreamTopic } from '../../../connector/stream-commands.ts';
import { topicOfCommand } from '../../../shared/commands.ts';
import { channels, intervals, type Topic, topicKey } from '../../../shared/market.ts';
import { readSymbols, readTopics } from '../../../shared/settings/topics.ts';

function read(symbols: string, subscriptions: string) {
  const findings = { problems: [] as string[], warnings: [] as string[] };
  const wishes = readSymbols([{ name: 'SYMBOLS', text: symbols }], 'linear', findings);
  const { topics } = readTopics(wishes, { name: 'SUBSCRIPTIONS', text: subscriptions }, findings);
  return { keys: topics.map(topicKey), ...findings };
}

test('candles of every interval, tickers and liquidations are channels like trades and depth', () => {
  const all = intervals.map((interval) => `kline.${interval}`);
  const { keys, problems, warnings } = read(
    'BTCUSDT',
    ['trades', 'depth.50', 'ticker', 'liquidation', ...all].join(),
  );
  assert.deepEqual([problems, warnings], [[], []]);
  assert.equal(keys.length, 4 + intervals.length);
  assert.deepEqual(read('BTCUSDT', 'kline,Kline.d,TICKER').keys, [
    'kline.1:linear:BTCUSDT',
    'kline.D:linear:BTCUSDT',
    'ticker:linear:BTCUSDT',
  ]);
});

test('what is no channel says what is', () => {
  assert.match(
    read('BTCUSDT', 'kline.7').problems.join(),
    /no candles of "7": use kline\. and one of 1, 3, .*M\./,
  );
  for (const part of ['ticker.1', 'liquidation.x', 'kline.1.2', 'candles'])
    assert.match(
      read('BTCUSDT', part).problems.join(),
      /is not a channel\. Allowed are trades, depth\.1, .*, kline\.1 \.\.\. kline\.M, ticker, liquidation\./,
      part,
    );
});

test('spot goes without liquidations: a warning beside other symbols, a mistake alone', () => {
  const mixed = read('BTCUSDT,spot:ETHUSDT', 'trades,liquidation');
  assert.deepEqual(mixed.keys, [
    'trades:linear:BTCUSDT',
    'liquidation:linear:BTCUSDT',
    'trades:spot:ETHUSDT',
  ]);
  assert.deepEqual(mixed.problems, []);
  assert.match(mixed.warnings.join(), /no liquidations on spot, so none are listened to for spot:ETHUSDT/);
  const alone = read('spot:ETHUSDT', 'trades,liquidation');
  assert.match(
    alone.problems.join(),
    /SUBSCRIPTIONS="trades,liquidation": there are no liquidations on spot/,
  );
  assert.deepEqual(read('inverse:BTCUSD', 'liquidation').warnings, []);
});

test('a command is granted for every channel of every market but liquidations of spot', () => {
  for (const category of ['linear', 'spot', 'inverse'] as const) {
    for (const channel of channels) {
      const command = { command: 'subscribe', channel, symbol: 'BTCUSDT', category } as const;
      const decoded = decodeStreamTopic(command, 'linear');
      if (category === 'spot' && channel === 'liquidation') {
        assert.ok(!decoded.ok);
        assert.match(decoded.failure.message, /there are no liquidations on spot; use linear or inverse/);
      } else assert.deepEqual(decoded, topicOfCommand(command, 'linear'));
    }
  }
  const topic = decodeStreamTopic({ command: 'subscribe', channel: 'kline', symbol: 'BTCUSDT' }, 'spot');
  const expected: Topic = { channel: 'kline', category: 'spot', symbol: 'BTCUSDT', interval: '1' };
  assert.deepEqual(topic, { ok: true, value: expected });
});
