/** Candles of a range and the newest trades, from an exchange that lists them as the real one does, and from one that does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { klineEnd, klineStart } from '../../../../connector/bybit/rest-klines.ts';
import { marketRest } from '../../../../connector/bybit/rest-market.ts';
import { readCandles } from '../../../../connector/history/polite/candles.ts';
import { readRecentTail } from '../../../../connector/history/polite/recent.ts';
import type { RestRequest } from '../../../../connector/rest/request.ts';
import { fail, ok } from '../../../../shared/errors.ts';
import { historyPolicy } from '../../../../shared/history-policy.ts';
import { type Interval, intervals } from '../../../../shared/market.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { unixMs } from '../../../../shared/time.ts';
import { answerOf, tradeRow } from '../../bybit/rest-answers.ts';

const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const minute = 60_000;
const midnight = Date.UTC(2026, 7, 10);
const policy = { ...historyPolicy().rest, questions: 4 };

/** An exchange that lists every candle from `began` to `now`, without those that `lacks` says, and each twice if `stutters`. */
class World {
  readonly asked: URLSearchParams[] = [];
  readonly pages: number[] = [];
  now = midnight + 600 * minute + 30_000;
  began = 0;
  lacks = new Set<number>();
  stutters = false;
  failsAt: number | undefined;

  async read(interval: Interval, from: number, to: number, maxKlines = policy.maxKlines) {
    const rest = marketRest(async (request) => {
      const query = new URLSearchParams(request.query);
      this.asked.push(query);
      if (this.asked.length === this.failsAt) return await Promise.resolve(fail('ip_banned', 'shut out'));
      return await Promise.resolve(ok(answerOf({ list: this.#list(request, query) }, this.now)));
    }, scaledPolicy(1).rest);
    const range = { interval, from: unixMs(from), to: unixMs(to) };
    return await readCandles(
      bitcoin,
      range,
      { ...policy, maxKlines },
      {
        rest,
        now: () => unixMs(this.now),
        onPage: (rows) => this.pages.push(rows[0]?.start ?? 0),
      },
    );
  }

  /** Newest first, from the one that holds `start`; the running one is among them. */
  #list(_: RestRequest, query: URLSearchParams): readonly string[][] {
    const interval = intervals.find((known) => known === query.get('interval')) ?? '1';
    const [from, to] = [Number(query.get('start')), Math.min(Number(query.get('end')), this.now)];
    const list: string[][] = [];
    const last = Math.max(from, this.began);
    for (
      let start = klineStart(to, interval);
      klineEnd(start, interval) > last;
      start = klineStart(start - 1, interval)
    ) {
      if (list.length >= Number(query.get('limit'))) break;
      const row = [String(start), '1', '2', '1', '2', '3', '4'];
      if (!this.lacks.has(start)) list.push(row);
      if (this.stutters) list.push(row);
    }
    return list;
  }
}

async function value(world: World, interval: Interval, from: number, to: number) {
  const read = await world.read(interval, from, to);
  assert.ok(read.ok, read.ok ? '' : read.failure.message);
  return read.value;
}

describe('candles', () => {
  it('are read page by page, the newest first, and told oldest first, each once', async () => {
    const world = new World();
    world.now = midnight + 10_000 * minute;
    const { rows, holes } = await value(world, '1', midnight, midnight + 2_500 * minute);
    assert.deepEqual(
      rows.map(({ start }) => start),
      Array.from({ length: 2_500 }, (_, count) => midnight + count * minute),
    );
    assert.deepEqual(holes, []);
    assert.equal(world.asked.length, 3);
    assert.deepEqual(
      world.pages.toSorted((one, other) => other - one),
      world.pages,
    );
  });

  it('begin with the one that holds the beginning, and the one that runs says so', async () => {
    const world = new World();
    const { rows, holes } = await value(world, '1', midnight + 597 * minute + 5_000, world.now);
    assert.deepEqual(
      rows.map(({ start, closed }) => [(start - midnight) / minute, closed]),
      [
        [597, true],
        [598, true],
        [599, true],
        [600, false],
      ],
    );
    assert.deepEqual(holes, []);
  });

  it('that the exchange does not list are told as holes, also at both ends; what has not happened is none', async () => {
    const world = new World();
    for (const lacking of [3, 4, 7]) world.lacks.add(midnight + lacking * minute);
    world.began = midnight + 2 * minute;
    const inside = await value(world, '1', midnight, midnight + 8 * minute);
    assert.deepEqual(
      inside.holes.map(({ from, to }) => [(from - midnight) / minute, (to - midnight) / minute]),
      [
        [0, 2],
        [3, 5],
        [7, 8],
      ],
    );
    const ahead = await value(world, '1', midnight + 598 * minute, midnight + 700 * minute);
    assert.deepEqual(ahead.holes, []);
    assert.equal(ahead.rows.length, 3);
  });

  it('of which there are none at all are one hole, up to our now', async () => {
    const world = new World();
    world.began = midnight + 10_000 * minute;
    const { rows, holes } = await value(world, '1', midnight + 590 * minute, midnight + 700 * minute);
    assert.deepEqual(rows, []);
    assert.deepEqual(holes, [{ from: midnight + 590 * minute, to: midnight + 600 * minute }]);
  });

  it('fail as the client fails, and no further page is asked for', async () => {
    const world = new World();
    world.now = midnight + 100_000 * minute;
    world.failsAt = 1;
    const read = await world.read('1', midnight, midnight + 90_000 * minute);
    assert.equal(read.ok ? '' : read.failure.code, 'ip_banned');
    assert.ok(world.asked.length <= policy.questions, String(world.asked.length));
  });

  it('of a range that is too long are refused before anything is asked', async () => {
    const world = new World();
    const read = await world.read('1', midnight, midnight + 2_001 * minute, 2_000);
    assert.match(read.ok ? '' : read.failure.message, /^more than 2000 candles in one range/);
    assert.equal(world.asked.length, 0);
  });

  it('of any interval and range: every closed one is told once or lies in a hole, never both', async () => {
    const arbitrary = fc.record({
      interval: fc.constantFrom(...intervals),
      from: fc.integer({ min: 0, max: 5_000 }),
      length: fc.integer({ min: 1, max: 3_000 }),
      skew: fc.nat(minute - 1),
      nowAt: fc.integer({ min: 1, max: 9_000 }),
      lacks: fc.array(fc.nat(3_000), { maxLength: 5 }),
      stutters: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ interval, from, length, skew, nowAt, lacks, stutters }) => {
        const world = new World();
        const step = klineEnd(midnight, interval) - midnight;
        const range = { from: midnight + from * step + skew, to: midnight + (from + length) * step };
        if (range.from >= range.to) return;
        world.now = midnight + nowAt * step + skew + 2_000;
        world.stutters = stutters;
        for (const lacking of lacks) world.lacks.add(klineStart(range.from + lacking * step, interval));
        if (stutters) world.lacks.clear();
        const { rows, holes } = await value(world, interval, range.from, range.to);
        const seen = new Set(rows.map(({ start }) => start));
        assert.equal(seen.size, rows.length, 'none is told twice');
        const end = Math.min(range.to, world.now - 1_000);
        for (
          let start = klineStart(range.from, interval);
          klineEnd(start, interval) <= end;
          start = klineEnd(start, interval)
        ) {
          const isHole = holes.some((hole) => hole.from <= start && klineEnd(start, interval) <= hole.to);
          assert.notEqual(seen.has(start), isHole, `${interval} ${new Date(start).toISOString()}`);
        }
        for (const { start, closed } of rows)
          assert.equal(closed, klineEnd(start, interval) + 1_000 <= world.now);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the newest trades', () => {
  const tail = async (times: readonly number[], bad = false) => {
    const list = times
      .map((time, index) => tradeRow({ time: String(time), execId: `t${index}` }))
      .toReversed();
    const rest = marketRest(
      async () => await Promise.resolve(ok(answerOf({ list: bad ? [...list, 'nothing'] : list }))),
      scaledPolicy(1).rest,
    );
    const read = await readRecentTail(rest, bitcoin);
    assert.ok(read.ok);
    return read.value;
  };

  it('are complete between the millisecond of the oldest and that of the newest, both left out', async () => {
    const { rows, span } = await tail([1_000, 1_000, 1_005, 1_020]);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['t0', 't1', 't2', 't3'],
    );
    assert.deepEqual(span, { from: 1_001, to: 1_020 });
  });

  it('prove nothing when there are none, only one moment, or rows that cannot be read', async () => {
    assert.equal((await tail([])).span, undefined);
    assert.equal((await tail([1_000, 1_000])).span, undefined);
    assert.equal((await tail([1_000, 1_001])).span, undefined);
    const { span, bad } = await tail([1_000, 2_000], true);
    assert.deepEqual([span, bad], [undefined, 1]);
  });
});
