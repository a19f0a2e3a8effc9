/** The log of what was executed: every trade comes back as it was, and what does not fit is gone by whole days. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Execution } from '../../../../connector/exchange/market/market.ts';
import { LivedLog, LogBudget } from '../../../../connector/exchange/past/lived-log.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 7, 1);

type Trade = Pick<Execution, 'at' | 'price' | 'size' | 'side' | 'direction'>;

function logOf(trades: readonly Trade[], most = 1_000_000_000) {
  const budget = new LogBudget(most);
  const log = new LivedLog(budget, 1000, (number) => `#${number}`);
  for (const [index, trade] of trades.entries()) log.add({ ...trade, id: `#${index + 1}`, seq: index });
  return { log, budget };
}

function read(log: LivedLog, day: number) {
  const trades: object[] = [];
  for (const rows of log.rows(day)) {
    for (let index = 0; index < rows.count; index += 1)
      trades.push({
        id: rows.idOf(rows.first + index),
        at: Math.floor((rows.at[index] ?? 0) / 10),
        price: rows.price[index],
        size: rows.size[index],
        side: rows.isSell[index] === 1 ? 'Sell' : 'Buy',
      });
  }
  return trades;
}

const trade = fc.record({
  wait: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 * DAY_MS })),
  price: fc.oneof(fc.integer({ min: 990, max: 1010 }), fc.integer({ min: 1, max: 2 ** 45 })),
  size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 50 })),
  side: fc.constantFrom('Buy' as const, 'Sell' as const),
});

test('whatever was traded, each day gives back its trades in order, with their ids', () => {
  fc.assert(
    fc.property(fc.array(trade, { size: 'max', maxLength: 400 }), (steps) => {
      let at = START;
      const trades = steps.map(({ wait, ...rest }): Trade => {
        at += wait;
        return { ...rest, at, direction: 'PlusTick' };
      });
      const { log } = logOf(trades);
      const all = trades.map(({ at, price, size, side }, index) => ({
        id: `#${index + 1}`,
        at,
        price,
        size,
        side,
      }));
      const days = new Set(all.map((one) => one.at - (one.at % DAY_MS)));
      for (const day of days) {
        const wanted = all.filter((one) => one.at >= day && one.at < day + DAY_MS);
        assert.deepEqual(read(log, day), wanted);
        assert.equal(log.countOf(day), wanted.length);
        assert.equal(log.priceBefore(day), all.findLast((one) => one.at < day)?.price ?? 1000);
      }
    }),
    { numRuns: 60 },
  );
});

/** So many trades, 100 ms apart. */
function steady(count: number, from: number): readonly Trade[] {
  return Array.from({ length: count }, (_, index) => ({
    at: from + index * 100,
    price: 1000 + (index % 7),
    size: 1 + (index % 200),
    side: index % 3 === 0 ? 'Sell' : 'Buy',
    direction: 'PlusTick',
  }));
}

test('long after memory has let executions go a day is still whole, in fewer than eight bytes each', () => {
  const trades = steady(300_000, START);
  const { log, budget } = logOf(trades);
  assert.equal(read(log, START).length, 300_000);
  assert.ok(budget.used < 300_000 * 8, `${budget.used} bytes`);
});

test('past the limit the oldest day goes as a whole, and is remembered as lost', () => {
  const [first, second] = [steady(20_000, START), steady(20_000, START + DAY_MS)];
  const { log, budget } = logOf([...first, ...second], 150_000);
  assert.deepEqual([log.isLost(START), log.isLost(START + DAY_MS), budget.lost], [true, false, 1]);
  assert.equal(read(log, START).length, 0);
  assert.equal(log.countOf(START), 20_000);
  assert.equal(read(log, START + DAY_MS).length, 20_000);
  assert.deepEqual(read(log, START + DAY_MS)[0], {
    id: '#20001',
    at: START + DAY_MS,
    price: 1000,
    size: 1,
    side: 'Sell',
  });
  assert.ok(budget.used <= budget.most);
});

test('a day that does not fit by itself is lost as a whole, and the next one is kept', () => {
  const { log, budget } = logOf([...steady(40_000, START), ...steady(100, START + DAY_MS)], 60_000);
  assert.equal(log.isLost(START), true);
  assert.equal(read(log, START + DAY_MS).length, 100);
  assert.ok(budget.used <= budget.most);
});
