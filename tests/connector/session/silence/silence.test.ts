/** Silence that returns, and silence from the start: what is called stale, and which socket is replaced, under virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import type { Topic } from '../../../../shared/market.ts';
import { bookFrame, tradeFrame } from '../../../helpers/bybit-frames.ts';
import { book, SessionHarness, trades } from '../../../helpers/session-harness.ts';

/** A session with an exchange behind it: acknowledges, pongs, answers a book's subscription with a snapshot. */
class World extends SessionHarness {
  u = 0;
  /** The exchange sends no data, not even snapshots. */
  isMute = false;

  constructor(...topics: readonly Topic[]) {
    super();
    this.connect(...topics).#answer();
  }

  override pass(ms: number, each: () => void = () => undefined): this {
    return super.pass(ms, () => {
      if (this.session.socketReport().state === 'connecting') this.session.opened();
      this.#answer();
      each();
    });
  }

  /** Both topics in movement. */
  flow(ms: number): this {
    return this.pass(ms, () => this.update().frame(tradeFrame([`t${this.clock.monoMs()}`])));
  }

  /** One change of the book. */
  update(): this {
    this.u += 1;
    return this.frame(bookFrame({ type: 'delta', u: this.u }));
  }

  /** Lets time pass; answers after how many ms this status was told first, undefined when it was not. */
  told(status: string, ms: number, each?: () => void): number | undefined {
    const before = this.statuses().length;
    const begun = this.clock.monoMs();
    let at: number | undefined;
    this.pass(ms, () => {
      each?.();
      if (at === undefined && this.statuses().slice(before).includes(status))
        at = this.clock.monoMs() - begun;
    });
    return at;
  }

  get lost(): number {
    return this.ofType('status').filter(({ status }) => status === 'disconnected').length;
  }

  #answer(): void {
    const asked = this.sent.flatMap(({ op, args }) => (op === 'subscribe' ? (args ?? []) : []));
    this.ackAll();
    for (const [, depth, symbol] of asked.map((name) => /^orderbook\.(\d+)\.(\w+)$/.exec(name) ?? [])) {
      if (depth === undefined || symbol === undefined || this.isMute) continue;
      this.u += 1_000;
      this.frame(bookFrame({ type: 'snapshot', u: this.u, symbol, depth: Number(depth) }));
    }
  }
}

/** A book that falls silent for 36 s while trades flow, and then goes on. */
function muteBook(world: World): number | undefined {
  world.isMute = true;
  const trade = (): void => void world.frame(tradeFrame([`t${world.clock.monoMs()}`]));
  const staleAfter = world.told('stale depth', 36_000, trade);
  world.isMute = false;
  world.flow(45_000);
  assert.equal(world.lost, 0);
  return staleAfter;
}

test('a book that freezes for 36 s again and again is told stale within 15 s each time', () => {
  const world = new World(book, trades).flow(10_000);
  for (let episode = 1; episode <= 4; episode += 1) {
    const after = muteBook(world);
    assert.ok(after !== undefined && after <= 10_500, `episode ${episode}: ${after} ms`);
    assert.equal(
      world
        .statuses()
        .filter((status) => /(stale|flowing) depth/.test(status))
        .at(-1),
      'flowing depth',
    );
  }
});

test('a socket that goes half-open again and again is replaced within 15 s each time', () => {
  const world = new World(book, trades).flow(10_000);
  for (let episode = 1; episode <= 4; episode += 1) {
    world.isMute = true;
    const after = world.told('disconnected', 14_000);
    assert.ok(after !== undefined && after <= 11_000, `episode ${episode}: ${after} ms`);
    world.isMute = false;
    world.flow(60_000);
  }
  assert.equal(world.lost, 4);
});

test('frames that waited while our own process was asleep do not teach that such pauses are normal', () => {
  const world = new World(book, trades).flow(10_000);
  world.clock.advance(4_500);
  world.update().frame(tradeFrame(['late']));
  world.session.tick();
  world.flow(2_000);
  const after = world.told('stale depth', 15_000);
  assert.ok(after !== undefined && after <= 5_300, `${after} ms`);
});

for (const { name, interrupt } of [
  {
    name: 'a reconnect',
    interrupt: (world: World) => world.session.lost('socket_lost', 'reset'),
  },
  {
    name: 'a missing update',
    interrupt: (world: World) => void world.frame(bookFrame({ type: 'delta', u: world.u + 2 })),
  },
]) {
  test(`a snapshot that came late after ${name} does not teach that such pauses are normal`, () => {
    const world = new World(book, trades).flow(10_000);
    world.isMute = true;
    interrupt(world);
    world.pass(4_500, () => world.frame(tradeFrame([`t${world.clock.monoMs()}`])));
    world.isMute = false;
    world.u += 1_000;
    world.frame(bookFrame({ type: 'snapshot', u: world.u })).flow(2_000);
    const after = world.told('stale depth', 15_000);
    assert.ok(after !== undefined && after <= 5_300, `${after} ms`);
  });
}

test('a socket that dies right after its snapshots, before any pace is known, is replaced within 15 s', () => {
  const world = new World(book, trades).flow(500);
  world.isMute = true;
  const after = world.told('disconnected', 15_000);
  assert.ok(after !== undefined && after > 11_000 && after < 15_000, `${after} ms`);
  assert.equal(world.ofType('error').at(-1)?.code, 'data_silent');
  world.isMute = false;
  world.flow(40_000);
  assert.equal(world.lost, 1, 'the new socket flows');
});

test('a socket of a market that is truly silent is replaced at growing intervals, up to 5 minutes', () => {
  const world = new World(book);
  const lostAt: number[] = [];
  world.pass(1_800_000, () => {
    if (world.lost > lostAt.length) lostAt.push(world.clock.monoMs());
  });
  const waits = lostAt.map((at, index) => Math.round((at - (lostAt[index - 1] ?? 1_000)) / 1_000));
  assert.deepEqual(waits.slice(0, 5), [12, 24, 48, 96, 192]);
  assert.ok(
    waits.slice(6).every((wait) => wait === 300),
    waits.join(),
  );
});

test('a thin book is given 5 minutes while others of its socket flow, and its socket is not touched', () => {
  const thin: Topic = { ...book, symbol: 'QNTUSDT' };
  const world = new World(thin, trades);
  const trade = (): void => void world.frame(tradeFrame([`t${world.clock.monoMs()}`]));
  const after = world.told('stale depth', 302_000, trade);
  assert.ok(after !== undefined && after >= 300_000, `${after} ms`);
  assert.equal(world.lost, 0);
});

test('a book whose pace is known to be slow speaks for its socket, also when another one is new', () => {
  const world = new World(book);
  for (let count = 0; count < 30; count += 1) world.pass(20_000).update();
  assert.equal(world.lost, 1, 'it might have died, as long as nothing was known');
  world.session.want({ ...book, depth: 200 });
  world.pass(40_000);
  assert.equal(world.lost, 1, 'twice its longest pause is nothing unusual');
  world.pass(15_000);
  assert.equal(world.lost, 2);
});

test('a socket without books that is silent from birth is replaced at growing intervals, while nobody vouches for it', () => {
  for (const topic of [trades, { ...trades, channel: 'liquidation' } as const]) {
    const world = new World(topic);
    const lostAt: number[] = [];
    world.pass(1_800_000, () => {
      if (world.lost > lostAt.length) lostAt.push(world.clock.monoMs());
    });
    const waits = lostAt.map((at, index) => Math.round((at - (lostAt[index - 1] ?? 1_000)) / 1_000));
    assert.deepEqual(waits.slice(0, 5), [35, 70, 140, 280, 300]);
    assert.ok(
      waits.slice(5).every((wait) => wait === 300),
      waits.join(),
    );
  }
});

/** A trade an hour, and an exchange that says that nothing is missing. */
function tradesOncePerHour(hours: number): World {
  const world = new World(trades);
  const answers: (() => void)[] = [];
  const list: TradeEvent[] = [];
  world.askNewest = (_symbol, _isUrgent, answered) => {
    answers.push(() =>
      answered({ kind: 'list', rows: list, exchangeAt: world.clock.unixMs() }, world.clock.monoMs()),
    );
    return true;
  };
  const answer = (): void => {
    for (const each of answers.splice(0)) each();
  };
  for (let hour = 1; hour <= hours; hour += 1) {
    const { category, symbol } = trades;
    const side = { side: 'buy', is_buyer_maker: false } as const;
    const timestamp = world.clock.unixMs();
    list.push({ type: 'trade', category, symbol, timestamp, price: 1, qty: 1, ...side, id: `t${hour}` });
    if (hour > 1) world.frame(tradeFrame([`t${hour}`], { at: timestamp }));
    world.pass(3_600_000, answer);
  }
  return world;
}

test('trades that come once an hour raise no alarm in 24 hours where the exchange says that nothing is missing', () => {
  const world = tradesOncePerHour(25);
  assert.equal(world.lost, 0);
  assert.ok(!world.statuses().includes('stale trades'));
});

test('a socket of trades that come once an hour is replaced where nobody answers any more, while its pace is not known', () => {
  const world = tradesOncePerHour(6);
  assert.equal(world.lost, 0);
  world.askNewest = () => false;
  assert.ok(world.told('disconnected', 400_000) !== undefined);
});

test('a socket of seldom trades alone that is half-open is replaced by their common pace', () => {
  const symbols = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT', 'FUSDT', 'GUSDT', 'HUSDT'];
  const world = new World(...symbols.map((symbol) => ({ ...trades, symbol })));
  let ticks = 0;
  world.pass(600_000, () => {
    ticks += 1;
    // One of them each second, each of them every 8 s.
    const symbol = symbols[(ticks / 10) % symbols.length];
    if (symbol !== undefined) world.frame(tradeFrame([`t${ticks}`], { symbol }));
  });
  const after = world.told('disconnected', 15_000);
  assert.ok(after !== undefined && after <= 11_000, `${after} ms`);
});

test('a busy topic that goes mute while another one of its socket flows is told stale within 3 s', () => {
  for (const [channel, rest] of [
    ['depth', (world: World) => world.frame(tradeFrame([`t${world.clock.monoMs()}`]))],
    ['trades', (world: World) => world.update()],
  ] as const) {
    const world = new World(book, trades).flow(60_000);
    const after = world.told(`stale ${channel}`, 10_000, () => void rest(world));
    assert.ok(after !== undefined && after <= 3_000, `${channel}: ${after} ms`);
    const told = world.ofType('status').filter(({ status }) => status === 'stale');
    assert.match(told[0]?.reason ?? '', /while other topics of its socket flow/);
    assert.equal(world.lost, 0);
  }
});

test('a stall of the whole link for 4 s is no silence of its topics', () => {
  const world = new World(book, trades).flow(60_000);
  for (let stall = 0; stall < 20; stall += 1) world.pass(4_000).flow(10_000);
  assert.deepEqual(
    world.statuses().filter((status) => status.startsWith('stale')),
    [],
  );
});

test('what our own loop is late by, again and again, is no silence of its topics', () => {
  const world = new World(book, trades).flow(120_000);
  // A tick each 600 ms instead of 100, on a machine that has too much to do: books are read, trades come late.
  for (let late = 0; late < 6; late += 1) {
    world.clock.advance(600);
    world.update().session.tick();
  }
  world.flow(10_000);
  assert.deepEqual(
    world.statuses().filter((status) => status.startsWith('stale')),
    [],
  );
});
