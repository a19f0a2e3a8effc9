import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicTable } from '../../../runner/context/topic-table.ts';
import { Subscriber } from '../../../runner/subscriber.ts';
import type { ErrorEvent } from '../../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';

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
  });
  for (const topic of topics) subscriber.want(topic);
  subscriber.subscribeAll();
  topics.forEach((topic, index) => {
    const events = subscriber.replied({ type: 'reply', id: asked[index] ?? '', ok: false, error: 'no' });
    assert.deepEqual(refusedBy(...events.filter((event) => event.type === 'error')), [topicKey(topic)]);
  });
});
