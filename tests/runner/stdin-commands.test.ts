import assert from 'node:assert/strict';
import { test } from 'node:test';
import { obeyStdinCommand, type StdinPorts } from '../../runner/stdin-commands.ts';
import { topicKey } from '../../shared/market.ts';
import { unixMs } from '../../shared/time.ts';
import { until } from '../helpers/until.ts';

/** What one command led to, in words. */
function obey(command: unknown, dump?: StdinPorts['dump']): readonly string[] {
  const heard: string[] = [];
  obeyStdinCommand(command, 'linear', {
    want: (topic) => heard.push(`want ${topicKey(topic)}`),
    unwant: (topic) => heard.push(`unwant ${topicKey(topic)}`),
    stats: () => ({ lines: 3 }),
    shutdown: () => heard.push('shutdown'),
    dump,
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

test('a dump is answered when both halves are written or given up, as POST /debug/dump is', async () => {
  const reasons: string[] = [];
  const halves = { runner: '/data/r.jsonl', connector: null, problems: ['there is no connector'] };
  const writes: StdinPorts['dump'] = async (reason) => {
    reasons.push(reason);
    return { reason, at: unixMs(0), ...halves };
  };
  const heard = obey({ command: 'dump', reason: ' odd fills ', id: 'd1' }, writes);
  assert.deepEqual(heard, [], 'not before');
  await until('it is answered', () => heard.length > 0);
  assert.deepEqual(heard, [
    'd1 true {"runner":"/data/r.jsonl","connector":null,"problems":["there is no connector"]}',
  ]);
  obey({ command: 'dump' }, writes);
  assert.deepEqual(reasons, ['odd fills', 'asked']);
  const none = obey({ command: 'dump', id: 'd2' }, async (reason) => ({
    ...{ reason, at: unixMs(0), runner: null, connector: null, problems: ['no room', 'no connector'] },
  }));
  await until('it is refused', () => none.length > 0);
  assert.deepEqual(none, ['d2 false dump_failed']);
  const off = obey({ command: 'dump' });
  await until('it is complained of', () => off.length > 0);
  assert.deepEqual(off, ['dump_failed the flight recorder is off: FLIGHT_RECORDER_MB is 0']);
});
