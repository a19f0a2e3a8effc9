import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Category } from '../../../connector/exchange/market/instruments.ts';
import { Harness } from './harness.ts';
import { NaiveBook } from './naive-client.ts';

const place = (texts: readonly string[], pattern: RegExp) => texts.findIndex((text) => pattern.test(text));

test('on linear the first snapshot comes before the ack, and deltas may come between them', () => {
  let between = 0;
  for (let seed = 0; seed < 10; seed += 1) {
    const harness = new Harness({ seed: String(seed), rate: 2000 });
    const client = harness.connect('linear', 'orderbook.50.BTCUSDT');
    harness.pass(30);
    const snapshot = place(client.texts, /"snapshot"/);
    const ack = place(client.texts, /"success"/);
    assert.equal(snapshot, 0);
    assert.ok(ack > snapshot);
    if (ack > snapshot + 1) between += 1;
  }
  assert.ok(between > 0);
});

test('on spot the ack comes before the first snapshot', () => {
  const harness = new Harness();
  const client = harness.connect('spot', 'orderbook.50.BTCUSDT');
  assert.match(client.texts[0] ?? '', /"success":true/);
  assert.match(client.texts[1] ?? '', /"snapshot"/);
});

for (const category of ['linear', 'spot', 'inverse'] satisfies Category[]) {
  for (const rate of [undefined, 2000]) {
    test(`a naive client's books are the published ones at every depth on ${category} (${rate === undefined ? 'natural pace' : `${rate} frames a second`})`, () => {
      const harness = new Harness({ rate });
      const symbol = category === 'inverse' ? 'BTCUSD' : 'BTCUSDT';
      const depths = [1, 50, 200, 1000];
      const client = harness.connect(category, ...depths.map((depth) => `orderbook.${depth}.${symbol}`));
      const books = new Map(depths.map((depth) => [depth, new NaiveBook()]));
      const read = new Map<number, number>();
      for (let round = 0; round < 10; round += 1) {
        harness.pass(300);
        for (const [depth, book] of books) {
          const frames = client.frames(`orderbook.${depth}.${symbol}`);
          for (const frame of frames.slice(read.get(depth) ?? 0)) book.apply(frame);
          read.set(depth, frames.length);
          const { json } = harness.control(
            'GET',
            `/sim/book?category=${category}&symbol=${symbol}&depth=${depth}`,
          );
          assert.equal(book.u, json['u']);
          assert.equal(book.seq, json['seq']);
          assert.deepEqual(book.levels, { b: json['b'], a: json['a'] });
          assert.equal(book.gaps, 0);
        }
      }
      assert.ok((read.get(50) ?? 0) > 20);
      assert.equal(books.get(50)?.levels.b.length, 50);
    });
  }
}

test('the trades that a subscriber gets are the executions of the log, once each and in order', () => {
  const harness = new Harness({ rate: 1000 });
  const client = harness.connect('linear', 'publicTrade.BTCUSDT', 'orderbook.50.BTCUSDT');
  const { json: before } = harness.control(
    'GET',
    '/sim/executions?category=linear&symbol=BTCUSDT&limit=200000',
  );
  harness.pass(3000);
  const { json: after } = harness.control(
    'GET',
    '/sim/executions?category=linear&symbol=BTCUSDT&limit=200000',
  );
  const logged = (after['list'] as Record<string, unknown>[]).slice((before['list'] as unknown[]).length);
  const told = client.trades('BTCUSDT').map(({ i, T, p, v, S, seq, s }) => ({
    category: 'linear',
    symbol: s,
    id: i,
    T,
    price: p,
    size: v,
    side: S,
    seq,
  }));
  assert.ok(told.length > 300);
  assert.deepEqual(told, logged);
});

test('natural mode sends depth 50 at most every 20 ms, 200 every 100 ms and 1000 every 200 ms', () => {
  const harness = new Harness();
  const client = harness.connect(
    'linear',
    'orderbook.50.BTCUSDT',
    'orderbook.200.BTCUSDT',
    'orderbook.1000.BTCUSDT',
  );
  harness.pass(5000);
  for (const [depth, interval] of [
    [50, 20],
    [200, 100],
    [1000, 200],
  ] as const) {
    const times = client
      .frames(`orderbook.${depth}.BTCUSDT`)
      .slice(1)
      .map((frame) => frame.ts);
    assert.ok(times.length > 15, `${times.length} frames of depth ${depth}`);
    assert.ok(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) >= interval));
  }
});

test('a driven exchange makes the wanted number of frames a second, for any mix of topics', () => {
  for (const topics of [
    ['publicTrade.BTCUSDT'],
    ['orderbook.50.BTCUSDT', 'publicTrade.BTCUSDT', 'publicTrade.ETHUSDT'],
    ['orderbook.1000.ETHUSDT'],
  ]) {
    const harness = new Harness({ rate: 2000 });
    const client = harness.connect('linear', ...topics);
    harness.pass(2000);
    const frames = client.texts.filter((text) => text.startsWith('{"topic"')).length;
    assert.ok(Math.abs(frames - 4000) < 100, `${frames} frames for ${topics}`);
  }
});

test('several orders can be gathered into one book frame', () => {
  const harness = new Harness({ rate: 500, stepsPerFrame: 12 });
  const client = harness.connect('linear', 'orderbook.50.BTCUSDT');
  harness.pass(2000);
  const deltas = client.frames('orderbook.50.BTCUSDT').slice(1);
  const levels = deltas.reduce((sum, { data }) => sum + data.b.length + data.a.length, 0) / deltas.length;
  assert.ok(levels > 6, `${levels} levels a frame`);
});

test('level 1 is repeated after 3 s without change, with the same u', () => {
  const harness = new Harness();
  const client = harness.connect('linear', 'orderbook.1.BTCUSDT');
  harness.pass(100);
  harness.control('POST', '/sim/flow', { paused: true });
  const before = client.frames('orderbook.1.BTCUSDT');
  harness.pass(2900);
  assert.equal(client.frames('orderbook.1.BTCUSDT').length, before.length);
  harness.pass(6200);
  const repeats = client.frames('orderbook.1.BTCUSDT').slice(before.length);
  assert.equal(repeats.length, 3);
  for (const repeat of repeats) {
    assert.deepEqual(repeat.data, before.at(-1)?.data);
    assert.equal(repeat.type, 'snapshot');
    assert.ok(repeat.ts > (before.at(-1)?.ts ?? 0));
  }
});

test('a match of more than 1,024 trades is split over frames that share its seq', () => {
  const harness = new Harness({ rate: 200, tradesPerFrame: 1500 });
  const client = harness.connect('linear', 'publicTrade.BTCUSDT');
  harness.pass(10_000);
  const frames = client
    .frames('publicTrade.BTCUSDT')
    .map((frame) => frame.data as unknown as { seq: number }[]);
  assert.ok(frames.every((trades) => trades.length <= 1024));
  const full = frames.findIndex((trades) => trades.length === 1024);
  assert.ok(full >= 0, 'there was a large match');
  assert.equal(frames[full + 1]?.[0]?.seq, frames[full]?.[0]?.seq);
});

test('a second subscriber joins the same stream of update ids', () => {
  const harness = new Harness({ rate: 500 });
  const first = harness.connect('linear', 'orderbook.50.BTCUSDT');
  harness.pass(300);
  const second = harness.connect('linear', 'orderbook.50.BTCUSDT');
  harness.pass(300);
  const [snapshot, delta] = second.frames('orderbook.50.BTCUSDT');
  assert.equal(snapshot?.type, 'snapshot');
  assert.equal(delta?.data.u, (snapshot?.data.u ?? 0) + 1);
  assert.deepEqual(first.frames('orderbook.50.BTCUSDT').at(-1), second.frames('orderbook.50.BTCUSDT').at(-1));
});

test('each depth counts its own updates, and all share the seq of the market with its trades', () => {
  const harness = new Harness({ rate: 1000 });
  const client = harness.connect(
    'linear',
    'orderbook.1.BTCUSDT',
    'orderbook.50.BTCUSDT',
    'publicTrade.BTCUSDT',
  );
  harness.pass(1000);
  const seqs = (topic: string) => new Set(client.frames(topic).map((frame) => frame.data.seq));
  assert.notEqual(
    client.frames('orderbook.1.BTCUSDT')[0]?.data.u,
    client.frames('orderbook.50.BTCUSDT')[0]?.data.u,
  );
  const trades = new Set(client.trades('BTCUSDT').map((trade) => trade.seq));
  const shared = (one: Set<number>, other: Set<number>) => [...one].filter((seq) => other.has(seq)).length;
  assert.ok(shared(seqs('orderbook.1.BTCUSDT'), seqs('orderbook.50.BTCUSDT')) > 5);
  assert.ok(shared(seqs('orderbook.50.BTCUSDT'), trades) > 5);
});

test('the quiet symbol trades rarely even when the others are driven hard', () => {
  const harness = new Harness({ rate: 5000 });
  const client = harness.connect('linear', 'publicTrade.QNTUSDT', 'publicTrade.BTCUSDT');
  harness.pass(3000);
  assert.ok(client.trades('BTCUSDT').length > 5000);
  assert.ok(client.trades('QNTUSDT').length < 20);
});

test('after an unsubscribe nothing more comes, and a new subscribe begins with a snapshot', () => {
  const harness = new Harness({ rate: 500 });
  const client = harness.connect('linear', 'orderbook.50.BTCUSDT');
  harness.pass(100);
  client.send({ op: 'unsubscribe', args: ['orderbook.50.BTCUSDT'] });
  const before = client.frames('orderbook.50.BTCUSDT').length;
  harness.pass(300);
  assert.equal(client.frames('orderbook.50.BTCUSDT').length, before);
  client.send({ op: 'subscribe', args: ['orderbook.50.BTCUSDT'] });
  assert.equal(client.frames('orderbook.50.BTCUSDT').at(-1)?.type, 'snapshot');
});

test('the pace decides when things happen, never what: the history of a seed is the same at every rate', () => {
  const history = (rate: number | undefined, ms: number) => {
    const harness = new Harness({ seed: 'pace', rate });
    harness.connect('linear', 'publicTrade.BTCUSDT');
    harness.pass(ms);
    const { json } = harness.control('GET', '/sim/executions?category=linear&symbol=BTCUSDT&limit=100');
    return (json['list'] as Record<string, unknown>[]).map(({ T: _time, ...rest }) => rest);
  };
  const calm = history(undefined, 20_000);
  assert.equal(calm.length, 100);
  assert.deepEqual(history(2000, 1000), calm);
  assert.deepEqual(history(300, 5000), calm);
});
