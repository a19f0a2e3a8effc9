import assert from 'node:assert/strict';
import { test } from 'node:test';
import { obeyStdinCommand } from '../../runner/stdin-commands.ts';
import { topicKey } from '../../shared/market.ts';

/** What one command led to, in words. */
function obey(command: unknown): readonly string[] {
  const heard: string[] = [];
  obeyStdinCommand(command, 'linear', {
    want: (topic) => heard.push(`want ${topicKey(topic)}`),
    unwant: (topic) => heard.push(`unwant ${topicKey(topic)}`),
    stats: () => ({ lines: 3 }),
    shutdown: () => heard.push('shutdown'),
    reply: ({ id, ok, code, data }) => heard.push(`${id} ${ok} ${code ?? ''}${JSON.stringify(data) ?? ''}`),
    complain: ({ code, message }) => heard.push(`${code} ${message}`),
  });
  return heard;
}

const bitcoin = { command: 'subscribe', symbol: 'BTCUSDT' };

test('a command is obeyed and, where it has an id, answered once', () => {
  assert.deepEqual(obey({ ...bitcoin, channel: 'depth', id: 1 }), [
    'want depth.50:linear:BTCUSDT',
    '1 true ',
  ]);
  assert.deepEqual(obey({ ...bitcoin, command: 'unsubscribe', channel: 'trades', category: 'spot' }), [
    'unwant trades:spot:BTCUSDT',
  ]);
  assert.deepEqual(obey({ command: 'ping', id: 'p' }), ['p true ']);
  assert.deepEqual(obey({ command: 'stats', id: 's' }), ['s true {"lines":3}']);
  assert.deepEqual(obey({ command: 'shutdown', id: 'x' }), ['shutdown', 'x true ']);
});

test('a wrong command changes nothing and is answered, or told where nobody waits', () => {
  assert.deepEqual(obey({ command: 'dance', id: 'd' }), ['d false unknown_command']);
  assert.deepEqual(obey({ ...bitcoin, channel: 'trades', depth: 50, id: 'e' }), ['e false bad_command']);
  assert.deepEqual(obey({ ...bitcoin, channel: 'depth', interval: '1', id: 'f' }), ['f false bad_command']);
  assert.deepEqual(obey({ ...bitcoin, channel: 'trades', depth: 50 }), [
    'bad_command depth: only with channel depth, not with trades',
  ]);
});
