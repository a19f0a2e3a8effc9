import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandId, type TopicCommand, topicOfCommand } from '../../shared/commands.ts';
import { decodeCommand } from '../../shared/wire.ts';

test('the id of a command is known as text, also of one that is wrong otherwise', () => {
  assert.equal(commandId({ command: 'dance', id: 'a' }), 'a');
  assert.equal(commandId({ id: 7 }), '7');
  assert.equal(commandId({ id: 'x'.repeat(300) })?.length, 200);
  for (const value of [{}, { id: null }, { id: {} }, null, 'id', 5, undefined])
    assert.equal(commandId(value), undefined);
});

/** The topic, or what is wrong. */
function topicOf(fields: object): unknown {
  const command = decodeCommand({ command: 'subscribe', symbol: 'BTCUSDT', ...fields });
  assert.ok(command.ok);
  const topic = topicOfCommand(command.value as TopicCommand, 'spot');
  return topic.ok ? topic.value : topic.failure.message;
}

test('a command means the topic with its defaults, and contradictions are refused', () => {
  const bitcoin = { category: 'spot', symbol: 'BTCUSDT' };
  assert.deepEqual(topicOf({ channel: 'trades' }), { channel: 'trades', ...bitcoin });
  assert.deepEqual(topicOf({ channel: 'ticker', category: 'linear' }), {
    channel: 'ticker',
    ...bitcoin,
    category: 'linear',
  });
  assert.deepEqual(topicOf({ channel: 'depth' }), { channel: 'depth', ...bitcoin, depth: 50 });
  assert.deepEqual(topicOf({ channel: 'depth', depth: 1 }), { channel: 'depth', ...bitcoin, depth: 1 });
  assert.deepEqual(topicOf({ channel: 'kline' }), { channel: 'kline', ...bitcoin, interval: '1' });
  assert.deepEqual(topicOf({ channel: 'kline', interval: 'D' }), {
    channel: 'kline',
    ...bitcoin,
    interval: 'D',
  });
  for (const channel of ['trades', 'kline', 'ticker', 'liquidation'])
    assert.match(String(topicOf({ channel, depth: 50 })), /depth: only with channel depth/, channel);
  for (const channel of ['trades', 'depth', 'ticker', 'liquidation'])
    assert.match(String(topicOf({ channel, interval: '1' })), /interval: only with channel kline/, channel);
});
