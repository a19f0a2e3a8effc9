/** What a session must never do: lose trades without a gap, keep a book that no longer moves, ask for ever or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFrame } from '../../../connector/bybit/frames.ts';
import type { Topic } from '../../../shared/market.ts';
import { bookFrame, refusal, tradeFrame } from '../../helpers/bybit-frames.ts';
import { book, SessionHarness, trades } from '../../helpers/session-harness.ts';

const ether: Topic = { channel: 'trades', category: 'linear', symbol: 'ETHUSDT' };

function gapEnds(world: SessionHarness): string[] {
  return world.ofType('gap').map(({ from, to, symbol }) => `${symbol} ${from?.id}..${to?.id ?? ''}`);
}

test('a frame that was still on its way when the connection was given up changes nothing', () => {
  const world = new SessionHarness().connect(trades).ackAll();
  world.frame(tradeFrame(['t1']));
  world.session.lost('machine_slept', 'the wall clock moved');
  const at = world.clock.unixMicros();
  world.session.received(tradeFrame(['t2']), at);
  world.session.received('{"success":true,"ret_msg":"pong","req_id":"p1","op":"ping"}', at);
  assert.deepEqual(
    world.ofType('trade').map(({ id }) => id),
    ['t1'],
  );
  world.pass(100).session.opened();
  world.frame(tradeFrame(['t9']));
  assert.deepEqual(gapEnds(world), ['BTCUSDT t1..', 'BTCUSDT t1..t9']);
});

test('a connection that is lost while requests go out sends none of them into the void', () => {
  const world = new SessionHarness();
  const many = Array.from({ length: 175 }, (_, index): Topic => ({ ...trades, symbol: `C${index}USDT` }));
  for (const topic of many) world.session.want(topic);
  world.loseOnSend = true;
  world.session.opened();
  assert.equal(world.takeSent().length, 1);
  world.pass(100).session.opened();
  assert.equal(world.takeSent('subscribe').length, 4);
});

test('a refusal that names another topic than the only one asked for is a refusal of that one, not a reason to ask for ever', () => {
  const world = new SessionHarness().connect(trades);
  const [request] = world.takeSent();
  world.frame(refusal(request?.req_id, 'error:handler not found,topic:publicTrade.btcusdt'));
  assert.deepEqual(
    world.outcomes.map(({ kind }) => kind),
    ['refused'],
  );
  assert.deepEqual(world.takeSent(), []);
});

test('a refusal that names a topic of no request of ours sends the topics of that request one by one', () => {
  const world = new SessionHarness().connect(trades, ether);
  const [request] = world.takeSent();
  world.frame(refusal(request?.req_id, 'error:handler not found,topic:publicTrade.NOPEUSDT'));
  assert.deepEqual(
    world.takeSent().map(({ args }) => args),
    [['publicTrade.BTCUSDT'], ['publicTrade.ETHUSDT']],
  );
});

test('a refusal without request id sends the other topics of its request again at once', () => {
  const world = new SessionHarness().connect(trades, ether);
  world.takeSent();
  world.frame(refusal(undefined, 'Invalid symbol :[publicTrade.BTCUSDT]'));
  assert.deepEqual(
    world.takeSent().map(({ args }) => args),
    [['publicTrade.ETHUSDT']],
  );
});

test('a refusal that cannot be matched to anything is told', () => {
  const world = new SessionHarness().connect(trades);
  world.frame(refusal(undefined, 'args size >10'));
  assert.ok(world.ofType('error').some(({ error }) => error.includes('args size >10')));
});

test('a book whose subscription nobody acknowledged is told to be fetched anew before its updates are held back', () => {
  const world = new SessionHarness().connect(book);
  world.frame(bookFrame({ type: 'snapshot', u: 5 }), bookFrame({ type: 'delta', u: 6 }));
  world.pass(5_000);
  assert.deepEqual(
    world.statuses().filter((status) => status === 'resync depth'),
    ['resync depth'],
  );
});

test('trades that do not come back after a reconnect are told stale, and the socket is replaced', () => {
  const world = new SessionHarness().connect(trades).ackAll();
  for (let index = 0; index < 30; index += 1) world.pass(100, () => world.frame(tradeFrame([`t${index}`])));
  world.session.lost('socket_lost', 'reset');
  world.pass(100).session.opened();
  const opens = world.opens;
  world.ackAll();
  world.pass(15_000, () => world.ackAll());
  assert.ok(world.statuses().lastIndexOf('stale trades') > world.statuses().indexOf('disconnected'));
  assert.ok(world.opens > opens, 'a new socket was opened');
});

test('a topic that stays silent after an unanswered request is not taken for fresh', () => {
  const world = new SessionHarness().connect(trades, book).ackAll();
  let u = 1;
  world.frame(bookFrame({ type: 'snapshot', u }));
  const tick = (): void => {
    u += 1;
    world.frame(bookFrame({ type: 'delta', u }));
    if (world.takeSent('ping').length > 0) world.frame('{"success":true,"ret_msg":"pong","op":"ping"}');
  };
  for (let index = 0; index < 30; index += 1) world.pass(100, () => world.frame(tradeFrame([`t${index}`])));
  world.pass(25_000, tick); // the renewal of the trades is never answered
  const report = world.session.topicReports(world.clock.monoMs()).find(({ channel }) => channel === 'trades');
  assert.equal(report?.stale, true);
});

test('a row that cannot be read lies inside a gap between its neighbours, wherever in the frame it was', () => {
  for (const bad of [0, 1, 2]) {
    const world = new SessionHarness().connect(trades).ackAll();
    world.frame(tradeFrame(['a']));
    const frame = JSON.parse(tradeFrame(['b0', 'b1', 'b2'])) as { data: Record<string, unknown>[] };
    frame.data[bad] = { ...frame.data[bad], p: 'x' };
    world.frame(JSON.stringify(frame), tradeFrame(['c']));
    const ids = ['a', 'b0', 'b1', 'b2', 'c'];
    assert.equal(gapEnds(world).at(-1), `BTCUSDT ${ids[bad]}..${ids[bad + 2]}`);
    assert.deepEqual(
      world.ofType('trade').map(({ id }) => id),
      ids.filter((_, index) => index !== bad + 1),
    );
  }
});

test('a text that belongs to no topic that we could tell may have held trades of any: each has a gap', () => {
  const world = new SessionHarness().connect(trades, ether).ackAll();
  world.frame(tradeFrame(['b1']), tradeFrame(['e1'], { symbol: 'ETHUSDT' }));
  assert.equal(parseFrame('{"top').kind, 'bad');
  world.frame('{"top');
  assert.deepEqual(gapEnds(world), ['BTCUSDT b1..', 'ETHUSDT e1..']);
});

test('trades of the old subscription do not hide what is missed until the new one is agreed to', () => {
  const world = new SessionHarness().connect(trades, book).ackAll();
  let u = 1;
  world.frame(bookFrame({ type: 'snapshot', u }));
  for (let index = 0; index < 30; index += 1) world.pass(100, () => world.frame(tradeFrame([`t${index}`])));
  world.takeSent();
  world.pass(10_500, () => {
    u += 1;
    world.frame(bookFrame({ type: 'delta', u }));
  });
  assert.deepEqual(gapEnds(world), ['BTCUSDT t29..'], 'stale: asked for anew');
  world.frame(tradeFrame(['old']));
  world.ackAll();
  world.frame(tradeFrame(['new']));
  assert.deepEqual(gapEnds(world), [
    'BTCUSDT t29..',
    'BTCUSDT t29..old',
    'BTCUSDT old..',
    'BTCUSDT old..new',
  ]);
  world.frame(tradeFrame(['newer']));
  assert.equal(world.ofType('gap').length, 4);
});

test('a refused topic is asked for once more on each new connection, alone and after the others', () => {
  const nope: Topic = { ...trades, symbol: 'NOPEUSDT' };
  const world = new SessionHarness().connect(nope, trades);
  const refuse = (): void => {
    for (const { req_id, args } of world.takeSent('subscribe'))
      if (args?.includes('publicTrade.NOPEUSDT') === true)
        world.frame(refusal(req_id, 'error:handler not found,topic:publicTrade.NOPEUSDT'));
  };
  refuse();
  world.ackAll();
  assert.deepEqual(world.takeSent(), [], 'not again on this connection');
  world.session.lost('socket_lost', 'reset');
  world.pass(100).session.opened();
  assert.deepEqual(
    world.sent.map(({ args }) => args),
    [['publicTrade.BTCUSDT'], ['publicTrade.NOPEUSDT']],
  );
  refuse();
  assert.equal(world.outcomes.filter(({ kind }) => kind === 'refused').length, 2);
  world.session.lost('socket_lost', 'reset');
  world.pass(1_000).session.opened();
  world.ackAll();
  assert.equal(world.session.isActive(nope), true, 'listed by now');
});

test('an exchange that shuts this address out is not asked again at once, but once in a while', () => {
  for (const code of ['ip_banned', 'rate_limited', 'region_blocked'] as const) {
    const world = new SessionHarness();
    world.session.want(trades);
    world.session.lost(code, 'HTTP 403');
    world.pass(29_000);
    assert.equal(world.opens, 1, code);
    world.pass(17_000);
    assert.equal(world.opens, 2, code);
  }
});
