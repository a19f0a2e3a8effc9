import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicTable } from '../../../runner/context/topic-table.ts';
import { Subscriber } from '../../../runner/subscriber.ts';
import type { ErrorEvent, StatusEvent } from '../../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs } from '../../../shared/time.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const topics: readonly Topic[] = [
  { channel: 'kline', ...bitcoin, interval: '1' },
  { channel: 'kline', ...bitcoin, interval: '5' },
  { channel: 'depth', ...bitcoin, depth: 50 },
  { channel: 'depth', ...bitcoin, depth: 200 },
];

/** The topics that count as refused after these errors. */
function refusedBy(...errors: readonly ErrorEvent[]): readonly string[] {
  const table = new TopicTable(scaledPolicy().freshness);
  for (const topic of topics) table.want(topic);
  for (const error of errors) table.onError(error);
  return table
    .feeds()
    .filter(({ state }) => state === 'refused')
    .map(({ key }) => key);
}

test('a refusal means the one topic that it names, also of several intervals and depths', () => {
  for (const topic of topics) {
    const error: ErrorEvent = { type: 'error', error: 'no', code: 'topic_refused', ...topic };
    assert.deepEqual(refusedBy(error), [topicKey(topic)]);
  }
});

test('a refusal without depth or interval means all of them', () => {
  const error: ErrorEvent = {
    type: 'error',
    error: 'no',
    code: 'topic_refused',
    channel: 'kline',
    ...bitcoin,
  };
  assert.deepEqual(refusedBy(error), ['kline.1:linear:BTCUSDT', 'kline.5:linear:BTCUSDT']);
});

test('a connector that only replies refuses one topic as well', () => {
  const asked: string[] = [];
  const subscriber = new Subscriber({
    send: ({ id }) => asked.push(String(id)) > 0,
    resumeOf: () => undefined,
    owedOf: () => undefined,
  });
  for (const topic of topics) subscriber.want(topic);
  subscriber.subscribeAll();
  topics.forEach((topic, index) => {
    const events = subscriber.replied({ type: 'reply', id: asked[index] ?? '', ok: false, error: 'no' });
    assert.deepEqual(refusedBy(...events.filter((event) => event.type === 'error')), [topicKey(topic)]);
  });
});

const eth: Topic = { channel: 'depth', category: 'linear', symbol: 'ETHUSDT', depth: 50 };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };

/** A table of two books, the first carried by socket 0, the other one by socket 1. */
function onTwoSockets(...wanted: readonly Topic[]): {
  table: TopicTable;
  say: (event: Partial<StatusEvent>) => void;
} {
  const table = new TopicTable(scaledPolicy().freshness);
  for (const topic of wanted) table.want(topic);
  const say = (event: Partial<StatusEvent>): void =>
    table.onStatus({ type: 'status', status: 'connected', ...event }, monoMs(1_000));
  for (const socket of [0, 1]) say({ status: 'connected', scope: 'public', category: 'linear', socket });
  wanted.forEach((topic, socket) => {
    for (const status of ['flowing', 'subscribed'] as const)
      say({ status, scope: 'topic', ...topic, socket });
  });
  return { table, say };
}

const statesOf = (table: TopicTable) =>
  table.views(monoMs(2_000)).map(({ key, state, stale_reason }) => [key, state, stale_reason]);

test('only topics that the lost socket carries are lost with it', () => {
  const { table, say } = onTwoSockets(book, eth);
  say({ status: 'disconnected', scope: 'public', category: 'linear', socket: 1, reason: 'reset' });
  assert.deepEqual(statesOf(table), [
    ['depth.50:linear:BTCUSDT', 'subscribed', null],
    ['depth.50:linear:ETHUSDT', 'wanted', 'reset'],
  ]);
  assert.deepEqual(
    table.connections().map(({ socket, state }) => [socket, state]),
    [
      [0, 'connected'],
      [1, 'disconnected'],
    ],
  );
  say({ status: 'connected', scope: 'public', category: 'linear', socket: 1 });
  assert.equal(statesOf(table)[1]?.[2], null);
});

test('a topic whose socket is not known is affected by each loss in its market, as with a connector that says no number', () => {
  const { table, say } = onTwoSockets(book, eth);
  const third: Topic = { channel: 'trades', ...bitcoin };
  table.want(third);
  say({ status: 'subscribed', scope: 'topic', ...third });
  say({ status: 'disconnected', scope: 'public', category: 'linear', socket: 1, reason: 'reset' });
  assert.equal(statesOf(table)[2]?.[1], 'wanted');
  say({ status: 'disconnected', reason: 'all is lost' });
  assert.deepEqual(
    statesOf(table).map(([, state]) => state),
    ['wanted', 'wanted', 'wanted'],
  );
});

test('a topic on two sockets is lost with the second of them', () => {
  const { table, say } = onTwoSockets(book);
  say({ status: 'subscribed', scope: 'topic', ...book, socket: 1 });
  say({ status: 'disconnected', scope: 'public', category: 'linear', socket: 0, reason: 'reset' });
  assert.equal(statesOf(table)[0]?.[1], 'subscribed');
  say({ status: 'disconnected', scope: 'public', category: 'linear', socket: 1, reason: 'reset' });
  assert.equal(statesOf(table)[0]?.[1], 'wanted');
});

test('a socket without topics that is closed is forgotten, and so is one that a heartbeat leaves out', () => {
  const { table, say } = onTwoSockets(book, eth);
  table.unwant(eth);
  say({ status: 'disconnected', scope: 'public', category: 'linear', socket: 1, reason: 'closed' });
  assert.deepEqual(
    table.connections().map(({ socket }) => socket),
    [0],
  );
  say({ status: 'connected', scope: 'public', category: 'linear', socket: 2 });
  const report = { url: 'ws://x', state: 'open', reconnects: 0, frames: 0, bad_frames: 0 };
  say({ status: 'heartbeat', sockets: [{ ...report, category: 'linear', socket: 0 }] });
  assert.deepEqual(
    table.connections().map(({ socket }) => socket),
    [0],
  );
});

test('a heartbeat tells the sockets of a topic to a runner that missed the word itself', () => {
  const { table, say } = onTwoSockets(book, eth);
  const report = { state: 'active', stale: false, age_ms: 1, messages: 1 } as const;
  say({ status: 'heartbeat', topics: [{ ...eth, ...report, sockets: [0] }] });
  say({ status: 'disconnected', scope: 'public', category: 'linear', socket: 1, reason: 'reset' });
  assert.equal(statesOf(table)[1]?.[1], 'subscribed');
});

test('another child numbers its sockets anew', () => {
  const { table, say } = onTwoSockets(book, eth);
  table.childEnded();
  assert.deepEqual(
    table.connections().map(({ socket, state }) => [socket, state]),
    [[undefined, 'disconnected']],
  );
  say({ status: 'connected', scope: 'public', category: 'linear', socket: 0 });
  assert.deepEqual(
    table.connections().map(({ socket, state }) => [socket, state]),
    [[0, 'connected']],
  );
});
