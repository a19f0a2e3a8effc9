/** The way of an event through the runner: which lines pass, in what order they are seen, and what a child's life changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { App } from '../../runner/app.ts';
import type { ExpectedChild } from '../../runner/intake/child-identity.ts';
import type { WriteBatch } from '../../runner/ledger/changes.ts';
import { type LedgerStore, noLedgerStore } from '../../runner/ledger/gap-ledger.ts';
import type { StrategyEngine } from '../../runner/strategy/engine.ts';
import type { Death } from '../../runner/supervisor/deaths.ts';
import type { Command } from '../../shared/commands.ts';
import type { Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { unixMs } from '../../shared/time.ts';
import { deathOf } from '../helpers/deaths.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const trades: Topic = { channel: 'trades', ...bitcoin };
const book: Topic = { channel: 'depth', ...bitcoin, depth: 50 };
const T0 = 1_750_000_000_000;

class World {
  readonly clock = new VirtualClock();
  readonly sent: Command[] = [];
  readonly heard: number[] = [];
  readonly ready: number[] = [];
  readonly refused: (readonly [number, string])[] = [];
  readonly seen: string[] = [];
  readonly app: App;
  #n = 0;

  constructor(expected: ExpectedChild = {}, ledger: LedgerStore = noLedgerStore) {
    this.app = new App(
      {
        instruments: [bitcoin],
        topics: [trades, book],
        category: 'linear',
        bufferSize: 100,
        policy: scaledPolicy(1),
        nonce: 'x',
        expected,
      },
      {
        clock: this.clock,
        log: pino({ enabled: false }),
        heard: (generation) => this.heard.push(generation),
        announcedReady: (generation) => this.ready.push(generation),
        refuse: (generation, { cause }) => this.refused.push([generation, cause]),
        send: (command) => this.sent.push(command) > 0,
        ledger,
      },
    );
  }

  /** A child of this generation comes to life. */
  start(generation: number): this {
    this.#n = 0;
    this.app.childStarted(generation);
    return this;
  }

  say(generation: number, ...lines: readonly object[]): this {
    for (const line of lines) {
      this.#n += 1;
      this.app.onLine(JSON.stringify({ ...line, n: this.#n }), generation);
    }
    return this;
  }

  die(generation: number, more: Partial<Death> = {}): this {
    const at = this.clock.unixMs();
    this.app.childEnded(generation, { ...deathOf('exit_1'), generation, at, ...more });
    return this;
  }

  tape(): string[] {
    return [...(this.app.context.instrument(bitcoin)?.tape.newestFirst() ?? [])]
      .map(({ id }) => id)
      .reverse();
  }

  gaps(): string[] {
    return this.app.gaps.all().map(({ cause, from, to }) => `${cause} ${from?.id}..${to?.id ?? ''}`);
  }
}

const ready = { type: 'status', status: 'ready', scope: 'process', connector: 'bybit', protocol: 1 };

function trade(id: string, at = 0) {
  return {
    type: 'trade',
    ...bitcoin,
    timestamp: T0 + at,
    price: 1,
    qty: 1,
    side: 'buy',
    is_buyer_maker: false,
    id,
  };
}

test('the state is true before anybody who watches hears of it', () => {
  const world = new World().start(1);
  const seen: string[] = [];
  world.app.subscribe((section) => seen.push(`${section} ${world.tape().join(',')}`));
  world.say(1, trade('a'), trade('b', 1));
  assert.deepEqual(
    seen.filter((line) => line.startsWith('trades')),
    ['trades a', 'trades a,b'],
  );
});

test('strategies hear of an event after the state and before those who watch', () => {
  const world = new World().start(1);
  const seen: string[] = [];
  const engine = {
    start: () => undefined,
    onEvent: ({ type }: { type: string }) => seen.push(`strategy ${type} ${world.tape().join(',')}`),
  };
  world.app.attachStrategies(engine as unknown as StrategyEngine);
  world.app.subscribe((section) => seen.push(`watcher ${section}`));
  world.say(1, trade('a'));
  assert.deepEqual(seen, ['strategy trade a', 'watcher trades']);
});

test('a child is ready by its own word, or by `connected` when it knows no other, and is asked once', () => {
  for (const first of [ready, { type: 'status', status: 'connected', connector: 'mine' }]) {
    const world = new World().start(1);
    world.say(1, first, { type: 'status', status: 'connected', scope: 'public', category: 'linear' });
    assert.deepEqual(world.ready, [1]);
    assert.deepEqual(
      world.sent.map(({ command, id }) => [command, id]),
      [
        ['subscribe', 'sub-1'],
        ['subscribe', 'sub-2'],
      ],
    );
  }
});

test('nothing of a child of another environment reaches state, strategies or watchers, and it is asked for nothing', () => {
  const world = new World({ environment: 'mainnet', clock: 'live' });
  const seen: string[] = [];
  const engine = {
    start: () => undefined,
    onEvent: ({ type }: { type: string }) => seen.push(type),
  };
  world.app.attachStrategies(engine as unknown as StrategyEngine);
  world.start(1);
  world.app.subscribe((section) => seen.push(section));
  world.say(1, trade('early'), { ...ready, environment: 'testnet', clock: 'live' }, trade('a'));
  assert.deepEqual([world.refused, world.ready, world.sent, seen], [[[1, 'wrong_environment']], [], [], []]);
  assert.deepEqual([world.tape(), world.app.context.environment], [[], undefined]);
});

test('a profile vouches for a child that says nothing of its environment', () => {
  const world = new World({ environment: 'mainnet', clock: 'live' }).start(1);
  world.say(1, { type: 'status', status: 'connected', connector: 'mine' }, trade('a'));
  assert.deepEqual([world.refused, world.ready, world.tape()], [[], [1], ['a']]);
});

test('the environment of the first child that names one holds for all that follow', () => {
  const world = new World().start(1).say(1, { ...ready, environment: 'mainnet' }, trade('a'));
  world.die(1).start(2);
  world.say(2, trade('early'), { ...ready, environment: 'simulated' }, trade('b', 1));
  assert.deepEqual(world.refused, [[2, 'wrong_environment']]);
  world
    .die(2)
    .start(3)
    .say(3, { ...ready, environment: 'mainnet' }, trade('c', 2));
  assert.deepEqual(world.tape(), ['a', 'c']);
  assert.deepEqual(world.gaps(), ['child_died a..c']);
});

test('the next child is told where to go on, and the time between is one gap with both its ends', () => {
  const world = new World().start(1).say(1, ready, trade('a'), trade('b', 5));
  world.die(1);
  assert.deepEqual(world.gaps(), ['child_died b..']);
  world.sent.length = 0;
  world.start(2).say(2, ready);
  assert.deepEqual(
    world.sent.map((command) => ('resume' in command ? command.resume : undefined)),
    [{ last_id: 'b', timestamp: T0 + 5, gap_id: 'r-x-1' }, undefined],
  );
  const order: string[] = [];
  world.app.subscribe((section) => order.push(section));
  world.say(2, trade('b', 5), trade('e', 9), trade('f', 10));
  assert.deepEqual(world.tape(), ['a', 'b', 'e', 'f'], 'what was told before is not told again');
  assert.deepEqual(world.gaps(), ['child_died b..e']);
  assert.deepEqual(
    order,
    ['gaps', 'trades', 'trades'],
    'the end of the gap comes before the trade that ends it',
  );
});

test('what a dead child still says is not heard, and garbage is no sign of life', () => {
  const world = new World().start(1).say(1, ready);
  world.die(1).start(2);
  const before = world.heard.length;
  world.say(1, trade('late'));
  world.app.onLine('garbage', 2);
  assert.equal(world.heard.length, before);
  assert.deepEqual(world.tape(), []);
  world.say(2, trade('own'));
  assert.deepEqual(world.heard.slice(before), [2]);
});

test('candles that have not happened are not closed when our clock is set, and those that have are, without a trade', () => {
  const hour = 3_600_000;
  const world = new World().start(1);
  const closed = () =>
    (world.app.context.instrument(bitcoin)?.candles['1m'].list() ?? []).filter((candle) => candle.closed)
      .length;
  // Our clock is an hour behind, and the child knows it.
  world.say(1, ready, { type: 'status', status: 'heartbeat', clock_offset_ms: -hour }, trade('a', hour));
  world.clock.setWall(hour);
  world.app.tick();
  assert.equal(closed(), 0, 'before the jump is noticed');
  world.app.clockJumped();
  assert.equal(world.app.child.clockOffsetMs, null);
  world.app.tick();
  assert.equal(closed(), 0, 'and after');
  world.clock.advance(3 * 60_000);
  world.app.tick();
  assert.equal(closed(), 3);
  world.say(1, { type: 'status', status: 'heartbeat', clock_offset_ms: hour });
  world.die(1);
  assert.equal(world.app.child.clockOffsetMs, null, 'what a dead child measured is not known of the next');
});

test('what an earlier run had followed is missing until now: a child is told where to go on, and the ledger how it ended', async () => {
  const batches: WriteBatch[] = [];
  const followed = [{ topic: trades, since: unixMs(T0), until: null, place: { id: 'p', timestamp: T0 } }];
  const world = new World(
    {},
    {
      ...noLedgerStore,
      readLedger: async () => ({ ok: true, value: { gaps: [], followed, aliveUntil: unixMs(T0 + 9) } }),
      write: async (batch) => {
        batches.push(batch);
        return { ok: true, value: undefined };
      },
    },
  );
  await world.app.ledger.open('mainnet');
  assert.deepEqual(world.gaps(), ['runner_stopped p..']);
  world.start(1).say(1, { ...ready, environment: 'mainnet' });
  assert.deepEqual(
    world.sent.map((command) => ('resume' in command ? command.resume : undefined)),
    [{ last_id: 'p', timestamp: T0, gap_id: 'r-x-1' }, undefined],
  );
  world.say(1, trade('b', 20));
  world.app.tick();
  const [stored] = batches[0]?.gaps ?? [];
  assert.deepEqual(
    [stored?.gap.cause, stored?.gap.from?.id, stored?.gap.to?.id, batches[0]?.places[0]?.place.id],
    ['runner_stopped', 'p', 'b', 'b'],
  );
  world.app.unwant(trades);
  await world.app.ledger.stop();
  assert.deepEqual(
    batches.flatMap(({ spans }) => spans.map(({ since, until }) => [since, until])),
    [[T0, world.clock.unixMs()]],
    'followed since the earlier run, until it was given up',
  );
});

test('a child that says first where its data are from is asked when it is known what earlier runs had seen', async () => {
  const followed = [{ topic: trades, since: unixMs(T0), until: null, place: { id: 'p', timestamp: T0 } }];
  const read = Promise.withResolvers<void>();
  const readLedger = async () => {
    await read.promise;
    return { ok: true, value: { gaps: [], followed, aliveUntil: unixMs(T0 + 9) } } as const;
  };
  const world = new World({}, { ...noLedgerStore, readLedger });
  world.start(1).say(1, { ...ready, environment: 'testnet' });
  world.app.want({ ...trades, symbol: 'XUSDT' });
  assert.equal(world.sent.length, 0);
  read.resolve();
  await new Promise(setImmediate);
  assert.deepEqual(
    world.sent.map((command) => ('resume' in command ? command.resume : undefined)),
    [{ last_id: 'p', timestamp: T0, gap_id: 'r-x-1' }, undefined, undefined],
  );
});

test('a disk that hangs holds the feed up for two seconds and no longer', () => {
  const world = new World({}, { ...noLedgerStore, readLedger: () => new Promise(() => undefined) });
  world.start(1).say(1, { ...ready, environment: 'testnet' });
  world.clock.advance(1_900);
  world.app.tick();
  assert.equal(world.sent.length, 0);
  world.clock.advance(100);
  world.app.tick();
  assert.equal(world.sent.length, 2);
  assert.match(world.app.ledger.fault() ?? '', /not answered for 2 s/u);
});

test('nobody is missed when the runner itself stops', () => {
  const world = new World().start(1).say(1, ready, trade('a'));
  world.app.stopping();
  world.die(1, { asked: true });
  assert.deepEqual(world.gaps(), []);
});

test('a topic that is given up while its gap is open will never know its end', () => {
  const world = new World().start(1).say(1, ready, trade('a'));
  world.die(1);
  world.app.unwant(trades);
  assert.deepEqual(
    world.app.gaps.all().map(({ state }) => state),
    ['lost'],
  );
  assert.deepEqual(world.app.gaps.endless(), []);
});

test('a trade that is read after its topic was given up leaves no gap behind, nor does one that nobody asked for', () => {
  const world = new World().start(1).say(1, ready, trade('a'));
  world.app.unwant(trades);
  world.say(1, trade('on its way', 1), { ...trade('b', 2), symbol: 'DOGEUSDT' });
  world.die(1).start(2).say(2, ready);
  assert.deepEqual(world.gaps(), []);
  world.app.want(trades);
  const resumed = world.sent.findLast(({ command }) => command === 'subscribe');
  assert.ok(resumed !== undefined && !('resume' in resumed), 'what came before was given up');
});

function depth(action: string, u: number, bid: number, ask: number) {
  const levels = { bids: [[bid, 1]], asks: [[ask, 1]] };
  return { type: 'depth', ...bitcoin, timestamp: T0 + u, action, depth: 50, ...levels, last_update_id: u };
}

test('what nobody asked for reaches neither strategies nor watchers, rates or the live tape', () => {
  const world = new World().start(1).say(1, ready);
  const told: string[] = [];
  const engine = { start: () => undefined, onEvent: ({ type }: { type: string }) => told.push(type) };
  world.app.attachStrategies(engine as unknown as StrategyEngine);
  world.app.unwant(trades);
  world.app.subscribe((section) => told.push(section));
  told.length = 0;
  const closed = { start: T0, end: T0 + 59_999, open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1 };
  const kline = { type: 'kline', ...bitcoin, timestamp: T0, interval: '1', ...closed, closed: true };
  world.say(1, trade('a'), { ...trade('b'), symbol: 'ETHUSDT' }, kline);
  assert.deepEqual(told, []);
  assert.equal(world.app.rates.trades.total, 0);
  assert.deepEqual([...world.app.child.tape(bitcoin)], []);
  assert.equal(world.app.context.unwanted, 3);
  world.app.want({ channel: 'kline', interval: '1', ...bitcoin });
  world.say(1, kline, kline);
  assert.deepEqual(told, ['kline'], 'a closed candle is told once');
});

test('a book that is found crossed is asked for anew and not served until its snapshot', () => {
  const world = new World().start(1).say(1, ready);
  const valid = () => world.app.context.bookOf(bitcoin, 5, world.clock.monoMs())?.valid;
  world.say(1, depth('snapshot', 1, 10, 11));
  assert.equal(valid(), true);
  world.sent.length = 0;
  world.say(1, depth('delta', 2, 12, 13));
  assert.equal(valid(), false);
  assert.deepEqual(
    world.sent.map(({ command }) => command),
    ['unsubscribe', 'subscribe'],
  );
  world.say(1, depth('snapshot', 9, 12, 13));
  assert.equal(valid(), true);
});

test('a book that is crossed in each snapshot is asked for ever more seldom', () => {
  const world = new World().start(1).say(1, ready);
  world.sent.length = 0;
  for (let u = 1; u <= 100; u += 1) world.say(1, depth('snapshot', u, 13, 12));
  assert.equal(world.sent.length, 2, 'unsubscribe and subscribe, once');
  /** Ten minutes of a child that answers each question with a crossed book. */
  for (let tick = 0; tick < 6_000; tick += 1) {
    const before = world.sent.length;
    world.clock.advance(100);
    world.app.tick();
    if (world.sent.length > before) world.say(1, depth('snapshot', 1_000 + tick, 13, 12));
  }
  const renewals = world.sent.length / 2;
  assert.ok(renewals >= 60 && renewals <= 66, `${renewals} in ten minutes: one each 10 s in the end`);
  world.die(1).start(2).say(2, ready);
  world.sent.length = 0;
  world.say(2, depth('snapshot', 1, 13, 12));
  assert.equal(world.sent.length, 2, 'of the next child it is asked at once');
  world.say(2, depth('snapshot', 2, 13, 12));
  world.app.unwant(book);
  world.sent.length = 0;
  world.clock.advance(60_000);
  world.app.tick();
  assert.deepEqual(world.sent, [], 'and not of one that nobody wants any more');
});

test('a book that turns invalid without an event of its own is shown to those who watch', () => {
  const world = new World().start(1).say(1, ready);
  const seen: string[] = [];
  world.app.subscribe((section, instrument) => seen.push(`${section} ${instrument?.symbol ?? ''}`));
  world.app.tick();
  seen.length = 0;
  world.say(1, {
    type: 'depth',
    ...bitcoin,
    timestamp: T0,
    action: 'snapshot',
    depth: 50,
    bids: [[1, 1]],
    asks: [[2, 1]],
    last_update_id: 1,
  });
  world.app.tick();
  seen.length = 0;
  world.die(1);
  world.app.tick();
  assert.ok(seen.includes('book BTCUSDT'));
});

test('a reply that is no answer to a question of the runner changes nothing', () => {
  const world = new World()
    .start(1)
    .say(1, ready, { type: 'reply', id: 'sub-99', ok: false, error: 'x', code: 'topic_refused' });
  assert.ok(world.app.context.topics(world.clock.monoMs()).every(({ state }) => state === 'wanted'));
  world.say(
    1,
    { type: 'reply', id: 'sub-1', ok: true },
    { type: 'reply', id: 'sub-2', ok: false, error: 'x', code: 'topic_refused' },
  );
  assert.deepEqual(
    world.app.context.topics(world.clock.monoMs()).map(({ state }) => state),
    ['subscribed', 'refused'],
  );
});

test('a trade that could not be read, or is missing by the numbers, lies in a gap before the next one', () => {
  const world = new World().start(1);
  world.say(1, ready, trade('a'), { ...trade('b', 1), price: 'none' }, trade('c', 2), trade('d', 3));
  assert.deepEqual(world.tape(), ['a', 'c', 'd']);
  assert.deepEqual(world.gaps(), ['bad_frame a..c']);
  world.app.onLine(JSON.stringify({ ...trade('f', 9), n: 9 }), 1);
  assert.deepEqual(world.gaps(), ['bad_frame a..c', 'bad_frame d..f']);
});

test('trades that were acknowledged and never came are owed by the next child', () => {
  const world = new World().start(1);
  const since = world.clock.unixMs();
  world.say(1, ready, { type: 'status', status: 'subscribed', scope: 'topic', ...trades, at: since });
  world.clock.advance(60_000);
  world.die(1);
  assert.deepEqual(world.gaps(), ['child_died undefined..']);
  world.start(2).say(2, ready);
  const asked = world.sent.findLast(
    (command) => command.command === 'subscribe' && command.channel === 'trades',
  );
  assert.deepEqual(asked?.command === 'subscribe' && asked.owed, { since, gap_id: 'r-x-1' });
  world.say(2, trade('a'));
  assert.deepEqual(world.gaps(), ['child_died undefined..a']);
});
