/** The promises of one conversation, each under virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Topic } from '../../../shared/market.ts';
import { bookFrame, linearAck, refusal, spotAck, tradeFrame } from '../../helpers/bybit-frames.ts';
import { book, SessionHarness, trades } from '../../helpers/session-harness.ts';

function topics(count: number, category: 'linear' | 'spot' = 'linear'): Topic[] {
  return Array.from({ length: count }, (_, index) => ({
    channel: 'trades',
    category,
    symbol: `COIN${index}USDT`,
  }));
}

test('everything wanted is subscribed in batches of at most ten once the socket is open, and nothing before', () => {
  const harness = new SessionHarness('spot');
  for (const topic of topics(23, 'spot')) harness.session.want(topic);
  assert.deepEqual(harness.takeSent(), []);
  harness.session.opened();
  const requests = harness.takeSent('subscribe');
  assert.deepEqual(
    requests.map(({ args }) => args?.length),
    [10, 10, 3],
  );
  assert.equal(new Set(requests.map(({ req_id }) => req_id)).size, 3);
  for (const { req_id } of requests) harness.frame(spotAck(req_id));
  assert.equal(harness.outcomes.filter(({ kind }) => kind === 'subscribed').length, 23);
});

test('data that arrive before the acknowledgement are delivered', () => {
  const harness = new SessionHarness().connect(book, trades);
  harness.frame(bookFrame({ type: 'snapshot', u: 7 }), bookFrame({ type: 'delta', u: 8 }), tradeFrame(['a']));
  assert.equal(harness.ofType('depth').length, 2);
  assert.equal(harness.ofType('trade').length, 1);
});

test('a refused topic is reported and isolated; the rest of its request is sent again', () => {
  const nope: Topic = { channel: 'trades', category: 'linear', symbol: 'NOPEUSDT' };
  const harness = new SessionHarness();
  for (const topic of [book, nope, trades]) harness.session.want(topic);
  harness.session.opened();
  const [first] = harness.takeSent();
  harness.frame(refusal(first?.req_id, 'error:handler not found,topic:publicTrade.NOPEUSDT'));
  const [second] = harness.takeSent();
  assert.deepEqual(second?.args, ['orderbook.50.BTCUSDT', 'publicTrade.BTCUSDT']);
  harness.frame(linearAck(second?.req_id ?? ''));
  assert.deepEqual(
    harness.outcomes.map(({ kind, topic }) => `${kind} ${topic.symbol}`),
    ['refused NOPEUSDT', 'subscribed BTCUSDT', 'subscribed BTCUSDT'],
  );
  const [error] = harness.ofType('error');
  assert.equal(error?.code, 'topic_refused');
  assert.equal(error?.symbol, 'NOPEUSDT');
  assert.equal(harness.closes, 0, 'never fatal');
});

test('a refusal without request id is matched by the topic it names', () => {
  const harness = new SessionHarness('spot').connect({ ...trades, category: 'spot' });
  harness.takeSent();
  harness.frame(refusal(undefined, 'Invalid symbol :[publicTrade.BTCUSDT]'));
  assert.equal(harness.outcomes[0]?.kind, 'refused');
});

test('when a refusal names no topic, its topics are sent one by one until the guilty one is found', () => {
  const harness = new SessionHarness();
  for (const topic of topics(4)) harness.session.want(topic);
  harness.session.opened();
  harness.frame(refusal(harness.takeSent()[0]?.req_id, 'something is wrong'));
  const single = harness.takeSent('subscribe');
  assert.deepEqual(
    single.map(({ args }) => args?.length),
    [1, 1, 1, 1],
  );
  for (const { req_id, args } of single)
    harness.frame(
      args?.[0] === 'publicTrade.COIN2USDT' ? refusal(req_id, 'something is wrong') : linearAck(req_id),
    );
  assert.deepEqual(
    harness.outcomes.filter(({ kind }) => kind === 'refused').map(({ topic }) => topic.symbol),
    ['COIN2USDT'],
  );
  assert.equal(harness.outcomes.filter(({ kind }) => kind === 'subscribed').length, 3);
});

test('"already subscribed" counts as subscribed', () => {
  const harness = new SessionHarness().connect(trades);
  harness.frame(refusal(harness.takeSent()[0]?.req_id, 'error:already subscribed,topic:publicTrade.BTCUSDT'));
  assert.equal(harness.outcomes[0]?.kind, 'subscribed');
});

test('a late acknowledgement of an older request changes nothing', () => {
  const harness = new SessionHarness().connect(trades);
  const [old] = harness.takeSent();
  harness.session.lost('socket_lost', 'cut');
  harness.pass(100);
  harness.session.opened();
  const [fresh] = harness.takeSent('subscribe');
  assert.notEqual(fresh?.req_id, old?.req_id);
  harness.frame(linearAck(old?.req_id ?? ''));
  assert.equal(harness.outcomes.length, 0);
  harness.frame(linearAck(fresh?.req_id ?? ''));
  assert.equal(harness.outcomes[0]?.kind, 'subscribed');
});

test('a subscription that nobody answers is asked for again, after releasing what may have been subscribed', () => {
  const harness = new SessionHarness().connect(trades);
  harness.takeSent();
  harness.pass(5_100);
  const ops = harness.takeSent().map(({ op }) => op);
  assert.deepEqual(ops, ['unsubscribe', 'subscribe']);
  assert.equal(harness.ofType('error')[0]?.code, 'ack_missing');
});

test('a ping goes out every 10 s, and without a pong within 4 s the connection is given up and opened anew', () => {
  const harness = new SessionHarness().connect(trades).ackAll();
  harness.pass(10_100);
  assert.equal(harness.takeSent('ping').length, 1);
  harness.pass(3_800);
  assert.equal(harness.closes, 0);
  harness.pass(300);
  assert.equal(harness.closes, 1);
  assert.equal(harness.ofType('error').at(-1)?.code, 'pong_missing');
  assert.equal(harness.opens, 2, 'the first retry comes at once');
});

test('pongs keep a quiet connection open', () => {
  const harness = new SessionHarness().connect(trades).ackAll();
  // Longer, and the socket itself would be in doubt.
  harness.pass(34_000, () => harness.ackAll());
  assert.equal(harness.closes, 0);
});

test('retries come at once, then with full jitter up to the cap, and never stop', () => {
  const harness = new SessionHarness();
  harness.random = 0.999;
  harness.session.want(trades);
  const waits: number[] = [];
  for (let tries = 0; tries < 9; tries += 1) {
    const opens = harness.opens;
    harness.session.lost('connect_failed', 'refused');
    let waited = 0;
    while (harness.opens === opens && waited < 100_000) {
      harness.pass(100);
      waited += 100;
    }
    waits.push(waited);
  }
  assert.deepEqual(waits, [100, 500, 1000, 2000, 4000, 8000, 10000, 10000, 10000]);
  harness.random = 0;
  const opens = harness.opens;
  harness.session.lost('connect_failed', 'refused');
  harness.pass(200);
  assert.equal(harness.opens, opens + 1, 'jitter reaches down to the floor');
});

test('a short life does not reset the backoff, a long one does', () => {
  const harness = new SessionHarness().connect(trades);
  harness.random = 0.999;
  for (let tries = 0; tries < 3; tries += 1) {
    harness.session.lost('socket_lost', 'cut');
    harness.pass(2_000);
    harness.session.opened();
  }
  const opens = harness.opens;
  harness.session.lost('socket_lost', 'cut');
  harness.pass(1_000);
  assert.equal(harness.opens, opens, 'still backing off');
  harness.pass(2_000);
  harness.session.opened();
  harness.ackAll().pass(31_000, () => harness.ackAll());
  harness.session.lost('socket_lost', 'cut');
  harness.pass(100);
  assert.equal(harness.opens, opens + 2, 'at once again');
});

test('after a reconnect everything wanted is subscribed again, and the hole is told with both its ends', () => {
  const harness = new SessionHarness().connect(trades, book).ackAll();
  harness.frame(bookFrame({ type: 'snapshot', u: 1 }), tradeFrame(['a', 'b'], { seq: 5 }));
  harness.session.lost('socket_lost', 'cut');
  const [open] = harness.ofType('gap');
  assert.equal(open?.from?.id, 'b');
  assert.equal(open?.to, null);
  assert.equal(open?.cause, 'socket_lost');
  harness.pass(100);
  harness.session.opened();
  assert.deepEqual(harness.takeSent('subscribe')[0]?.args, ['publicTrade.BTCUSDT', 'orderbook.50.BTCUSDT']);
  harness.frame(bookFrame({ type: 'delta', u: 2 }), tradeFrame(['x', 'y']));
  assert.equal(harness.ofType('depth').length, 1, 'a delta before the new snapshot is not passed on');
  const gaps = harness.ofType('gap').filter(({ channel }) => channel === 'trades');
  assert.deepEqual(
    gaps.map(({ gap_id, to }) => [gap_id, to?.id]),
    [
      ['g-1', undefined],
      ['g-1', 'x'],
    ],
  );
  const order = harness.events.map((event) => (event.type === 'trade' ? event.id : event.type));
  assert.ok(order.lastIndexOf('gap') < order.indexOf('x'), 'the gap is told before the trade that ends it');
});

test('a second loss before any trade leaves one gap, not two', () => {
  const harness = new SessionHarness().connect(trades);
  harness.frame(tradeFrame(['a']));
  for (let drops = 0; drops < 3; drops += 1) {
    harness.session.lost('socket_lost', 'cut');
    harness.pass(6_000);
    harness.session.opened();
  }
  harness.frame(tradeFrame(['z']));
  assert.equal(new Set(harness.ofType('gap').map(({ gap_id }) => gap_id)).size, 1);
});

test('a jump of the update id resyncs that one topic and passes nothing until the next snapshot', () => {
  const other: Topic = { ...book, symbol: 'ETHUSDT' };
  const harness = new SessionHarness().connect(book, other).ackAll();
  harness.frame(
    bookFrame({ type: 'snapshot', u: 10 }),
    bookFrame({ type: 'snapshot', u: 90, symbol: 'ETHUSDT' }),
  );
  harness.frame(
    bookFrame({ type: 'delta', u: 11 }),
    bookFrame({ type: 'delta', u: 13 }),
    bookFrame({ type: 'delta', u: 14 }),
  );
  assert.deepEqual(
    harness.takeSent().map(({ op, args }) => [op, args]),
    [
      ['unsubscribe', ['orderbook.50.BTCUSDT']],
      ['subscribe', ['orderbook.50.BTCUSDT']],
    ],
  );
  assert.deepEqual(
    harness.statuses().filter((status) => status.startsWith('resync')),
    ['resync depth'],
  );
  harness.frame(
    bookFrame({ type: 'delta', u: 91, symbol: 'ETHUSDT' }),
    bookFrame({ type: 'snapshot', u: 20 }),
    bookFrame({ type: 'delta', u: 21 }),
  );
  assert.deepEqual(
    harness.ofType('depth').map(({ last_update_id }) => last_update_id),
    [10, 90, 11, 91, 20, 21],
  );
});

test('an old or repeated update is dropped without a resync; u = 1 in a delta resyncs; a snapshot with u = 1 resets', () => {
  const harness = new SessionHarness().connect(book).ackAll();
  harness.frame(
    bookFrame({ type: 'snapshot', u: 10 }),
    bookFrame({ type: 'delta', u: 10 }),
    bookFrame({ type: 'delta', u: 9 }),
  );
  assert.deepEqual(harness.takeSent(), []);
  harness.frame(
    bookFrame({ type: 'snapshot', u: 1 }),
    bookFrame({ type: 'delta', u: 2 }),
    bookFrame({ type: 'delta', u: 3 }),
    bookFrame({ type: 'delta', u: 1 }),
  );
  assert.equal(harness.takeSent('subscribe').length, 1);
  assert.deepEqual(
    harness.ofType('depth').map(({ last_update_id }) => last_update_id),
    [10, 1, 2, 3],
  );
});

test('a book whose snapshot does not come is asked for anew', () => {
  const harness = new SessionHarness().connect(trades, book).ackAll();
  harness.pass(8_200, () => harness.frame(tradeFrame([String(harness.clock.monoMs())])));
  assert.deepEqual(harness.takeSent('unsubscribe')[0]?.args, ['orderbook.50.BTCUSDT']);
});

test('a connection that is dead from birth is replaced within 15 s', () => {
  const harness = new SessionHarness().connect(book, trades).ackAll();
  harness.pass(15_000, () => {
    for (const { req_id, op } of harness.takeSent())
      if (op === 'ping')
        harness.frame(JSON.stringify({ success: true, ret_msg: 'pong', req_id, op: 'ping' }));
  });
  assert.equal(harness.closes, 1);
  assert.equal(harness.ofType('error').at(-1)?.code, 'data_silent');
});

test('a half-open socket (pongs, nothing else) is found within 15 s; its topics are told stale first', () => {
  const harness = new SessionHarness().connect(book, trades).ackAll();
  harness.frame(bookFrame({ type: 'snapshot', u: 1 }));
  for (let u = 2; u < 60; u += 1)
    harness.pass(100, () => harness.frame(bookFrame({ type: 'delta', u }), tradeFrame([`t${u}`])));
  assert.equal(harness.statuses().includes('stale depth'), false);
  harness.takeSent();
  harness.pass(15_000, () => {
    for (const { req_id, op } of harness.takeSent())
      if (op === 'ping')
        harness.frame(JSON.stringify({ success: true, ret_msg: 'pong', req_id, op: 'ping' }));
  });
  assert.ok(harness.statuses().includes('stale depth'));
  assert.equal(
    harness.ofType('error').some(({ code }) => code === 'data_silent'),
    true,
  );
  assert.equal(harness.closes, 1);
});

test('one mute topic among flowing ones is told stale, asked for anew, and told flowing when it is back', () => {
  const harness = new SessionHarness().connect(book, trades).ackAll();
  harness.frame(bookFrame({ type: 'snapshot', u: 1 }));
  for (let u = 2; u < 40; u += 1)
    harness.pass(100, () => harness.frame(bookFrame({ type: 'delta', u }), tradeFrame([`t${u}`])));
  harness.takeSent();
  harness.pass(6_000, () => harness.frame(tradeFrame([`s${harness.clock.monoMs()}`])));
  const requests = harness.takeSent();
  assert.deepEqual(
    requests.filter(({ op }) => op !== 'ping').map(({ op, args }) => [op, args?.[0]]),
    [
      ['unsubscribe', 'orderbook.50.BTCUSDT'],
      ['subscribe', 'orderbook.50.BTCUSDT'],
    ],
  );
  harness.frame(bookFrame({ type: 'snapshot', u: 500 }));
  assert.deepEqual(
    harness.statuses().filter((status) => /^(stale|flowing) depth/.test(status)),
    ['flowing depth', 'stale depth', 'flowing depth'],
  );
});

test('when our own loop was asleep, nobody is declared dead for it', () => {
  const harness = new SessionHarness().connect(book, trades).ackAll();
  harness.frame(bookFrame({ type: 'snapshot', u: 1 }), tradeFrame(['a']));
  harness.pass(10_100);
  assert.equal(harness.takeSent('ping').length, 1, 'a pong is due');
  harness.clock.advance(30_000);
  harness.session.tick();
  assert.equal(harness.closes, 0);
  harness.frame(JSON.stringify({ success: true, ret_msg: 'pong', req_id: 'p1', op: 'ping' }));
  harness.pass(3_000);
  assert.equal(harness.closes, 0);
});

test('an unsubscribed topic is released at the exchange and its last frames are ignored', () => {
  const harness = new SessionHarness().connect(trades, book).ackAll();
  harness.session.unwant(trades);
  const [request] = harness.takeSent();
  assert.deepEqual([request?.op, request?.args], ['unsubscribe', ['publicTrade.BTCUSDT']]);
  harness.frame(
    tradeFrame(['late']),
    JSON.stringify({ success: true, ret_msg: '', req_id: request?.req_id, op: 'unsubscribe' }),
  );
  assert.equal(harness.ofType('trade').length, 0);
  assert.equal(harness.outcomes.at(-1)?.kind, 'unsubscribed');
  harness.session.lost('socket_lost', 'cut');
  harness.pass(100);
  harness.session.opened();
  assert.deepEqual(harness.takeSent('subscribe')[0]?.args, ['orderbook.50.BTCUSDT']);
});

test('a frame that cannot be read is counted and told, opens a gap of its trades, and fetches its book anew', () => {
  const harness = new SessionHarness().connect(trades, book).ackAll();
  harness.frame(bookFrame({ type: 'snapshot', u: 1 }), tradeFrame(['a']));
  harness.frame(
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":17500',
    '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[["x","1"]],"a":[],"u":2}}',
  );
  harness.frame('garbage', '[]', 'null', '');
  assert.equal(harness.session.socketReport().bad_frames, 6);
  assert.equal(harness.ofType('gap')[0]?.cause, 'bad_frame');
  assert.deepEqual(harness.takeSent('unsubscribe')[0]?.args, ['orderbook.50.BTCUSDT']);
  harness.frame(tradeFrame(['b']));
  const ofTrades = harness.ofType('gap').filter(({ channel }) => channel === 'trades');
  assert.equal(ofTrades[1]?.to?.id, 'b');
});

test('a flood of the same error is told once a second, with the number that was held back', () => {
  const harness = new SessionHarness().connect(trades).ackAll();
  for (let count = 0; count < 1_000; count += 1) harness.frame('garbage');
  assert.equal(harness.ofType('error').length, 1);
  harness.pass(1_000);
  harness.frame('garbage');
  assert.match(harness.ofType('error')[1]?.error ?? '', /999 more/);
});

test('a machine that slept reconnects and says so in the gap', () => {
  const harness = new SessionHarness().connect(trades).ackAll();
  harness.frame(tradeFrame(['a']));
  harness.session.lost('machine_slept', 'the wall clock moved');
  assert.equal(harness.ofType('gap')[0]?.cause, 'machine_slept');
  assert.equal(harness.closes, 1);
});

test('no more than 20 frames a second leave one socket', () => {
  const harness = new SessionHarness('spot');
  for (const topic of topics(400, 'spot')) harness.session.want(topic);
  harness.session.opened();
  assert.equal(harness.takeSent().length, 20);
  harness.pass(1_000);
  assert.equal(harness.takeSent('subscribe').length, 20);
});

test('what is left of a large refused request travels in halves, so that several bad topics are found soon', () => {
  const harness = new SessionHarness();
  const bad = new Set([7, 20, 33, 49].map((index) => `publicTrade.COIN${index}USDT`));
  for (const topic of topics(50)) harness.session.want(topic);
  harness.session.opened();
  const sizes: number[] = [];
  for (let sent = harness.takeSent('subscribe'); sent.length > 0; sent = harness.takeSent('subscribe')) {
    for (const { req_id, args } of sent) {
      sizes.push(args?.length ?? 0);
      const first = args?.find((name) => bad.has(name));
      harness.frame(
        first === undefined ? linearAck(req_id) : refusal(req_id, `error:handler not found,topic:${first}`),
      );
    }
  }
  assert.deepEqual(sizes.slice(0, 3), [50, 25, 24]);
  assert.ok(sizes.length <= 12, `${sizes.length} requests`);
  assert.equal(harness.outcomes.filter(({ kind }) => kind === 'subscribed').length, 46);
  assert.equal(harness.outcomes.filter(({ kind }) => kind === 'refused').length, 4);
});

test('a connection that must wait for its turn is opened when its turn comes', () => {
  const harness = new SessionHarness();
  harness.admitAfterMs = 5_000;
  harness.session.want(trades);
  harness.pass(30_000);
  assert.equal(harness.opens, 0);
  assert.equal(harness.session.socketReport().state, 'waiting');
  harness.admitAfterMs = 0;
  harness.pass(5_000);
  assert.equal(harness.opens, 1);
});
