/** Days that were made up: the same ones each time, in one piece with each other and with the live market. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../../connector/exchange/market/instruments.ts';
import { INSTRUMENTS } from '../../../../connector/exchange/market/instruments.ts';
import { MadeDay } from '../../../../connector/exchange/past/made-day.ts';

const DAY = Date.UTC(2026, 6, 31);
const DAY_MS = 86_400_000;
const NEVER = Number.POSITIVE_INFINITY;

type Trade = {
  readonly at: number;
  readonly price: number;
  readonly size: number;
  readonly side: number;
  readonly id: string;
};

function minuteOf(made: MadeDay, minute: number): readonly Trade[] {
  const rows = made.room();
  made.fill(minute, rows);
  return Array.from({ length: rows.count }, (_, index) => ({
    at: rows.at[index] ?? 0,
    price: rows.price[index] ?? 0,
    size: rows.size[index] ?? 0,
    side: rows.isSell[index] ?? 0,
    id: rows.idOf(rows.first + index),
  }));
}

function wholeDay(
  instrument: Instrument,
  seed = 'a',
  day = DAY,
  trades = 5000,
  bornAt = NEVER,
): readonly Trade[] {
  const made = new MadeDay(instrument, seed, day, trades, bornAt);
  return Array.from({ length: made.minutes }, (_, minute) => minuteOf(made, minute)).flat();
}

for (const instrument of INSTRUMENTS) {
  const name = `${instrument.category} ${instrument.symbol}`;

  test(`a day of ${name} has as many trades as ordered, in order, inside of the day, with ids of their own`, () => {
    for (const trades of [24, 25, 5000]) {
      const day = wholeDay(instrument, 'a', DAY, trades);
      assert.equal(day.length, trades);
      assert.equal(new Set(day.map(({ id }) => id)).size, trades);
      assert.ok(day.every(({ at }, index) => index === 0 || at >= (day[index - 1]?.at ?? 0)));
      assert.ok((day[0]?.at ?? 0) >= DAY * 10 && (day.at(-1)?.at ?? 0) < (DAY + DAY_MS) * 10);
      assert.ok(day.every(({ price, size }) => price >= 1 && size >= 1 && Number.isInteger(price * size)));
    }
  });

  test(`days of ${name} begin and end at the base price, and no minute leaves the last one's price`, () => {
    const made = new MadeDay(instrument, 'a', DAY, 5000, NEVER);
    let last = instrument.basePrice;
    for (let minute = 0; minute < 1440; minute += 1) {
      const trades = minuteOf(made, minute);
      assert.notEqual(trades.length, 1);
      if (trades.length === 0) continue;
      assert.equal(trades[0]?.price, last, `minute ${minute}`);
      last = trades.at(-1)?.price ?? last;
    }
    assert.equal(last, instrument.basePrice);
  });
}

const BTC = INSTRUMENTS[0];
assert.ok(BTC);

test('seed, market and date decide a day; none of the three can be changed without changing it', () => {
  const day = wholeDay(BTC);
  assert.deepEqual(wholeDay(BTC), day);
  const others = [
    wholeDay(BTC, 'b'),
    wholeDay(BTC, 'a', DAY - DAY_MS),
    wholeDay({ ...BTC, symbol: 'XBTUSDT' }),
  ];
  for (const other of others) {
    assert.notDeepEqual(
      other.map(({ price }) => price),
      day.map(({ price }) => price),
    );
    assert.equal(other.filter(({ id }) => day.some((one) => one.id === id)).length, 0);
  }
});

test('a minute is the same alone as among the others', () => {
  const made = new MadeDay(BTC, 'a', DAY, 5000, NEVER);
  const alone = minuteOf(new MadeDay(BTC, 'a', DAY, 5000, NEVER), 700);
  for (let minute = 0; minute < 700; minute += 1) minuteOf(made, minute);
  assert.deepEqual(minuteOf(made, 700), alone);
});

test('on the day of the birth only the last half hour differs, and it ends at the price the live market begins with', () => {
  const bornAt = DAY + 14 * 3_600_000 + 3 * 60_000 + 21_123;
  const day = wholeDay(BTC, 'a', DAY, 5000, bornAt);
  const usual = wholeDay(BTC);
  assert.ok(day.every(({ at }) => at < bornAt * 10));
  const bend = (bornAt - 31 * 60_000) * 10;
  const early = (trades: readonly Trade[]) => trades.filter(({ at }) => at < bend);
  assert.ok(early(day).length > 2000);
  assert.deepEqual(early(day), early(usual));
  const last = day.at(-1)?.price ?? 0;
  assert.ok(Math.abs(last - BTC.basePrice) <= BTC.basePrice * 0.00005, `${last} and ${BTC.basePrice}`);
});

test('an exchange that is born at midnight has a whole day before, and nothing of its own', () => {
  assert.deepEqual(wholeDay(BTC, 'a', DAY, 5000, DAY + DAY_MS), wholeDay(BTC));
  assert.deepEqual(wholeDay(BTC, 'a', DAY, 5000, DAY), []);
});
