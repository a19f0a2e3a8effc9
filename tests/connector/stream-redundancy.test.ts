/** REDUNDANCY=2 in the stream: two numbered sockets for every topic, one stream, one answer to a command. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SocketEvents, Stream } from '../../connector/stream.ts';
import { eventSchema } from '../../shared/events/event.ts';
import { type Category, categories } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { bookFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { quietProcess } from '../helpers/stream-ports.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };
type Request = { readonly req_id: string; readonly op: string; readonly args: readonly string[] };
type FarSocket = { readonly number: number; readonly events: SocketEvents; requests: Request[] };

type Beat = Line & {
  readonly sockets: readonly { readonly socket: number; readonly first_trades: number }[];
};

class World {
  readonly clock = new VirtualClock();
  readonly lines: Line[] = [];
  readonly sockets: FarSocket[] = [];
  readonly stream: Stream;

  constructor() {
    const urls = Object.fromEntries(categories.map((name) => [name, `ws://test/${name}`]));
    this.stream = new Stream(
      {
        environment: 'simulated',
        defaultCategory: 'linear',
        urls: urls as Record<Category, string>,
        policy: scaledPolicy(1),
        redundancy: 2,
        pid: 1,
        nonce: 'x',
      },
      {
        clock: this.clock,
        random: () => 0.5,
        socket: (_category, events, number) => {
          const socket: FarSocket = { number, events, requests: [] };
          this.sockets.push(socket);
          return {
            open: () => undefined,
            send: (text) => socket.requests.push(JSON.parse(text) as Request),
            close: () => undefined,
          };
        },
        ...quietProcess(),
        writeLine: (line) => this.#heard(line),
      },
    );
    this.stream.start();
  }

  command(command: string, channel: string, id: string): this {
    this.stream.command({ command, channel, symbol: 'BTCUSDT', id });
    return this;
  }

  open(number: number): this {
    this.socket(number).events.onOpen();
    return this.answer(number);
  }

  answer(number: number): this {
    const socket = this.socket(number);
    for (const { req_id, op } of socket.requests.splice(0))
      socket.events.onFrame(JSON.stringify({ success: true, ret_msg: '', req_id, op }));
    return this;
  }

  socket(number: number): FarSocket {
    const found = this.sockets.find((socket) => socket.number === number);
    assert.ok(found, `there is a socket ${number}`);
    return found;
  }

  frame(number: number, ...texts: readonly string[]): this {
    for (const text of texts) this.socket(number).events.onFrame(text);
    return this;
  }

  pass(ms: number): this {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.stream.tick();
    }
    return this;
  }

  of(type: string): readonly Line[] {
    return this.lines.filter((line) => line.type === type);
  }

  #heard(line: string): void {
    const { error } = eventSchema.safeParse(JSON.parse(line));
    assert.equal(error, undefined, `${line}: ${error?.message ?? ''}`);
    this.lines.push(JSON.parse(line) as Line);
  }
}

test('two sockets with numbers of their own carry every topic, a command is answered once, and both are given up', () => {
  const world = new World().command('subscribe', 'trades', 'a').command('subscribe', 'depth', 'b');
  assert.deepEqual(
    world.sockets.map(({ number }) => number),
    [0, 1],
  );
  world.open(0);
  assert.equal(world.of('reply').length, 2, 'the first of them is enough');
  world.open(1);
  world.command('unsubscribe', 'trades', 'c').answer(0).answer(1);
  assert.deepEqual(
    world.of('reply').map(({ id, ok }) => [id, ok]),
    [
      ['a', true],
      ['b', true],
      ['c', true],
    ],
  );
  world.frame(0, tradeFrame(['t1'])).frame(1, tradeFrame(['t1']));
  assert.equal(world.of('trade').length, 0);
});

test('trades are told once, by who brings them first, and the benefit is counted', () => {
  const world = new World().command('subscribe', 'trades', 'a').open(0).open(1);
  world.frame(0, tradeFrame(['t1', 't2'], { seq: 1 })).frame(1, tradeFrame(['t1', 't2'], { seq: 1 }));
  world.frame(1, tradeFrame(['t3'], { seq: 2 })).frame(0, tradeFrame(['t3'], { seq: 2 }));
  world.socket(0).events.onLost('socket_lost', 'reset');
  world.frame(1, tradeFrame(['t4'], { seq: 3 }));
  assert.deepEqual(
    world.of('trade').map(({ id }) => id),
    ['t1', 't2', 't3', 't4'],
  );
  assert.deepEqual(world.of('gap'), []);
  world.pass(5_000);
  const beat = world.of('status').find(({ status }) => status === 'heartbeat') as Line & {
    sockets: Line[];
    topics: Line[];
  };
  assert.deepEqual(
    beat.sockets.map(({ socket, first_trades }) => [socket, first_trades]),
    [
      [0, 2],
      [1, 2],
    ],
  );
  assert.deepEqual(
    beat.topics.map(({ sockets, state }) => [sockets, state]),
    [[[0, 1], 'active']],
  );
});

test('what the sockets were good for does not fall when a topic is given up, and wanted again', () => {
  const world = new World().command('subscribe', 'trades', 'a').open(0).open(1);
  const first = (): unknown =>
    (
      world
        .pass(5_000)
        .of('status')
        .findLast(({ status }) => status === 'heartbeat') as Beat
    ).sockets.map((socket) => socket.first_trades);
  world.frame(0, tradeFrame(['t1', 't2', 't3'])).frame(1, tradeFrame(['t1', 't2', 't3', 't4']));
  world.command('unsubscribe', 'trades', 'b').answer(0).answer(1);
  assert.deepEqual(first(), [3, 1]);
  world.command('subscribe', 'trades', 'c').answer(0).answer(1);
  world.frame(1, tradeFrame(['t5'], { at: 1_750_000_001_000, seq: 101 }));
  assert.deepEqual(first(), [3, 2]);
});

test('what one socket left out is told whole, as the other one brings it', () => {
  const world = new World().command('subscribe', 'trades', 'a').open(0).open(1);
  const trade = (seq: number) => tradeFrame([`t${seq}`], { seq, at: 1_750_000_000_000 + seq });
  // From the second frame on the lines are cut out of the text.
  world.frame(0, trade(1)).frame(1, trade(1));
  world.frame(0, trade(2)).frame(1, trade(2));
  world.frame(0, trade(4), trade(5)).frame(1, trade(3), trade(4), trade(5));
  assert.deepEqual(world.of('gap'), []);
  assert.deepEqual(
    world.of('trade').map(({ id, origin }) => [id, origin ?? 'live']),
    [
      ['t1', 'live'],
      ['t2', 'live'],
      ['t4', 'live'],
      ['t5', 'live'],
      ['t3', 'healed'],
    ],
  );
  const [, second, , , late] = world.of('trade');
  const changed = { id: 't3', seq: 3, timestamp: 1_750_000_000_003, sent_at: 1_750_000_000_004 };
  assert.deepEqual(late, { ...second, ...changed, n: late?.['n'], origin: 'healed' });
});

test('a book goes on from the other socket by a snapshot of its own, and no update of the spare is told before', () => {
  const world = new World().command('subscribe', 'depth', 'a').open(0).open(1);
  world
    .frame(
      0,
      bookFrame({ type: 'snapshot', u: 10 }),
      bookFrame({ type: 'delta', u: 11, b: [['50000.00', '7']] }),
    )
    .frame(
      1,
      bookFrame({ type: 'snapshot', u: 10 }),
      bookFrame({ type: 'delta', u: 11, b: [['50000.00', '7']] }),
    );
  world.socket(0).events.onLost('socket_lost', 'reset');
  world.frame(1, bookFrame({ type: 'delta', u: 12, b: [['49999.00', '1']] }));
  assert.deepEqual(
    world.of('depth').map(({ action, last_update_id }) => `${String(action)} ${String(last_update_id)}`),
    ['snapshot 10', 'delta 11', 'snapshot 11', 'delta 12'],
  );
  const [, told, takeOver] = world.of('depth');
  assert.deepEqual(takeOver, { ...told, n: takeOver?.['n'], action: 'snapshot' }, 'whole, with its times');
  assert.deepEqual(takeOver?.['bids'], [[50_000, 7]]);
  assert.deepEqual(world.of('gap'), []);
});

test('a book is not told from a socket that is behind: a gap is, until it has come as far as what was told', () => {
  const world = new World().command('subscribe', 'depth', 'a').open(0).open(1);
  const delta = (u: number) => bookFrame({ type: 'delta', u, b: [['50000.00', String(u)]] });
  for (const socket of [0, 1]) world.frame(socket, bookFrame({ type: 'snapshot', u: 10 }), delta(11));
  // The second one is half open: it looks alive, and nothing comes.
  for (let u = 12; u < 20; u += 1) world.frame(0, delta(u)).pass(100);
  const told = world.of('depth').length;
  world.socket(0).events.onLost('socket_lost', 'reset');
  world.pass(1_200);
  assert.deepEqual(
    world.of('gap').map(({ state, cause, from }) => [state, cause, from]),
    [['open', 'socket_lost', { id: '19', timestamp: 1_750_000_000_016, seq: 190 }]],
  );
  assert.equal(world.of('status').at(-1)?.['status'], 'resync', 'so that nobody takes the book for valid');
  for (let u = 12; u < 19; u += 1) world.frame(1, delta(u));
  assert.equal(world.of('depth').length, told, 'nothing older is told');
  world.frame(1, delta(19), delta(20));
  assert.deepEqual(
    world.of('gap').map(({ state, to }) => [state, to]),
    [
      ['open', null],
      ['healed', { id: '19', timestamp: 1_750_000_000_016, seq: 190 }],
    ],
  );
  assert.deepEqual(
    world
      .of('depth')
      .slice(told)
      .map(({ action, last_update_id, bids }) => [action, last_update_id, bids]),
    [
      ['snapshot', 19, [[50_000, 19]]],
      ['delta', 20, [[50_000, 20]]],
    ],
  );
});
