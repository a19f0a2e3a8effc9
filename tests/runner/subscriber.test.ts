import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Subscriber } from '../../runner/subscriber.ts';
import type { Command } from '../../shared/commands.ts';
import type { ReplyEvent } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';

const trades: Topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' };
const book: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };

function setUp() {
  const sent: Command[] = [];
  const subscriber = new Subscriber({
    send: (command) => sent.push(command) > 0,
    lastTradeOf: ({ symbol }) =>
      symbol === 'BTCUSDT' ? { last_id: 't9', timestamp: 9, seq: 90 } : undefined,
  });
  subscriber.want(trades);
  subscriber.want(book);
  return { sent, subscriber };
}

function reply(id: string | undefined, more: Partial<ReplyEvent> = {}): ReplyEvent {
  return { type: 'reply', id: id ?? '', ok: true, ...more };
}

test('a ready child hears of everything wanted, and of trades from where it has to go on', () => {
  const { sent, subscriber } = setUp();
  assert.deepEqual(sent, [], 'nothing before it is ready');
  subscriber.subscribeAll();
  assert.deepEqual(sent, [
    {
      command: 'subscribe',
      ...trades,
      id: 'sub-1',
      resume: { last_id: 't9', timestamp: 9, seq: 90 },
    },
    { command: 'subscribe', ...book, id: 'sub-2' },
  ]);
});

test('a reply becomes what the context understands, once', () => {
  const { subscriber } = setUp();
  subscriber.subscribeAll();
  assert.deepEqual(subscriber.replied(reply('sub-1')), [
    { type: 'status', status: 'subscribed', scope: 'topic', ...trades },
  ]);
  assert.deepEqual(subscriber.replied(reply('sub-1')), []);
  const [refusal] = subscriber.replied(
    reply('sub-2', { ok: false, error: 'no such topic', code: 'topic_refused' }),
  );
  assert.ok(refusal?.type === 'error');
  assert.deepEqual(
    [refusal.code, refusal.error, refusal.channel],
    ['topic_refused', 'no such topic', 'depth'],
  );
  assert.deepEqual(subscriber.replied(reply('other')), [], 'not an answer to us');
});

test('the reply to a question that was overtaken by a newer one for the same topic means nothing', () => {
  const { sent, subscriber } = setUp();
  subscriber.subscribeAll();
  subscriber.renew(book);
  assert.deepEqual(
    sent.slice(2).map(({ command, id }) => [command, id]),
    [
      ['unsubscribe', undefined],
      ['subscribe', 'sub-3'],
    ],
  );
  const superseded = { ok: false, code: 'bad_command', error: 'superseded by a later command' } as const;
  assert.deepEqual(subscriber.replied(reply('sub-2', superseded)), []);
  assert.equal(subscriber.replied(reply('sub-3')).length, 1);
});

test('a topic that is no longer wanted, or was asked of a child that is gone, gets no answer', () => {
  const { sent, subscriber } = setUp();
  subscriber.subscribeAll();
  subscriber.unwant(book);
  assert.deepEqual(sent.at(-1), { command: 'unsubscribe', ...book });
  assert.deepEqual(subscriber.replied(reply('sub-2')), []);
  subscriber.childEnded();
  assert.deepEqual(subscriber.replied(reply('sub-1')), []);
});
