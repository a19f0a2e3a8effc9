import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Subscriber } from '../../runner/subscriber.ts';
import type { Command } from '../../shared/commands.ts';
import type { ReplyEvent } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import { unixMs } from '../../shared/time.ts';

const trades: Topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' };
const book: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };

function setUp() {
  const sent: Command[] = [];
  const child = { reads: true };
  const subscriber = new Subscriber({
    send: (command) => child.reads && sent.push(command) > 0,
    resumeOf: ({ symbol }) => (symbol === 'BTCUSDT' ? { last_id: 't9', timestamp: 9, seq: 90 } : undefined),
    owedOf: ({ symbol }) => (symbol === 'SOLUSDT' ? undefined : { since: unixMs(7), gap_id: 'r-1' }),
  });
  subscriber.want(trades);
  subscriber.want(book);
  return { sent, subscriber, child };
}

function words(commands: readonly Command[]): readonly string[] {
  return commands.map((command) => `${command.command} ${'channel' in command ? command.channel : ''}`);
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

test('a child hears since when trades are owed of which nothing was seen, and of no other channel', () => {
  const { sent, subscriber } = setUp();
  const unseen = { ...trades, symbol: 'ETHUSDT' };
  subscriber.renew(unseen);
  subscriber.subscribe({ channel: 'liquidation', category: 'linear', symbol: 'ETHUSDT' });
  subscriber.subscribe({ ...trades, symbol: 'SOLUSDT' });
  subscriber.subscribe(trades);
  const owed = sent.map((command) => (command.command === 'subscribe' ? command.owed : 'given up'));
  assert.deepEqual(owed, ['given up', { since: 7, gap_id: 'r-1' }, undefined, undefined, undefined]);
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

test('what a child refused because it did not read is told to it when it reads again, once', () => {
  const { sent, subscriber, child } = setUp();
  child.reads = false;
  subscriber.subscribeAll();
  subscriber.childReadsAgain();
  assert.equal(sent.length, 0, 'refused again');
  child.reads = true;
  subscriber.childReadsAgain();
  assert.deepEqual(words(sent), ['subscribe trades', 'subscribe depth']);
  assert.equal(subscriber.replied(reply(sent[1]?.id?.toString())).length, 1, 'its answer counts');
  subscriber.childReadsAgain();
  assert.equal(sent.length, 2);
});

test('of what was refused only the newest wish for a topic is told', () => {
  const { sent, subscriber, child } = setUp();
  subscriber.subscribeAll();
  child.reads = false;
  subscriber.renew(book);
  subscriber.unwant(trades);
  child.reads = true;
  subscriber.childReadsAgain();
  assert.deepEqual(words(sent.slice(2)), ['unsubscribe depth', 'subscribe depth', 'unsubscribe trades']);
});

test('a topic that is wanted again before the child heard that it was given up is asked for anew', () => {
  for (const readsInBetween of [false, true]) {
    const { sent, subscriber, child } = setUp();
    subscriber.subscribeAll();
    child.reads = false;
    subscriber.unwant(book);
    child.reads = readsInBetween;
    subscriber.want(book);
    subscriber.subscribe(book);
    child.reads = true;
    subscriber.childReadsAgain();
    assert.deepEqual(words(sent.slice(2)), ['unsubscribe depth', 'subscribe depth']);
  }
});

test('a new child is owed nothing: it hears everything that is wanted anyway', () => {
  const { sent, subscriber, child } = setUp();
  child.reads = false;
  subscriber.subscribeAll();
  subscriber.childEnded();
  child.reads = true;
  subscriber.childReadsAgain();
  assert.deepEqual(sent, []);
  child.reads = false;
  subscriber.unwant(book);
  child.reads = true;
  subscriber.subscribeAll();
  subscriber.childReadsAgain();
  assert.deepEqual(words(sent), ['subscribe trades']);
});

test('what two heartbeats in a row list otherwise than it is wanted is told again; a refusal need not be listed', () => {
  const { sent, subscriber } = setUp();
  subscriber.subscribeAll();
  subscriber.replied(reply('sub-2', { ok: false, error: 'no such book' }));
  sent.length = 0;
  const report = (topic: Topic) => ({
    ...topic,
    state: 'active' as const,
    stale: false,
    age_ms: 1,
    messages: 1,
  });
  const other: Topic = { ...trades, symbol: 'OLDUSDT' };
  const beat = (...topics: readonly Topic[]) =>
    subscriber.heard({ type: 'status', status: 'heartbeat', topics: topics.map(report) });
  beat(other);
  assert.deepEqual(sent, [], 'the commands may not have been read yet');
  beat(trades, other);
  assert.deepEqual(words(sent), ['unsubscribe trades']);
  beat();
  beat();
  assert.deepEqual(words(sent), ['unsubscribe trades', 'subscribe trades']);
  assert.equal(subscriber.reconciled, 2);
  subscriber.heard({ type: 'status', status: 'heartbeat' });
  subscriber.heard({ type: 'status', status: 'heartbeat' });
  assert.equal(sent.length, 2, 'a child that lists nothing says nothing');
});
