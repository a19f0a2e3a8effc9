/** Many topics over several sockets: packing, room, numbers, and that wishes and facts meet in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bybitTopic } from '../../../../connector/bybit/topics.ts';
import { TopicPlaces } from '../../../../connector/session/sockets/socket-pool-places.ts';
import type { Topic } from '../../../../shared/market.ts';
import { tradeFrame } from '../../../helpers/bybit-frames.ts';
import { PoolWorld } from '../../../helpers/pool-world.ts';

/** A symbol of 28 characters and more: 18,000 characters are full with some 400 of its topics. */
const longName = (index: number): string => `${'X'.repeat(25)}${index}USDT`;

function channelsOf(symbol: string): Topic[] {
  return [
    { channel: 'trades', category: 'linear', symbol },
    { channel: 'depth', category: 'linear', symbol, depth: 50 },
    { channel: 'ticker', category: 'linear', symbol },
  ];
}

test('600 symbols with three channels are spread over a few sockets within the limit, each symbol on one, in a second', () => {
  const world = new PoolWorld();
  const symbols = Array.from({ length: 600 }, (_, index) => `COIN${index}USDT`);
  for (const topic of symbols.flatMap(channelsOf)) world.pool.want(topic);
  world.pass(1_000);
  const carried = world.carried();
  assert.equal(carried.size, 1_800);
  assert.ok(world.sockets.length >= 3 && world.sockets.length <= 4, `${world.sockets.length} sockets`);
  for (const symbol of symbols) {
    const sockets = new Set(channelsOf(symbol).flatMap((topic) => carried.get(bybitTopic(topic)) ?? []));
    assert.equal(sockets.size, 1, symbol);
  }
  const first = new Set(symbols.slice(0, 60).map((symbol) => carried.get(`publicTrade.${symbol}`)?.[0]));
  assert.ok(first.size >= 3, 'those named first do not all share one socket');
  assert.deepEqual(
    world.pool.socketReports().map(({ socket }) => socket),
    world.sockets.map(({ number }) => number),
  );
  for (const report of world.pool.topicReports(world.clock.monoMs()))
    assert.deepEqual(report.sockets, carried.get(bybitTopic(report)));
});

test('a few symbols share one socket', () => {
  const world = new PoolWorld();
  for (const topic of ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'].flatMap(channelsOf)) world.pool.want(topic);
  world.pass(1_000);
  assert.equal(world.sockets.length, 1);
  assert.ok(
    world.events.every((event) => event.type !== 'status' || event.socket === 0),
    'every status says which socket it speaks of',
  );
});

test('a topic that was given up leaves its room to another, once the exchange has let it go', () => {
  const places = new TopicPlaces(100);
  const names = Array.from({ length: 4 }, (_, index) => `${'n'.repeat(21)}${index}`);
  for (const name of names) assert.equal(places.take(name, name), 0);
  assert.equal(places.take('one more', 'S'), 1);
  places.free(names[2] ?? '');
  assert.equal(places.take('m'.repeat(22), names[0] ?? ''), 0, 'beside its symbol');
});

test('a socket that carries nothing is closed after a minute, told so, and its number is not used again', () => {
  const world = new PoolWorld();
  const topics = Array.from(
    { length: 500 },
    (_, index): Topic => ({
      channel: 'trades',
      category: 'linear',
      symbol: longName(index),
    }),
  );
  for (const topic of topics) world.pool.want(topic);
  world.pass(1_000);
  const last = world.sockets.at(-1)?.number ?? 0;
  const gone = topics.filter((topic) => world.carried().get(bybitTopic(topic))?.[0] === last);
  for (const topic of gone) world.pool.unwant(topic);
  world.pass(50_000);
  assert.equal(
    world.pool.socketReports().some(({ socket }) => socket === last),
    true,
  );
  world.pass(12_000);
  assert.equal(
    world.pool.socketReports().some(({ socket }) => socket === last),
    false,
  );
  assert.equal(world.sockets.at(-1)?.state, 'closed');
  const told = world.events.findLast((event) => event.type === 'status' && event.status === 'disconnected');
  assert.ok(told?.type === 'status' && told.socket === last && /carries no topic/.test(told.reason ?? ''));
  assert.equal(told.retired, true, 'it was not lost');
  for (let index = 500; index < 3_000; index += 1)
    world.pool.want({ channel: 'trades', category: 'linear', symbol: longName(index) });
  assert.ok(world.sockets.length > last + 1, 'another one was added');
});

test('a market without room refuses, and says what to do', () => {
  const world = new PoolWorld();
  for (let index = 0; index < 9_500; index += 1)
    world.pool.want({ channel: 'trades', category: 'linear', symbol: longName(index) });
  const refused = world.outcomes.filter(({ kind }) => kind === 'refused');
  assert.ok(refused.length > 0);
  assert.match(refused[0]?.kind === 'refused' ? refused[0].message : '', /are full .* give other topics up/);
  assert.equal(world.sockets.length, 20);
  const told = world.events.filter((event) => event.type === 'error' && event.code === 'topic_refused');
  assert.equal(told.length, refused.length, 'each is told as an error, too');
});

test('the room of a topic that is given up is free only when the exchange has let it go', () => {
  const world = new PoolWorld();
  const topic = (index: number): Topic => ({
    channel: 'trades',
    category: 'linear',
    symbol: longName(index),
  });
  for (let index = 0; index < 9_500; index += 1) world.pool.want(topic(index));
  world.pass(1_000);
  const refused = () => world.outcomes.filter(({ kind }) => kind === 'refused').length;
  const before = refused();
  world.pool.unwant(topic(0));
  world.pool.want(topic(20_000));
  assert.equal(refused(), before + 1, 'it is carried still');
  world.pass(5_000);
  world.pool.want(topic(20_000));
  assert.equal(refused(), before + 1);
});

/** Sockets of which the first ones get trades from time to time. */
function worldOfSockets(count: number, channel: 'trades' | 'depth'): PoolWorld {
  const world = new PoolWorld();
  for (let index = 0; world.sockets.length < count; index += 1) {
    const symbol = longName(index);
    world.pool.want(
      channel === 'depth'
        ? { channel, category: 'linear', symbol, depth: 50 }
        : { channel, category: 'linear', symbol },
    );
  }
  return world.pass(1_000);
}

let u = 1;
/** A frame for one topic of the socket. */
function move(world: PoolWorld, index: number, type: 'snapshot' | 'delta' = 'delta'): void {
  const socket = world.sockets[index];
  const names = [...(socket?.subscribed ?? [])];
  if (socket === undefined) return;
  for (const name of type === 'snapshot' ? names : names.slice(0, 1)) {
    const s = name.split('.').at(-1);
    const ts = world.clock.unixMs();
    if (type === 'delta') u += 1;
    const data = { s, b: [['1', String(u)]], a: [], u: type === 'snapshot' ? 1 : u, seq: u };
    world.frame(socket, { topic: name, type, ts, cts: ts, data });
  }
}

/** After how many milliseconds the socket is given up; undefined when it is not. */
function lossOf(world: PoolWorld, index: number, ms: number, each: () => void): number | undefined {
  const begun = world.clock.monoMs();
  const isLost = (): boolean => (world.pool.socketReports()[index]?.reconnects ?? 0) > 0;
  let at: number | undefined;
  world.pass(ms, () => {
    each();
    if (at === undefined && isLost()) at = world.clock.monoMs() - begun;
  });
  return at;
}

test('a socket that died after its snapshots is found within 15 s when another one of its market moves', () => {
  const world = worldOfSockets(2, 'depth');
  u = 1;
  move(world, 0, 'snapshot');
  move(world, 1, 'snapshot');
  const after = lossOf(world, 1, 20_000, () => move(world, 0));
  assert.ok(after !== undefined && after > 10_000 && after <= 15_000, `${after} ms`);
  const error = world.events.findLast((event) => event.type === 'error');
  assert.equal(error?.type === 'error' ? error.code : '', 'data_silent');
});

test('it is found within 15 s also when the other one is silent as well', () => {
  const world = worldOfSockets(2, 'depth');
  u = 1;
  move(world, 0, 'snapshot');
  move(world, 1, 'snapshot');
  const after = lossOf(world, 1, 40_000, () => undefined);
  assert.ok(after !== undefined && after > 11_000 && after < 15_000, `${after} ms`);
});

test('a socket of thin books that flows slowly is left alone while others are fast', () => {
  const world = worldOfSockets(2, 'depth');
  u = 1;
  move(world, 0, 'snapshot');
  move(world, 1, 'snapshot');
  let ticks = 0;
  const slow = () => {
    ticks += 1;
    move(world, 0);
    if (ticks % 80 === 0) world.frame(world.sockets[1] as never, tradeOf(world, ticks));
  };
  const after = lossOf(world, 1, 400_000, slow);
  assert.equal(after, undefined, 'its pace of 8 s is known after a while, and never was it silent for 12 s');
  const mute = lossOf(world, 1, 40_000, () => move(world, 0));
  assert.ok(mute !== undefined && mute > 16_000 && mute < 40_000, `a few times its pace: ${mute} ms`);
});

test('a socket whose only topic trades every few minutes is left alone beside a busy one, as soon as it has shown that', () => {
  const world = worldOfSockets(2, 'trades');
  const symbol = [...(world.sockets[1]?.subscribed ?? [])][0]?.split('.').at(-1) ?? '';
  const busy = [...(world.sockets[0]?.subscribed ?? [])][0]?.split('.').at(-1) ?? '';
  let ticks = 0;
  let trades = 0;
  let next = 0;
  const both = (): void => {
    ticks += 1;
    const [first, second] = world.sockets;
    if (first !== undefined) world.frame(first, tradeFrame([`b${ticks}`], { symbol: busy }));
    if (second === undefined || ticks < next) return;
    world.frame(second, tradeFrame([`t${ticks}`], { symbol }));
    trades += 1;
    // Every 1 to 3 minutes.
    next = ticks + 600 + ((trades * 577) % 1_200);
  };
  world.pass(900_000, both);
  // After 35, 70 and 140 s, where nobody can be asked; then the wait is longer than its pauses.
  const losses = (): number => world.pool.socketReports()[1]?.reconnects ?? 0;
  const before = losses();
  assert.ok(before >= 1 && before <= 3, `${before}`);
  world.pass(3_600_000, both);
  assert.equal(losses(), before);
  assert.ok(trades > 25, 'its pace is known');
});

/** An update of some book of socket 1, always another one, so that no single pace is known. */
function tradeOf(world: PoolWorld, turn: number): object {
  const names = [...(world.sockets[1]?.subscribed ?? [])];
  const name = names[(turn / 80) % Math.max(1, names.length)] ?? '';
  const ts = world.clock.unixMs();
  const data = { s: name.split('.').at(-1), b: [['1', String(turn)]], a: [], u: 1, seq: turn };
  return { topic: name, type: 'snapshot', ts, cts: ts, data };
}

type Step =
  | { readonly kind: 'want' | 'unwant'; readonly symbol: number; readonly channel: number }
  | { readonly kind: 'answer' | 'lose_answer' | 'lose' | 'open'; readonly socket: number }
  | { readonly kind: 'wait'; readonly ms: number };

const anyStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('want' as const), symbol: fc.nat(700), channel: fc.nat(1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('unwant' as const), symbol: fc.nat(700), channel: fc.nat(1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('answer' as const, 'lose_answer' as const, 'lose' as const, 'open' as const),
      socket: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(100, 1_000, 6_000, 70_000),
    }),
  },
) satisfies fc.Arbitrary<Step>;

/** Every seventh symbol does not exist. */
const symbolOf = (index: number): string => (index % 7 === 0 ? `NOPE${longName(index)}` : longName(index));

/** Channels that owe no snapshot: this exchange sends no data. */
const silentChannels = ['trades', 'liquidation'] as const;

function take(world: PoolWorld, wanted: Map<string, Topic>, step: Step): void {
  switch (step.kind) {
    case 'want':
    case 'unwant': {
      // In bursts, so that several sockets are needed.
      for (let more = 0; more < 25; more += 1) {
        const symbol = symbolOf((step.symbol + more) % 700);
        const topic: Topic = {
          channel: silentChannels[step.channel] ?? 'trades',
          category: 'linear',
          symbol,
        };
        if (step.kind === 'want') wanted.set(bybitTopic(topic), topic);
        else wanted.delete(bybitTopic(topic));
        if (step.kind === 'want') world.pool.want(topic);
        else world.pool.unwant(topic);
      }
      return;
    }
    case 'wait':
      for (let passed = 0; passed < step.ms; passed += 1_000) {
        world.clock.advance(Math.min(step.ms, 1_000));
        world.pool.tick();
      }
      return;
    default: {
      const socket = world.sockets[step.socket % Math.max(1, world.sockets.length)];
      if (socket === undefined) return;
      if (step.kind === 'lose') world.lose(socket);
      else if (step.kind === 'open') world.open(socket);
      else world.answer(socket, step.kind === 'lose_answer');
    }
  }
}

test('whatever happens on the way, in the end the exchange carries exactly what is wanted and known, each topic once', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80, size: 'max' }), fc.boolean(), (steps, namesTopics) => {
      const world = new PoolWorld();
      world.namesTopics = namesTopics;
      const wanted = new Map<string, Topic>();
      for (const step of steps) take(world, wanted, step);
      // Quiet: everything is answered until nothing changes any more, also after the slowest retry.
      for (let round = 0; round < 90; round += 1) {
        world.clock.advance(1_000);
        world.serve();
        world.pool.tick();
        world.serve();
      }
      const known = [...wanted].filter(([, { symbol }]) => !symbol.startsWith('NOPE')).map(([name]) => name);
      const carried = world.carried();
      assert.deepEqual([...carried.keys()].toSorted(), known.toSorted());
      for (const [name, sockets] of carried) assert.equal(sockets.length, 1, name);
      const reports = world.pool.topicReports(world.clock.monoMs());
      const active = reports.filter(({ state }) => state === 'active').map(bybitTopic);
      assert.deepEqual(active.toSorted(), known.toSorted());
      assert.equal(reports.length, wanted.size, 'what is not active was refused');
      assert.ok(reports.every(({ state }) => state === 'active' || state === 'rejected'));
    }),
    { numRuns: 60 },
  );
});
