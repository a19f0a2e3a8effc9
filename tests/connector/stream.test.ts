/** The verb `stream` without a process: fake sockets that acknowledge when told to, a virtual clock, and the lines as written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryConnectionLog } from '../../connector/connection-budget.ts';
import { type SocketEvents, Stream } from '../../connector/stream.ts';
import { type Category, categories } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { unixMicros } from '../../shared/time.ts';
import { bookFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string; readonly n: number };
type Request = { readonly req_id: string; readonly op: string; readonly args: readonly string[] };

class FakeSocket {
  readonly events: SocketEvents;
  requests: Request[] = [];
  opens = 0;

  constructor(events: SocketEvents) {
    this.events = events;
  }

  open(): this {
    this.events.onOpen();
    return this;
  }

  /** Answers every request so far. */
  answer(success = true, message = ''): this {
    for (const { req_id, op } of this.requests.splice(0))
      this.events.onFrame(JSON.stringify({ success, ret_msg: message, req_id, op }));
    return this;
  }
}

class World {
  readonly clock = new VirtualClock();
  /** Of each market the newest. */
  readonly sockets = new Map<Category, FakeSocket>();
  readonly all: FakeSocket[] = [];
  readonly log = memoryConnectionLog(300_000);
  readonly lines: Line[] = [];
  readonly stream: Stream;
  blocked = false;
  shutdowns = 0;

  constructor(maxQueueBytes = 1_000_000, clock?: Partial<VirtualClock>) {
    this.stream = new Stream(
      {
        environment: 'simulated',
        defaultCategory: 'linear',
        urls: Object.fromEntries(categories.map((name) => [name, `ws://test/${name}`])) as Record<
          Category,
          string
        >,
        policy: { ...scaledPolicy(1), maxQueueBytes },
        pid: 4_711,
        nonce: 'x',
      },
      {
        clock: { ...this.clock, ...clock },
        random: () => 0.5,
        socket: (category, events) => {
          const socket = new FakeSocket(events);
          this.sockets.set(category, socket);
          this.all.push(socket);
          return {
            open: () => {
              socket.opens += 1;
            },
            send: (text) => socket.requests.push(JSON.parse(text) as Request),
            close: () => undefined,
          };
        },
        connectionLog: this.log,
        writeLine: (line) => this.lines.push(JSON.parse(line) as Line),
        isBlocked: () => this.blocked,
        readProcess: () => ({ cpuMicros: 10, wallMicros: 1_000, rssBytes: 50, heapBytes: 20 }),
        record: undefined,
        onShutdown: () => {
          this.shutdowns += 1;
        },
      },
    );
    this.stream.start();
  }

  get linear(): FakeSocket {
    const socket = this.sockets.get('linear');
    assert.ok(socket, 'there is a socket');
    return socket;
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.stream.tick();
    }
  }

  /** The replies so far: id -> ok or the code. A second reply to the same id fails. */
  replies(): Record<string, unknown> {
    const found = this.lines.filter(({ type }) => type === 'reply');
    assert.equal(new Set(found.map(({ id }) => id)).size, found.length, 'no id is answered twice');
    return Object.fromEntries(found.map(({ id, ok, code }) => [id, ok === true ? 'ok' : code]));
  }

  statuses(): unknown[] {
    return this.lines.filter(({ type }) => type === 'status').map(({ status }) => status);
  }
}

const subscribe = (id: string, more: object = {}) => ({
  command: 'subscribe',
  channel: 'trades',
  symbol: 'BTCUSDT',
  id,
  ...more,
});
const unsubscribe = (id: string, more: object = {}) => ({ ...subscribe(id, more), command: 'unsubscribe' });

test('the first line says ready, with all that a runner has to know', () => {
  const { lines } = new World();
  const { at, ...ready } = lines[0] ?? { at: 0 };
  assert.equal(typeof at, 'number');
  assert.deepEqual(ready, {
    type: 'status',
    n: 1,
    status: 'ready',
    scope: 'process',
    connector: 'bybit',
    protocol: 1,
    environment: 'simulated',
    clock: 'live',
    pid: 4_711,
  });
});

test('a subscribe is answered when the exchange has answered, and at once when it had before', () => {
  const world = new World();
  world.stream.command(subscribe('a'));
  assert.deepEqual(world.replies(), {}, 'not while disconnected');
  world.linear.open();
  assert.deepEqual(world.replies(), {}, 'not before the acknowledgement');
  world.linear.answer();
  assert.deepEqual(world.replies(), { a: 'ok' });
  world.stream.command(subscribe('b'));
  assert.deepEqual(world.replies(), { a: 'ok', b: 'ok' });
});

test('every command with an id is answered exactly once, whatever follows it', () => {
  const world = new World();
  world.stream.command(subscribe('a'));
  world.stream.command(subscribe('b'));
  world.stream.command(unsubscribe('c'));
  assert.deepEqual(
    world.replies(),
    { a: 'bad_command', b: 'bad_command', c: 'ok' },
    'superseded while disconnected',
  );
  world.stream.command(subscribe('d'));
  world.linear.open();
  world.stream.command(unsubscribe('e'));
  world.stream.command(subscribe('f'));
  assert.deepEqual([world.replies()['d'], world.replies()['e']], ['bad_command', 'bad_command']);
  world.linear.answer();
  world.linear.answer();
  assert.equal(world.replies()['f'], 'ok');
  world.stream.command(unsubscribe('g'));
  world.linear.events.onLost('socket_lost', 'reset');
  assert.equal(world.replies()['g'], 'ok', 'a lost connection holds nothing');
  world.stream.command(subscribe('h', { symbol: 'NOPEUSDT' }));
  world.pass(100);
  world.linear.open().answer(false, 'error:handler not found,topic:publicTrade.NOPEUSDT');
  assert.equal(world.replies()['h'], 'topic_refused');
  world.stream.command({ command: 'fly', id: 'i' });
  world.stream.command(subscribe('j', { depth: 50 }));
  assert.deepEqual([world.replies()['i'], world.replies()['j']], ['unknown_command', 'bad_command']);
});

test('a topic that is refused for lack of room is told, also to nobody in particular', () => {
  const world = new World();
  for (let index = 0; index < 9_100; index += 1)
    world.stream.command(subscribe('', { id: undefined, symbol: `${'X'.repeat(28)}${10_000 + index}` }));
  world.stream.command(subscribe('last'));
  assert.equal(world.replies()['last'], 'topic_refused');
  assert.ok(world.lines.filter(({ code }) => code === 'topic_refused').length > 100);
});

test('the heartbeat comes every 5 s and tells memory, queue, sockets and topics', () => {
  const world = new World();
  world.stream.command(subscribe('a'));
  world.stream.command(subscribe('b', { channel: 'depth' }));
  world.linear.open().answer();
  world.linear.events.onFrame(tradeFrame(['t1']));
  world.pass(5_000);
  const beats = world.lines.filter(({ status }) => status === 'heartbeat');
  assert.equal(beats.length, 1);
  const beat = beats[0] as Line & { sockets: Line[]; topics: Line[] };
  assert.deepEqual(
    [beat['rss_bytes'], beat['queue_lines'], beat['queue_bytes'], beat['dropped_trades'], beat['bad_lines']],
    [50, 0, 0, 0, 0],
  );
  assert.deepEqual(
    beat.sockets.map(({ category, state, frames }) => [category, state, frames]),
    [['linear', 'open', 2]],
  );
  assert.deepEqual(
    beat.topics.map(({ channel, state, stale, age_ms, messages }) => [
      channel,
      state,
      stale,
      age_ms,
      messages,
    ]),
    [
      ['trades', 'active', false, 5_000, 1],
      ['depth', 'active', false, null, 0],
    ],
  );
});

test('the heartbeat tells how far our clock is from the exchange, from the fastest frame of any market', () => {
  const world = new World();
  const offsets = () =>
    world.lines.filter(({ status }) => status === 'heartbeat').map((beat) => beat['clock_offset_ms']);
  world.stream.command(subscribe('a'));
  world.stream.command(subscribe('b', { category: 'spot' }));
  world.linear.open().answer();
  world.sockets.get('spot')?.open().answer();
  world.pass(5_000);
  assert.deepEqual(offsets(), [undefined], 'answers carry no time of the exchange: nothing is known');
  world.linear.events.onFrame(tradeFrame(['t1'], { at: world.clock.unixMs() - 41 }));
  world.sockets.get('spot')?.events.onFrame(tradeFrame(['t2'], { at: world.clock.unixMs() + 1_499 }));
  world.pass(5_000);
  assert.deepEqual(offsets(), [undefined, -1_500], 'the frame was sent 1 ms after its trade');
  world.stream.slept(3_000);
  world.pass(100);
  world.linear.open().events.onFrame(tradeFrame(['t3'], { at: world.clock.unixMs() - 31 }));
  world.pass(5_000);
  assert.equal(offsets()[2], 30, 'a clock that was set makes what was measured before worthless');
});

test('the heartbeat leaves the offset out when no frame came for a minute, or we were asleep ourselves', () => {
  const world = new World();
  const newest = () => world.lines.findLast(({ status }) => status === 'heartbeat')?.['clock_offset_ms'];
  world.stream.command(subscribe('a'));
  world.linear.open().answer();
  world.linear.events.onFrame(tradeFrame(['t1'], { at: world.clock.unixMs() - 8 }));
  world.pass(5_000);
  assert.equal(newest(), 7);
  world.clock.advance(20_000);
  world.stream.tick();
  assert.equal(newest(), undefined, 'what waited meanwhile is late because of us');
  world.linear.events.onFrame(tradeFrame(['t2'], { at: world.clock.unixMs() - 8 }));
  world.pass(5_000);
  assert.equal(newest(), 7);
  world.pass(60_000);
  assert.equal(newest(), undefined);
});

test('a reader that was too slow gets a fresh book once it has caught up, and n has no jump', () => {
  const world = new World(20_000);
  world.stream.command(subscribe('a', { channel: 'depth' }));
  world.linear.open().answer();
  const { onFrame } = world.linear.events;
  onFrame(bookFrame({ type: 'snapshot', u: 1 }));
  world.blocked = true;
  for (let u = 2; u < 200; u += 1) onFrame(bookFrame({ type: 'delta', u }));
  world.blocked = false;
  world.stream.drained();
  assert.ok(world.statuses().includes('resync'));
  assert.deepEqual(
    world.linear.requests.map(({ op, args }) => [op, ...args]),
    [
      ['unsubscribe', 'orderbook.50.BTCUSDT'],
      ['subscribe', 'orderbook.50.BTCUSDT'],
    ],
  );
  const before = world.lines.filter(({ type }) => type === 'depth').length;
  onFrame(bookFrame({ type: 'delta', u: 200 }));
  world.linear.answer();
  onFrame(bookFrame({ type: 'snapshot', u: 300 }));
  onFrame(bookFrame({ type: 'delta', u: 301 }));
  const after = world.lines.filter(({ type }) => type === 'depth').slice(before);
  assert.deepEqual(
    after.map(({ action, last_update_id }) => [action, last_update_id]),
    [
      ['snapshot', 300],
      ['delta', 301],
    ],
  );
  assert.deepEqual(
    world.lines.map(({ n }) => n),
    world.lines.map((_, index) => index + 1),
  );
});

test('a machine that slept is noticed although no frame comes', () => {
  let readings = 0;
  const world: World = new World(1_000_000, {
    unixMicros: () => {
      readings += 1;
      if (readings === 3) world.stream.slept(60_000);
      return unixMicros(1);
    },
  });
  world.stream.subscribe({ channel: 'trades', category: 'linear', symbol: 'BTCUSDT' });
  world.linear.open();
  world.pass(500);
  assert.ok(world.lines.some(({ code }) => code === 'machine_slept'));
});

test('a stop answers whoever still waits, and what comes after it opens nothing', () => {
  const world = new World();
  world.stream.command(subscribe('a'));
  world.stream.stop('SIGTERM');
  world.stream.stop('SIGTERM');
  world.stream.command(subscribe('b'));
  world.stream.command(subscribe('c', { category: 'spot' }));
  assert.deepEqual(world.replies(), { a: 'bad_command', b: 'bad_command', c: 'bad_command' });
  assert.equal(world.linear.opens, 1);
  assert.equal(world.sockets.get('spot')?.opens ?? 0, 0);
  assert.deepEqual(
    world.statuses().filter((status) => status === 'stopping'),
    ['stopping'],
  );
});

test('shutdown is answered first and then obeyed, once', () => {
  const world = new World();
  world.stream.command({ command: 'shutdown', id: 'z' });
  world.stream.command({ command: 'shutdown', id: 'y' });
  assert.deepEqual(world.replies(), { z: 'ok', y: 'bad_command' });
  assert.equal(world.shutdowns, 1);
});

test('sockets that were lost together do not come back in the same moment', () => {
  const world = new World();
  for (let index = 0; index < 250; index += 1)
    world.stream.command(subscribe(`${index}`, { symbol: `COIN${index}USDT` }));
  assert.equal(world.all.length, 4);
  for (const socket of world.all) socket.open().answer();
  for (const socket of world.all) socket.events.onLost('socket_lost', 'reset');
  const reopened: number[] = [];
  for (let tick = 0; tick < 5; tick += 1) {
    world.pass(100);
    reopened.push(world.all.filter(({ opens }) => opens === 2).length);
  }
  assert.deepEqual(reopened, [1, 2, 3, 4, 4]);
});

test('when too many connections were opened, also by others, the next one waits and says so', () => {
  const world = new World();
  const at = world.clock.unixMs();
  for (let count = 0; count < 400; count += 1) world.log.add({ at, host: 'test' });
  world.stream.command(subscribe('a'));
  world.pass(200_000);
  assert.equal(world.linear.opens, 0);
  const told = world.lines.find(({ code }) => code === 'connection_budget');
  assert.match(String(told?.['error']), /400 connections to test .* the next one waits 300 s/);
  world.pass(100_500);
  assert.equal(world.linear.opens, 1);
});
