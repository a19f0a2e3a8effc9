import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Harness } from '../harness.ts';

test('executions can be read in pieces that join without a hole', () => {
  const harness = new Harness({ rate: 2000 });
  harness.connect('spot', 'publicTrade.BTCUSDT');
  harness.pass(2000);
  const read = (query: string) =>
    harness.control('GET', `/sim/executions?category=spot&symbol=BTCUSDT${query}`).json as {
      total: number;
      evicted: number;
      list: { id: string }[];
    };
  const whole = read('&limit=200000');
  assert.equal(whole.total, whole.list.length);
  assert.equal(whole.evicted, 0);
  assert.ok(whole.total > 1000);
  const pieces: { id: string }[] = [];
  for (;;) {
    const last = pieces.at(-1);
    const { list } = read(`&limit=300${last === undefined ? '' : `&after=${last.id}`}`);
    if (list.length === 0) break;
    pieces.push(...list);
  }
  assert.deepEqual(pieces, whole.list);
});

test('stats tell connections, subscriptions, frames, markets and faults', () => {
  const harness = new Harness({ rate: 500 });
  const client = harness.connect('linear', 'publicTrade.BTCUSDT', 'orderbook.50.BTCUSDT');
  harness.connect('spot');
  harness.fault({ kind: 'rate_limit', calls: 5 });
  harness.pass(1000);
  const stats = harness.control('GET', '/sim/stats').json;
  assert.deepEqual(stats['connections'], { linear: 1, spot: 1, inverse: 0 });
  assert.deepEqual(stats['sockets'], { opened: 2, refused: 0, dropped: 0, tooSlow: 0 });
  const frames = client.texts.filter((text) => text.startsWith('{"topic"')).length;
  assert.equal((stats['frames'] as { frames: number }).frames, frames);
  const topics = stats['topics'] as { topic: string; subscribers: number; frames: number }[];
  assert.deepEqual(
    topics.map(({ topic, subscribers }) => [topic, subscribers]),
    [
      ['publicTrade.BTCUSDT', 1],
      ['orderbook.50.BTCUSDT', 1],
    ],
  );
  assert.equal(
    topics.reduce((sum, topic) => sum + topic.frames, 0),
    frames,
  );
  assert.equal((stats['faults'] as unknown[]).length, 1);
  const [btc] = stats['markets'] as { symbol: string; step: number; executions: number }[];
  assert.equal(btc?.executions, harness.exchange.feed('linear', 'BTCUSDT')?.executions.counts.total);
});

test('a paused market stands still after everybody got the rest, and goes on when it is told to', () => {
  const harness = new Harness();
  const client = harness.connect('linear', 'orderbook.1000.BTCUSDT', 'publicTrade.BTCUSDT');
  harness.pass(210);
  assert.deepEqual(harness.control('POST', '/sim/flow', { paused: true }), {
    status: 200,
    json: { paused: true, rate: null },
  });
  const step = harness.exchange.feed('linear', 'BTCUSDT')?.market.step;
  assert.equal(
    harness.control('GET', '/sim/book?category=linear&symbol=BTCUSDT&depth=1000').json['step'],
    step,
  );
  const frames = client.texts.length;
  harness.pass(1000);
  assert.equal(client.texts.length, frames);
  assert.equal(harness.exchange.feed('linear', 'BTCUSDT')?.market.step, step);
  assert.deepEqual(harness.control('POST', '/sim/flow', { paused: false, rate: 300 }).json, {
    paused: false,
    rate: 300,
  });
  harness.pass(1000);
  assert.ok(client.texts.length > frames + 200);
});

test('wrong questions are answered with 400 or 404 and what is wrong', () => {
  const harness = new Harness();
  const wrong: readonly [string, string, unknown, number, RegExp][] = [
    ['GET', '/sim/executions', undefined, 400, /category and symbol/],
    ['GET', '/sim/executions?category=linear&symbol=BTCUSDT&limit=0', undefined, 400, /limit/],
    ['GET', '/sim/executions?category=linear&symbol=BTCUSDT&after=x', undefined, 404, /after/],
    ['GET', '/sim/book?category=linear&symbol=X', undefined, 400, /category and symbol/],
    ['GET', '/sim/book?category=linear&symbol=BTCUSDT&depth=7', undefined, 400, /depth/],
    ['POST', '/sim/flow', 'x', 400, /paused/],
    ['POST', '/sim/flow', { rate: -1 }, 400, /rate/],
    ['POST', '/sim/flow', { paused: 1 }, 400, /paused/],
    ['PUT', '/sim/faults', undefined, 404, /no such endpoint/],
  ];
  for (const [method, path, body, status, message] of wrong) {
    const answer = harness.control(method, path, body);
    assert.equal(answer.status, status, path);
    assert.match(String(answer.json['error']), message);
  }
});
