/** Each fault that strikes data, on each channel; and the faults of sockets, clock and order that came with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../harness.ts';
import { Harness } from '../harness.ts';
import { NaiveBook } from '../naive-client.ts';

const TOPICS = ['publicTrade', 'orderbook.50', 'kline.1', 'tickers', 'allLiquidation'].map(
  (one) => `${one}.BTCUSDT`,
);
const BOOK = 'orderbook.50.BTCUSDT';

function scene(): { harness: Harness; client: Client } {
  const harness = new Harness();
  const client = harness.connect('linear', ...TOPICS);
  harness.pass(3000);
  return { harness, client };
}

function count(client: Client, topic: string): number {
  return textsOf(client, topic).length;
}

function textsOf(client: Client, topic: string): string[] {
  return client.texts.filter((text) => text.startsWith(`{"topic":"${topic}"`));
}

for (const topic of TOPICS) {
  test(`${topic}: mute, half_open, freeze, delay, slow_drip and dead_on_arrival withhold it; what only waits comes later`, () => {
    const { harness, client } = scene();
    const grows = (ms = 20_000): boolean => {
      const before = count(client, topic);
      harness.pass(ms);
      return count(client, topic) > before;
    };
    assert.ok(grows(), 'healthy');
    for (const fault of [
      { kind: 'mute', topic },
      { kind: 'half_open' },
      { kind: 'freeze' },
      { kind: 'delay', delay_ms: 30_000 },
      { kind: 'slow_drip', ms: 25_000 },
    ]) {
      harness.fault(fault);
      assert.ok(!grows(), fault.kind);
      harness.control('DELETE', '/sim/faults');
      assert.ok(grows(31_000), `after ${fault.kind}`);
    }
    harness.fault({ kind: 'dead_on_arrival', count: 1 });
    const [dead, alive] = [harness.connect('linear', topic), harness.connect('linear', topic)];
    harness.control('DELETE', '/sim/faults');
    harness.pass(20_000);
    assert.deepEqual([count(dead, topic), count(alive, topic) > 0], [0, true]);
    assert.ok(
      dead.texts.some((text) => text.includes('"success":true')),
      'acknowledged',
    );
    dead.send({ op: 'ping' });
    assert.match(dead.texts.at(-1) ?? '', /pong/);
  });

  test(`${topic}: skip_update loses one frame, duplicate_frame doubles one, reorder_frames swaps two`, () => {
    const truth = scene();
    const from = count(truth.client, topic);
    truth.harness.pass(20_000);
    const frames = textsOf(truth.client, topic).slice(from);
    const spoilt = (kind: string): string[] => {
      const { harness, client } = scene();
      harness.fault({ kind, topic });
      harness.pass(20_000);
      return textsOf(client, topic).slice(from);
    };
    const [first, second, ...others] = frames;
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(spoilt('skip_update'), frames.slice(1));
    assert.deepEqual(spoilt('duplicate_frame'), [first, ...frames]);
    assert.deepEqual(spoilt('reorder_frames'), [second, first, ...others]);
  });

  test(`${topic}: refuse_topic refuses it`, () => {
    const { harness } = scene();
    harness.fault({ kind: 'refuse_topic', topic });
    const fresh = harness.connect('linear', topic);
    harness.pass(20);
    assert.match(fresh.texts.join(), new RegExp(`handler not found,topic:${topic}`));
  });
}

test('restart_book sends a ticker whole again, and deltas go on', () => {
  const { harness, client } = scene();
  harness.fault({ kind: 'restart_book', category: 'linear', topic: 'tickers.BTCUSDT' });
  const types = textsOf(client, 'tickers.BTCUSDT').map((text) => JSON.parse(text).type);
  assert.equal(types.at(-1), 'snapshot');
  assert.equal(types.filter((type) => type === 'snapshot').length, 2);
  assert.equal(
    harness.control('POST', '/sim/faults', { kind: 'restart_book', topic: 'kline.1.BTCUSDT' }).status,
    400,
  );
});

for (const depth of [1, 50, 200]) {
  test(`cross_book crosses a book of ${depth} for one frame, with the u in its place, and the next one heals it`, () => {
    const topic = `orderbook.${depth}.BTCUSDT`;
    const harness = new Harness();
    const client = harness.connect('linear', topic);
    harness.pass(1000);
    const from = client.frames(topic).length;
    assert.equal(harness.fault({ kind: 'cross_book', category: 'linear', topic })['sockets'], 1);
    harness.pass(1000);
    const book = new NaiveBook();
    const crossed: number[] = [];
    for (const [index, frame] of client.frames(topic).entries()) {
      book.apply(frame);
      const { b, a } = book.levels;
      assert.ok(b.length <= depth && a.length <= depth);
      if (Number(b[0]?.[0]) >= Number(a[0]?.[0])) crossed.push(index);
    }
    assert.deepEqual(crossed, [from]);
    assert.equal(book.gaps, depth === 1 ? book.gaps : 0);
    const { json } = harness.control('GET', `/sim/book?category=linear&symbol=BTCUSDT&depth=${depth}`);
    assert.deepEqual(book.levels, { b: json['b'], a: json['a'] });
  });
}

for (const depth of [1, 50, 200]) {
  test(`wrong_level tells one size of a book of ${depth} wrong, with the u in its place and no way to notice`, () => {
    const topic = `orderbook.${depth}.BTCUSDT`;
    const harness = new Harness();
    const client = harness.connect('linear', topic);
    harness.pass(1000);
    const book = new NaiveBook();
    const truth = () =>
      harness.control('GET', `/sim/book?category=linear&symbol=BTCUSDT&depth=${depth}`).json;
    const from = client.frames(topic).length;
    assert.equal(harness.fault({ kind: 'wrong_level', category: 'linear', topic })['sockets'], 1);
    const frames = client.frames(topic);
    assert.equal(frames.length, from + 1);
    for (const frame of frames) book.apply(frame);
    assert.equal(book.gaps, depth === 1 ? book.gaps : 0);
    const { bids, asks } = { bids: truth()['b'] as string[][], asks: truth()['a'] };
    const wrong = book.levels.b.filter(([price, size]) => !bids.some(([p, s]) => p === price && s === size));
    assert.deepEqual([wrong.length, book.levels.b.length], [1, depth === 1 ? 1 : bids.length]);
    assert.ok(
      bids.some(([price]) => price === wrong[0]?.[0]),
      'the price is true, its size is not',
    );
    if (depth > 1) assert.deepEqual(book.levels.a, asks);
  });
}

test('slow_drip holds data, acks and pongs back, then lets all of it go at once and in order', () => {
  const { harness, client } = scene();
  harness.fault({ kind: 'slow_drip', ms: 2000 });
  const before = client.texts.length;
  client.send({ op: 'ping' });
  client.send({ op: 'unsubscribe', args: ['allLiquidation.BTCUSDT'] });
  harness.pass(1990);
  assert.equal(client.texts.length, before);
  harness.pass(10);
  assert.ok(client.texts.length > before + 50);
  assert.ok(client.texts.slice(before).some((text) => text.includes('pong')));
  const book = new NaiveBook();
  harness.pass(500);
  for (const frame of client.frames(BOOK)) book.apply(frame);
  assert.equal(book.gaps, 0);
});

test('lost_ack swallows acks, not the subscription', () => {
  const harness = new Harness();
  harness.fault({ kind: 'lost_ack' });
  const client = harness.connect('linear', BOOK);
  harness.pass(500);
  assert.ok(!client.texts.some((text) => text.includes('"success"')));
  assert.ok(client.frames(BOOK).length > 3);
  client.send({ op: 'unsubscribe', args: [BOOK] });
  harness.pass(20);
  assert.ok(
    client.texts.some((text) => text.includes('"success":true')),
    'only one was ordered',
  );
});

test('close_code closes with a code and a reason', () => {
  const { harness } = scene();
  harness.fault({ kind: 'close_code', category: 'linear', code: 1012, reason: 'service restart' });
  harness.connect('spot');
  harness.fault({ kind: 'close_code' });
  assert.deepEqual(harness.closed, [
    [1012, 'service restart'],
    [1001, ''],
  ]);
});

test('clock_skew puts every time that the exchange says off, also in REST, until it ends', () => {
  const { harness, client } = scene();
  harness.fault({ kind: 'clock_skew', offset_ms: 7000, ms: 1000 });
  harness.pass(500);
  const offset = () => Number(harness.get('/v5/market/time').json()['time']) - harness.now.unix;
  assert.equal(offset(), 7000);
  const [frame] = client.frames(BOOK).slice(-1);
  assert.ok((frame?.ts ?? 0) > harness.now.unix + 6900 && (frame?.cts ?? 0) > harness.now.unix + 6000);
  harness.pass(600);
  assert.equal(offset(), 0);
  harness.fault({ kind: 'clock_skew', offset_ms: -5000 });
  assert.equal(offset(), -5000);
});

test('the faults of one run leave its history as it was: the executions of a seed are the same', () => {
  const ids = (harness: Harness) =>
    (
      harness.control('GET', '/sim/executions?category=linear&symbol=BTCUSDT&limit=20').json['list'] as {
        id: string;
      }[]
    ).map(({ id }) => id);
  const { harness } = scene();
  for (const kind of ['lost_ack', 'dead_on_arrival', 'drop']) harness.fault({ kind });
  assert.deepEqual(ids(harness), ids(scene().harness));
});
