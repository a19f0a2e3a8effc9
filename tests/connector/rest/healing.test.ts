/** What was missed is read again: how many at a time, in which order, and what happens when it cannot be had. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Healing } from '../../../connector/rest/healing.ts';
import type { Rows } from '../../../connector/rest/market-rest.ts';
import type { RecentAnswer } from '../../../connector/session/trades/trade-line.ts';
import { fail, ok, type Result } from '../../../shared/errors.ts';
import type { KlineEvent, TradeEvent } from '../../../shared/events/market-events.ts';
import type { ErrorEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const klines = {
  ...{ againAfterMs: 1_000, againCapMs: 3_000, tries: 3, failuresAtMost: 8, slowMs: 60_000 },
  ...{ atOnce: 2, atMost: 4 },
};
const hurryEveryMs = 60_000;
const kline: Topic = { channel: 'kline', category: 'linear', symbol: 'BTCUSDT', interval: '1' };
const missing = { topic: kline, first: unixMs(60_000), last: unixMs(120_000) };

class World {
  readonly clock = new VirtualClock();
  readonly errors: ErrorEvent[] = [];
  readonly asked: string[] = [];
  readonly answers: string[] = [];
  overloaded = false;
  readonly hurries: number[] = [];
  candles: Result<Rows<KlineEvent>> = ok({ rows: [], bad: 0, firstBad: undefined });
  readonly healing: Healing;
  readonly #open: ((result: Result<Rows<TradeEvent>>) => void)[] = [];

  constructor(readsAtOnce = 2) {
    this.healing = new Healing({ readsAtOnce, klines, hurryEveryMs }, 1_000, {
      rest: {
        recentTrades: ({ symbol }) => {
          this.asked.push(symbol);
          return new Promise((resolve) => this.#open.push(resolve));
        },
        klines: async ({ symbol }, { interval, from, to }) => {
          this.asked.push(`${symbol} ${interval} ${from}..${to}`);
          return this.candles;
        },
      },
      clock: this.clock,
      emit: (event) => this.errors.push(event as ErrorEvent),
      isOverloaded: () => this.overloaded,
      hurry: (now) => this.hurries.push(now),
    });
  }

  read(symbol: string, weight: () => number | undefined): void {
    this.healing.readRecent({
      instrument: { category: 'linear', symbol },
      weight,
      answered: (answer: RecentAnswer) => this.answers.push(`${symbol} ${answer.kind}`),
    });
  }

  /** The oldest question is answered. */
  async answer(
    result: Result<Rows<TradeEvent>> = ok({ rows: [], bad: 0, firstBad: undefined }),
  ): Promise<void> {
    this.#open.shift()?.(result);
    await turn();
  }
}

test('so many lists are read at a time, then the one of the busiest topic that still waits', async () => {
  const world = new World(2);
  world.read('A', () => 1);
  world.read('B', () => 1);
  world.read('QUIET', () => 2);
  world.read('BUSY', () => 900);
  world.read('GIVEN-UP', () => undefined);
  world.read('FAIR', () => 40);
  assert.deepEqual(world.asked, ['A', 'B']);
  for (let answered = 0; answered < 5; answered += 1) await world.answer();
  assert.deepEqual(world.asked, ['A', 'B', 'BUSY', 'FAIR', 'QUIET']);
  assert.deepEqual(world.answers, ['A rows', 'B rows', 'BUSY rows', 'FAIR rows', 'QUIET rows']);
});

test('a list that cannot be had, or not be trusted, is no list, and it is told why, not too often', async () => {
  const world = new World(4);
  for (const symbol of ['A', 'B', 'C', 'D']) world.read(symbol, () => 1);
  await world.answer(fail('ip_banned', 'shut out for 600 s'));
  await world.answer(fail('ip_banned', 'shut out for 600 s'));
  await world.answer(ok({ rows: [], bad: 1, firstBad: 'time is not a time' }));
  world.overloaded = true;
  await world.answer();
  assert.deepEqual(world.answers, ['A failed', 'B failed', 'C failed', 'D failed']);
  assert.deepEqual(
    world.errors.map(({ code, symbol }) => `${code} ${symbol}`),
    ['ip_banned A', 'answer_bad C', 'overloaded D'],
  );
  assert.match(world.errors[0]?.error ?? '', /linear A could not be read again: shut out.*stays a gap/);
});

test('missing candles are asked for until they are listed, ever more seldom, and at last it is told', async () => {
  const world = new World();
  let left = 2;
  world.healing.fetchKlines(missing, () => left);
  const pass = async (ms: number) => {
    await turn();
    world.clock.advance(ms);
    world.healing.tick(world.clock.monoMs());
    await turn();
  };
  await pass(999);
  assert.equal(world.asked.length, 1);
  await pass(1);
  assert.deepEqual(world.asked, ['BTCUSDT 1 60000..120000', 'BTCUSDT 1 60000..120000']);
  await pass(1_999);
  assert.equal(world.asked.length, 2);
  await pass(1);
  assert.equal(world.asked.length, 3);
  assert.deepEqual(
    world.errors.map(({ code }) => code),
    ['answer_bad'],
  );
  await pass(60_000);
  assert.equal(world.asked.length, 3, 'it is given up');
  left = 0;
  world.healing.fetchKlines(missing, () => left);
  await pass(60_000);
  assert.equal(world.asked.length, 4, 'all are there');
});

test('candles that could not be handed over, or asked for, stay missing', async () => {
  const world = new World();
  world.overloaded = true;
  let handed = 0;
  const recovered = () => {
    handed += 1;
    return 0;
  };
  for (let asked = 0; asked < 5; asked += 1) world.healing.fetchKlines(missing, recovered);
  assert.deepEqual(
    world.errors.map(({ code }) => code),
    ['requests_full'],
  );
  await turn();
  assert.deepEqual([world.asked.length, handed], [4, 0], 'the reader was too slow');
  world.overloaded = false;
  world.clock.advance(1_000);
  world.healing.tick(world.clock.monoMs());
  await turn();
  assert.equal(handed, 4);
});

test('what failed is asked for again as soon as the exchange answers anything, at most once a minute', async () => {
  const world = new World();
  const shut = fail('ip_banned', 'shut out for 600 s');
  world.candles = shut;
  let left = 2;
  world.healing.fetchKlines(missing, () => left);
  const pass = async (ms: number) => {
    world.clock.advance(ms);
    world.healing.tick(world.clock.monoMs());
    await turn();
  };
  await turn();
  for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000]) await pass(pause);
  assert.equal(world.asked.length, 6, 'ever more seldom');
  world.candles = ok({ rows: [], bad: 0, firstBad: undefined });
  left = 0;
  world.healing.answers(world.clock.monoMs());
  await turn();
  assert.equal(world.asked.length, 7);
  assert.equal(world.hurries.length, 1);
  world.healing.answers(world.clock.monoMs());
  world.read('A', () => 1);
  await world.answer(shut);
  await pass(59_999);
  world.healing.answers(world.clock.monoMs());
  assert.equal(world.hurries.length, 1, 'not twice within a minute');
  await pass(1);
  world.read('B', () => 1);
  await world.answer();
  assert.equal(world.hurries.length, 2, 'a list is an answer as well');
});

test('candles that nobody answers for are given up at last', async () => {
  const world = new World();
  world.candles = fail('request_failed', 'nobody answers');
  world.healing.fetchKlines(missing, () => 0);
  for (let count = 0; count < 20; count += 1) {
    await turn();
    world.clock.advance(60_000);
    world.healing.tick(world.clock.monoMs());
  }
  assert.equal(world.asked.length, 8);
  assert.equal(world.errors.length, 1);
});

test('a whole market asks for its candles at once: so many are under way, and all get their turn', async () => {
  const clock = new VirtualClock();
  let underWay = 0;
  let most = 0;
  const asked: string[] = [];
  const policy = { ...klines, atOnce: 16, atMost: 10_000 };
  const healing = new Healing({ readsAtOnce: 2, klines: policy, hurryEveryMs }, 1_000, {
    rest: {
      recentTrades: () => Promise.reject(new Error('nobody asks for trades')),
      klines: async ({ symbol }) => {
        asked.push(symbol);
        underWay += 1;
        most = Math.max(most, underWay);
        await turn();
        underWay -= 1;
        return ok({ rows: [], bad: 0, firstBad: undefined });
      },
    },
    clock,
    emit: (event) => assert.fail(JSON.stringify(event)),
    isOverloaded: () => false,
    hurry: () => undefined,
  });
  let healed = 0;
  const symbols = Array.from({ length: 1_300 }, (_, index) => `S${index}USDT`);
  for (const symbol of symbols)
    healing.fetchKlines({ ...missing, topic: { ...kline, symbol } }, () => {
      healed += 1;
      return 0;
    });
  while (underWay > 0) await turn();
  assert.deepEqual([asked, healed, most], [symbols, 1_300, 16]);
});
