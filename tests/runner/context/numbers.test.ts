/** The numbers of trades within the context: what is counted where, what begins anew, and what midnight costs. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { Context } from '../../../runner/context/context.ts';
import { TURNS_A_LOOK } from '../../../runner/context/day-turns.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { InstrumentEvent } from '../../../shared/events/market-events.ts';
import { type Instrument, instrumentKey, type Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { row } from '../../helpers/desk-world.ts';
import { bitcoin, gap, liquidation, status, T0, trade } from '../intake/events.ts';

const trades: Topic = { channel: 'trades', ...bitcoin };
const liquidations: Topic = { channel: 'liquidation', ...bitcoin };
const DAY = 86_400_000;
const MIDNIGHT = T0 - (T0 % DAY) + DAY;

class World {
  readonly facts = new Map<string, InstrumentEvent>();
  readonly sessions: string[] = [];
  readonly context: Context;
  readonly #start: number;
  #passed = 0;

  constructor(wanted: readonly Topic[] = [trades, liquidations], start = T0) {
    this.#start = start;
    this.context = new Context(
      { wanted, freshness: scaledPolicy().freshness, tapeCapacity: 100 },
      {
        onBookBroken: () => undefined,
        onCandle: () => undefined,
        factsOf: (of) => this.facts.get(instrumentKey(of)),
        onSession: ({ from, to, at }) =>
          this.sessions.push(`${from} ${to} ${new Date(at).toISOString().slice(11, 16)}`),
      },
    );
  }

  get nowMs() {
    return unixMs(this.#start + this.#passed);
  }

  get moment() {
    return this.context.moment(monoMs(this.#passed), this.nowMs);
  }

  pass(ms: number): this {
    this.#passed += ms;
    return this;
  }

  say(...events: readonly TowlineEvent[]): this {
    for (const event of events) this.context.apply(event, monoMs(this.#passed), this.nowMs);
    return this;
  }

  look(): this {
    this.context.advance(monoMs(this.#passed), this.nowMs);
    return this;
  }

  reckoned(of: Instrument = bitcoin) {
    return this.context.instrument(of)?.numbers?.reckoned;
  }

  figures(of: Instrument = bitcoin) {
    const figures = this.context.numbers.days(of, this.moment)?.figures();
    assert.ok(figures !== undefined);
    return figures;
  }

  delta(period: number) {
    const delta = this.context.numbers.flow(bitcoin, this.moment)?.volumeDelta(period, this.moment.exchange);
    assert.ok(delta !== undefined);
    return delta;
  }
}

describe('numbers of trades', () => {
  it('are there for whom trades are wanted, and take no memory before the first trade, also when they are asked for', () => {
    const world = new World();
    assert.equal(world.context.numbers.days({ ...bitcoin, symbol: 'ETHUSDT' }, world.moment), undefined);
    assert.deepEqual(world.figures().today.vwap, {
      value: null,
      exactness: 'absent',
      reasons: ['not_covered'],
    });
    assert.deepEqual([world.delta(60).trade_count, world.delta(60).complete], [0, false]);
    assert.equal(world.reckoned(), undefined);
    world.say(trade());
    assert.equal(world.figures().today.vwap.value, 50_000);
    assert.notEqual(world.reckoned(), undefined);
  });

  it('count a healed trade where it happened, and are whole again when the gap is', () => {
    const world = new World([trades], MIDNIGHT - 30_000).say(
      trade({ id: 'a', timestamp: MIDNIGHT - 30_000, price: 10 }),
    );
    const [from, to] = [
      { id: 'a', timestamp: MIDNIGHT - 30_000 },
      { id: 'd', timestamp: MIDNIGHT + 30_000 },
    ];
    world.pass(60_000).say(gap({ from, to }), trade({ id: 'd', timestamp: MIDNIGHT + 30_000, price: 30 }));
    assert.equal(world.delta(61).complete, false);
    assert.deepEqual(world.figures().today.vwap.reasons, ['not_covered']);
    world.say(
      trade({ id: 'b', timestamp: MIDNIGHT - 10_000, price: 20, side: 'sell', origin: 'healed' }),
      trade({ id: 'c', timestamp: MIDNIGHT + 10_000, price: 20, qty: 3, origin: 'healed' }),
      gap({ from, to, state: 'healed', recovered: 2 }),
    );
    const { today, previous } = world.figures();
    assert.deepEqual([today.vwap.value, today.vwap.exactness], [22.5, 'exact']);
    assert.deepEqual([previous.high.value, previous.low.value, previous.counts.trades], [20, 10, 2]);
    assert.deepEqual([world.delta(61).complete, world.delta(61).trade_count], [false, 4]);
    assert.deepEqual([world.delta(60).complete, world.delta(60).trade_count], [true, 3]);
    assert.deepEqual([world.delta(20).trade_count, world.delta(30).trade_count], [1, 2]);
  });

  it('know of a gap that was healed before the first trade came: nothing had traded', () => {
    const world = new World([trades]);
    const from = { id: 'z', timestamp: T0 - 3_600_000 };
    world.say(gap({ state: 'healed', from, to: { id: 'a', timestamp: T0 }, recovered: 0 }), trade());
    assert.equal(world.delta(3_600).complete, true);
    assert.equal(world.reckoned()?.days.cut, T0 + 1);
    assert.deepEqual(
      world.figures().today.coverage.find(({ source }) => source === 'trades')?.from,
      from.timestamp + 1,
    );
  });

  it('keep a hundred gaps at most while nothing trades', () => {
    const world = new World([trades]);
    for (let number = 0; number < 150; number += 1) {
      const at = T0 - 3_600_000 + number * 10;
      const span = { from: { id: 'x', timestamp: at }, to: { id: 'y', timestamp: at + 10 } };
      world.say(gap({ gap_id: `g${number}`, state: 'healed', ...span }));
    }
    world.say(trade());
    const seen = world.figures().today.coverage.find(({ source }) => source === 'trades');
    assert.equal(seen?.from, T0 - 3_600_000 + 500 + 1);
  });

  it('begin anew when trades are wanted again: nobody saw what traded between', () => {
    const world = new World().say(trade({ qty: 5 }), liquidation());
    world.context.unwant(trades);
    assert.equal(world.context.numbers.flow(bitcoin, world.moment), undefined);
    world.context.want(trades);
    assert.equal(world.reckoned(), undefined);
    world.pass(5_000).say(trade({ id: 'b', timestamp: T0 + 5_000 }));
    assert.deepEqual([world.delta(60).buy_volume, world.figures().today.counts.trades], [1, 1]);
    world.context.unwant(liquidations);
    assert.equal(world.context.others.clustersOf(bitcoin, 1, world.nowMs), undefined);
    world.context.want(liquidations);
    assert.deepEqual(world.context.others.clustersOf(bitcoin, 1, world.nowMs)?.clusters, []);
  });

  it('put volumes into bins of the tick size that the exchange tells, from when it is known, for the whole day', () => {
    const world = new World().say(trade({ price: 100.17 }));
    const told = () => {
      const { poc, bin_size, tick_source } = world.figures().today;
      return [poc.value, bin_size, tick_source];
    };
    assert.deepEqual(told(), [100.1, '0.1', 'setting']);
    world.facts.set('linear:BTCUSDT', row('linear', 'BTCUSDT', 1, { tick_size: '0.05' }));
    assert.deepEqual(told(), [100.15, '0.05', 'exchange']);
  });

  it('reset by hand also before the first trade', () => {
    const world = new World();
    const at = world.context.numbers.begin(bitcoin, world.moment)?.flow.resetCvd(world.nowMs);
    assert.equal(at, T0);
    world
      .pass(2_000)
      .say(trade({ timestamp: T0 - 1_000 }), trade({ id: 'b', timestamp: T0 + 2_000, qty: 7 }));
    assert.equal(world.context.numbers.flow(bitcoin, world.moment)?.cvd(world.nowMs).cvd, 7);
  });
});

test('times are whole ms, however finely the clock is compared', () => {
  const world = new World().say(status('heartbeat', { clock_offset_ms: -0.4 }), trade({ timestamp: T0 - 1 }));
  assert.equal(world.context.numbers.begin(bitcoin, world.moment)?.flow.resetCvd(world.moment.exchange), T0);
  assert.deepEqual([world.figures().today.to, world.delta(1).timestamp], [T0 - 1, T0]);
});

describe('midnight', () => {
  const all = Array.from(
    { length: 600 },
    (_, index): Instrument => ({ category: 'linear', symbol: `S${index}USDT` }),
  );

  it('turns some instruments over at each look, not all at once, and each one when somebody asks or it trades', () => {
    const world = new World(
      all.map((of) => ({ channel: 'trades', ...of })),
      MIDNIGHT - 1_000,
    );
    world.say(...all.map((of) => trade({ ...of, timestamp: MIDNIGHT - 1_000 }))).look();
    // What has not been turned over has no totals of the day that has begun.
    const turned = () =>
      all.filter(
        (of) => world.reckoned(of)?.days.totals(new Date(MIDNIGHT).toISOString().slice(0, 10)) !== undefined,
      ).length;
    world.pass(1_000).look();
    assert.equal(turned(), TURNS_A_LOOK);
    const [, , last] = all.toReversed();
    const [first] = all.toReversed();
    assert.ok(last !== undefined && first !== undefined);
    assert.deepEqual(world.figures(last).previous.counts.trades, 1);
    world.say(trade({ ...first, id: 'b', timestamp: MIDNIGHT + 1 }));
    assert.equal(turned(), TURNS_A_LOOK + 2);
    assert.equal(world.reckoned(first)?.days.figures().today.counts.trades, 1);
    for (let look = 1; look < 600 / TURNS_A_LOOK; look += 1) world.pass(100).look();
    assert.equal(turned(), 600);
  });

  it('waits for a time that is proven: a clock that is set ahead does not end the day', () => {
    const world = new World([trades], MIDNIGHT - 60_000).say(trade({ timestamp: MIDNIGHT - 60_000 })).look();
    const ahead = unixMs(MIDNIGHT + DAY);
    world.context.advance(monoMs(10), ahead);
    const days = world.context.numbers.days(bitcoin, world.context.moment(monoMs(10), ahead));
    assert.equal(days?.figures().today.date, new Date(MIDNIGHT - DAY).toISOString().slice(0, 10));
  });
});

test('the first trade says which day it is, not a clock that is set a day ahead', () => {
  const world = new World([trades], T0 + DAY).say(trade());
  assert.deepEqual(world.figures().today.date, new Date(T0).toISOString().slice(0, 10));
  assert.equal(world.figures().today.counts.trades, 1);
  const answer = world
    .pass(1_000)
    .say(trade({ id: 'b', timestamp: T0 + 1_000 }))
    .figures();
  assert.equal(answer.today.counts.trades, 2);
});

test('each change of session is told once, by the proven time', () => {
  const eight = T0 - (T0 % DAY) + 8 * 3_600_000;
  const world = new World([trades], eight - 1_000).look();
  assert.equal(world.context.numbers.session(world.moment), 'off');
  world.say(trade({ timestamp: eight - 1_000 })).look();
  world.pass(1_000).look().pass(100).look();
  assert.deepEqual(world.sessions, ['off london 08:00']);
  assert.equal(world.context.numbers.session(world.moment), 'london');
});

test('liquidations lie in clusters next to a price', () => {
  const world = new World().say(
    liquidation({ price: 49_999 }),
    liquidation({ price: 51_000, position: 'short' }),
  );
  const view = world.context.others.clustersOf(bitcoin, 50_000, world.nowMs);
  assert.deepEqual([view?.nearest_support, view?.nearest_resistance], [49_980, 51_000]);
});
