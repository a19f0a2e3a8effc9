import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_KINDS, readFault } from '../../../../connector/exchange/faults/fault-kinds.ts';
import { MALFORMED_FRAMES } from '../../../../connector/exchange/faults/malformed-frames.ts';
import type { Client } from '../harness.ts';
import { Harness } from '../harness.ts';
import { NaiveBook } from '../naive-client.ts';

const TRADES = 'publicTrade.BTCUSDT';
const BOOK = 'orderbook.50.BTCUSDT';

/** An exchange at 500 frames a second with one linear and one spot client that are well under way. */
function scene(): { harness: Harness; linear: Client; spot: Client } {
  const harness = new Harness({ rate: 500 });
  const linear = harness.connect('linear', TRADES, BOOK);
  const spot = harness.connect('spot', TRADES, BOOK);
  harness.pass(500);
  assert.ok(linear.trades('BTCUSDT').length > 10 && spot.trades('BTCUSDT').length > 10);
  return { harness, linear, spot };
}

/** How many texts of each sort a client gets while `ms` pass; it also pings and subscribes to something. */
function during(
  harness: Harness,
  client: Client,
  ms: number,
): { frames: number; pongs: number; acks: number } {
  const before = client.texts.length;
  client.send({ op: 'ping' });
  client.send({ op: 'subscribe', args: ['orderbook.1.ETHUSDT'] });
  harness.pass(ms);
  client.send({ op: 'unsubscribe', args: ['orderbook.1.ETHUSDT'] });
  const texts = client.texts.slice(before);
  const count = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
  return { frames: count(/^\{"topic"/), pongs: count(/pong/), acks: count(/"op":"(un)?subscribe"/) };
}

/** Update ids of a book from the place in a client's frames on. */
function updateIds(client: Client, from: number): number[] {
  return client
    .frames(BOOK)
    .slice(from)
    .map((frame) => frame.data.u);
}

test('drop cuts all sockets, or those of one category', () => {
  const { harness, linear, spot } = scene();
  assert.deepEqual(harness.fault({ kind: 'drop', category: 'linear' }), {
    applied: { kind: 'drop', category: 'linear' },
    sockets: 1,
  });
  assert.deepEqual(harness.terminated, [linear.connection]);
  harness.fault({ kind: 'drop' });
  assert.deepEqual(harness.terminated, [linear.connection, spot.connection]);
  assert.equal(harness.exchange.connections.size, 0);
});

test('refuse_connections answers upgrades with the wanted status until its time is over', () => {
  const { harness } = scene();
  harness.fault({ kind: 'refuse_connections', category: 'linear', status: 403, ms: 1000 });
  assert.equal(harness.exchange.faults.refusalOf('linear'), 403);
  assert.equal(harness.exchange.faults.refusalOf('spot'), undefined);
  harness.pass(1005);
  assert.equal(harness.exchange.faults.refusalOf('linear'), undefined);
  harness.fault({ kind: 'refuse_connections' });
  assert.equal(harness.exchange.faults.refusalOf('spot'), 503);
});

test('mute withholds one topic or all data, while pongs and acks go on; the executions stay in the log', () => {
  const { harness, linear, spot } = scene();
  const logged = () =>
    harness.control('GET', '/sim/executions?category=linear&symbol=BTCUSDT&limit=200000').json[
      'total'
    ] as number;
  harness.fault({ kind: 'mute', category: 'linear', topic: TRADES });
  const [trades, books, total] = [linear.trades('BTCUSDT').length, linear.frames(BOOK).length, logged()];
  harness.pass(500);
  assert.equal(linear.trades('BTCUSDT').length, trades);
  assert.ok(linear.frames(BOOK).length > books);
  assert.ok(logged() > total);
  harness.fault({ kind: 'mute', category: 'linear' });
  const heard = during(harness, linear, 500);
  assert.deepEqual(heard, { frames: 0, pongs: 1, acks: 2 });
  assert.ok(during(harness, spot, 500).frames > 50);
  harness.control('DELETE', '/sim/faults');
  const from = linear.frames(BOOK).length;
  harness.pass(200);
  const [resumed = 0] = updateIds(linear, from);
  assert.ok(resumed > (linear.frames(BOOK)[from - 1]?.data.u ?? 0) + 1, 'what was muted is lost for good');
});

test('half_open silences data and acks of the open sockets but not their pongs; new sockets are fine', () => {
  const { harness, linear, spot } = scene();
  assert.equal(harness.fault({ kind: 'half_open', category: 'linear' })['sockets'], 1);
  assert.deepEqual(during(harness, linear, 300), { frames: 0, pongs: 1, acks: 0 });
  assert.ok(during(harness, spot, 300).frames > 20);
  const fresh = harness.connect('linear', TRADES, BOOK);
  harness.pass(300);
  assert.ok(fresh.trades('BTCUSDT').length > 5 && fresh.frames(BOOK).length > 5);
  harness.fault({ kind: 'half_open', new_sockets: true });
  assert.deepEqual(during(harness, harness.connect('spot', TRADES), 300), { frames: 0, pongs: 1, acks: 0 });
});

test('freeze silences everything, pongs too', () => {
  const { harness, linear } = scene();
  harness.fault({ kind: 'freeze', ms: 1000 });
  assert.deepEqual(during(harness, linear, 500), { frames: 0, pongs: 0, acks: 0 });
  harness.pass(600);
  assert.equal(during(harness, linear, 300).pongs, 1);
});

test('skip_update leaves out exactly one update id, and the book that follows lacks it', () => {
  const { harness, linear } = scene();
  const from = linear.frames(BOOK).length - 1;
  harness.fault({ kind: 'skip_update', category: 'linear', topic: BOOK });
  harness.pass(300);
  const ids = updateIds(linear, from);
  const jumps = ids.slice(1).map((id, index) => id - (ids[index] ?? 0));
  assert.equal(jumps.filter((jump) => jump === 2).length, 1);
  assert.ok(jumps.every((jump) => jump === 1 || jump === 2));
  const book = new NaiveBook();
  for (const frame of linear.frames(BOOK)) book.apply(frame);
  assert.equal(book.gaps, 1);
});

test('restart_book sends a snapshot with u 1, and the deltas after it fit', () => {
  const { harness, linear } = scene();
  const from = linear.frames(BOOK).length;
  assert.equal(harness.fault({ kind: 'restart_book', category: 'linear', topic: BOOK })['sockets'], 1);
  harness.pass(300);
  const frames = linear.frames(BOOK).slice(from);
  assert.equal(frames[0]?.type, 'snapshot');
  assert.deepEqual(
    frames.map((frame) => frame.data.u),
    frames.map((_, index) => index + 1),
  );
  const book = new NaiveBook();
  for (const frame of frames) book.apply(frame);
  const { json } = harness.control('GET', '/sim/book?category=linear&symbol=BTCUSDT');
  assert.deepEqual(book.levels, { b: json['b'], a: json['a'] });
});

test("refuse_topic refuses with the market's own text until it is cleared; whoever has the topic keeps it", () => {
  const { harness, linear } = scene();
  harness.fault({ kind: 'refuse_topic', topic: TRADES });
  const fresh = harness.connect('linear', TRADES);
  const spot = harness.connect('spot', TRADES);
  harness.pass(100);
  assert.match(fresh.texts[0] ?? '', /error:handler not found,topic:publicTrade\.BTCUSDT/);
  assert.match(spot.texts[0] ?? '', /Invalid symbol :\[publicTrade\.BTCUSDT\]/);
  const before = linear.trades('BTCUSDT').length;
  harness.pass(300);
  assert.ok(linear.trades('BTCUSDT').length > before);
  harness.control('DELETE', '/sim/faults');
  fresh.send({ op: 'subscribe', args: [TRADES] });
  harness.pass(20);
  assert.ok(fresh.texts.some((text) => text.includes('"success":true')));
});

test('duplicate_frame sends frames twice, as many as were ordered', () => {
  const { harness, linear } = scene();
  const from = linear.frames(TRADES).length;
  harness.fault({ kind: 'duplicate_frame', category: 'linear', topic: TRADES, count: 3 });
  harness.pass(500);
  const texts = linear.texts.filter((text) => text.startsWith(`{"topic":"${TRADES}"`)).slice(from);
  assert.equal(texts.length - new Set(texts).size, 3);
});

test('malformed_frame sends the given text, or one of every sort', () => {
  const { harness, linear, spot } = scene();
  harness.fault({ kind: 'malformed_frame', category: 'linear', text: '{"half' });
  assert.equal(linear.texts.at(-1), '{"half');
  assert.notEqual(spot.texts.at(-1), '{"half');
  harness.fault({ kind: 'malformed_frame' });
  assert.deepEqual(spot.texts.slice(-MALFORMED_FRAMES.length), MALFORMED_FRAMES);
});

test('rate_limit answers the next calls with 10006 and its headers', () => {
  const { harness } = scene();
  harness.fault({ kind: 'rate_limit', calls: 2 });
  for (const wanted of [10006, 10006, 0]) {
    const { answer, json } = harness.get('/v5/market/time');
    assert.equal(answer.status, 200);
    assert.equal(json()['retCode'], wanted);
    assert.equal(answer.headers['X-Bapi-Limit-Status'], wanted === 0 ? undefined : '0');
    if (wanted !== 0) assert.ok(Number(answer.headers['X-Bapi-Limit-Reset-Timestamp']) > harness.now.unix);
  }
});

test('ban answers every REST call with 403 until its time is over', () => {
  const { harness } = scene();
  harness.fault({ kind: 'ban', ms: 1000 });
  const { answer } = harness.get('/v5/market/time');
  assert.equal(answer.status, 403);
  assert.match(answer.body, /access too frequent/);
  harness.pass(1005);
  assert.equal(harness.get('/v5/market/time').answer.status, 200);
});

test('delay holds data back without losing or reordering them, also when it is lifted early', () => {
  const { harness, linear } = scene();
  harness.fault({ kind: 'delay', category: 'linear', delay_ms: 400 });
  const before = linear.texts.length;
  harness.pass(390);
  assert.equal(linear.texts.length, before);
  linear.send({ op: 'ping' });
  assert.match(linear.texts.at(-1) ?? '', /pong/);
  harness.pass(500);
  assert.ok(linear.texts.length > before + 50);
  harness.control('DELETE', '/sim/faults');
  harness.pass(500);
  const book = new NaiveBook();
  for (const frame of linear.frames(BOOK)) book.apply(frame);
  assert.equal(book.gaps, 0);
  harness.control('POST', '/sim/flow', { paused: true });
  const { json } = harness.control('GET', '/sim/executions?category=linear&symbol=BTCUSDT&limit=200000');
  const logged = (json['list'] as { id: string }[]).map(({ id }) => id).slice(-100);
  assert.deepEqual(
    linear
      .trades('BTCUSDT')
      .map(({ i }) => i)
      .slice(-100),
    logged,
  );
});

test('delay_ack holds acks back while data flow', () => {
  const { harness } = scene();
  harness.fault({ kind: 'delay_ack', delay_ms: 1000 });
  const fresh = harness.connect('spot', TRADES, BOOK);
  harness.pass(900);
  assert.ok(!fresh.texts.some((text) => text.includes('"success"')));
  assert.ok(fresh.trades('BTCUSDT').length > 10);
  harness.pass(150);
  assert.ok(fresh.texts.some((text) => text.includes('"success":true')));
});

test('DELETE clears all faults, GET lists them', () => {
  const { harness } = scene();
  harness.fault({ kind: 'mute', topic: TRADES, ms: 5000 });
  harness.fault({ kind: 'rate_limit', calls: 3 });
  assert.deepEqual(harness.control('GET', '/sim/faults').json, {
    faults: [
      { kind: 'mute', topic: TRADES, ms: 5000, ends_in_ms: 5000 },
      { kind: 'rate_limit', calls: 3, left: 3 },
    ],
  });
  assert.deepEqual(harness.control('DELETE', '/sim/faults').json, { cleared: 2 });
  assert.deepEqual(harness.control('GET', '/sim/faults').json, { faults: [] });
});

test('what is wrong with an order is named, with the kinds', () => {
  const { harness } = scene();
  const wrong: readonly [unknown, RegExp][] = [
    ['{"kind":', /must be a JSON object/],
    [[], /must be a JSON object/],
    [{ kind: 'explode' }, /kind "explode" is unknown/],
    [
      { kind: 'mute', topics: 'x', category: 'option' },
      /topics is not a field of mute.*category must be one of linear, spot, inverse/,
    ],
    [{ kind: 'ban' }, /ms is missing/],
    [{ kind: 'delay', delay_ms: 0 }, /delay_ms must be a whole number/],
    [{ kind: 'refuse_connections', status: 500 }, /status must be 403 or 503/],
    [{ kind: 'half_open', new_sockets: 'yes' }, /new_sockets must be true or false/],
    [{ kind: 'restart_book', topic: 'publicTrade.BTCUSDT' }, /is not an orderbook topic/],
    [{ kind: 'mute', topic: 'publicTrade.NOPE' }, /is not listed/],
  ];
  for (const [body, message] of wrong) {
    const { status, json } = harness.control('POST', '/sim/faults', body);
    assert.equal(status, 400);
    assert.match(String(json['error']), message);
    assert.deepEqual(json['kinds'], FAULT_KINDS);
  }
  assert.equal(harness.exchange.faults.isEmpty, true);
});

test('every kind can be read with its least fields', () => {
  const least: Record<string, unknown> = {
    topic: BOOK,
    ms: 1,
    calls: 1,
    delay_ms: 1,
    offset_ms: 1,
    lag_ms: 1,
    ret_code: 10016,
    bytes_per_s: 1,
    defect: 'bad_row',
  };
  for (const kind of FAULT_KINDS) {
    const tries = [{ kind }, ...Object.entries(least).map(([field, value]) => ({ kind, [field]: value }))];
    assert.ok(
      tries.some((one) => 'fault' in readFault(one)),
      kind,
    );
  }
});
