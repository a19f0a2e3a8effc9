/** The files letter by letter: what public.bybit.com's columns look like, old and new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../../../connector/exchange/archive/day-file.ts';
import type { Feed } from '../../../../connector/exchange/feeds/topics.ts';
import type { Execution } from '../../../../connector/exchange/market/market.ts';
import { Harness } from '../harness.ts';

/** An exchange that was born at the beginning of a day, and three hand-made trades of it. */
function lived(category: string, symbol: string, birth: number, defect?: 'bad_row'): string {
  const harness = new Harness({ startAt: birth });
  const feed = harness.exchange.feed(category, symbol);
  assert.ok(feed);
  const base = feed.instrument.basePrice;
  const trades: readonly Partial<Execution>[] = [
    { at: birth, price: base + 1, size: 1, side: 'Buy', direction: 'PlusTick' },
    { at: birth + 1000, price: base + 1, size: 250, side: 'Sell', direction: 'ZeroPlusTick' },
    { at: birth + 86_399_999, price: base, size: 1200, side: 'Sell', direction: 'MinusTick' },
  ];
  for (const trade of trades)
    feed.past.log.add({
      id: '',
      at: 0,
      price: 0,
      size: 0,
      side: 'Buy',
      seq: 0,
      direction: 'PlusTick',
      ...trade,
    });
  return textFor(feed, birth, defect);
}

function textFor(feed: Feed, day: number, defect?: 'bad_row'): string {
  return [...textOf({ feed, day, defect })].join('');
}

const NEW = Date.UTC(2026, 7, 1);
const OLD = Date.UTC(2024, 6, 1);
const EARLY = Date.UTC(2021, 6, 1);
const COLUMNS =
  'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional';

/** The ids of a file, so that the rest can be written down by hand. */
function withoutIds(text: string): { readonly text: string; readonly ids: readonly string[] } {
  const ids = text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
  return { text: text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '#'), ids };
}

test('linear, new: decimals of a second, 11 columns, numbers without zeros at their end', () => {
  const { text, ids } = withoutIds(lived('linear', 'BTCUSDT', NEW));
  assert.equal(
    text,
    `${COLUMNS},RPI
1785542400,BTCUSDT,Buy,0.001,65114.3,PlusTick,#,6.51143e+09,0.001,65.1143,0
1785542401.0003,BTCUSDT,Sell,0.25,65114.3,ZeroPlusTick,#,1.6278575e+12,0.25,16278.575,0
1785628799.9998,BTCUSDT,Sell,1.2,65114.2,MinusTick,#,7.813704e+12,1.2,78137.04,0
`,
  );
  assert.equal(new Set(ids).size, 3);
});

test('linear, old: 10 columns and whole numbers; earlier still, whole seconds', () => {
  assert.equal(
    withoutIds(lived('linear', 'BTCUSDT', OLD)).text,
    `${COLUMNS}
1719792000.0003,BTCUSDT,Buy,0.001,65114.3,PlusTick,#,6511430000,0.001,65.1143
1719792001.0006,BTCUSDT,Sell,0.25,65114.3,ZeroPlusTick,#,1627857500000,0.25,16278.575
1719878399.9992,BTCUSDT,Sell,1.2,65114.2,MinusTick,#,7813704000000,1.2,78137.04
`,
  );
  assert.match(lived('linear', 'BTCUSDT', EARLY), /\n1625097600,.*\n1625097601,.*\n1625183999,/);
});

test('inverse: size and foreign notional in dollars, home notional in coins', () => {
  assert.equal(
    withoutIds(lived('inverse', 'BTCUSD', NEW)).text,
    `${COLUMNS},RPI
1785542400,BTCUSD,Buy,1,65102.1,PlusTick,#,1.536e+03,0.00001536,1,0
1785542401.0003,BTCUSD,Sell,250,65102.1,ZeroPlusTick,#,3.84012e+05,0.00384012,250,0
1785628799.9998,BTCUSD,Sell,1200,65102,MinusTick,#,1.843261e+06,0.01843261,1200,0
`,
  );
});

test('spot: a counter, milliseconds, small letters; rpi in newer files', () => {
  assert.equal(
    lived('spot', 'BTCUSDT', NEW),
    `id,timestamp,price,volume,side,rpi
1,1785542400000,65141.1,0.000001,buy,0
2,1785542401000,65141.1,0.00025,sell,0
3,1785628799999,65141,0.0012,sell,0
`,
  );
  assert.equal(lived('spot', 'BTCUSDT', OLD).split('\n')[0], 'id,timestamp,price,volume,side');
});

test('a contract file of an early New Year descends, and its directions are those of the ascending one', () => {
  const harness = new Harness({ historyTrades: 500, startAt: NEW });
  const feed = harness.exchange.feed('linear', 'BTCUSDT');
  assert.ok(feed);
  const lines = textFor(feed, Date.UTC(2024, 0, 1))
    .trimEnd()
    .split('\n')
    .slice(1);
  const times = lines.map((line) => Number(line.split(',')[0]));
  assert.deepEqual(
    times,
    times.toSorted((one, other) => other - one),
  );
  assert.equal(lines.length, 500);
  assert.ok(times.some((time) => !Number.isInteger(time)));
  const ascending = lines.toReversed().map((line) => line.split(','));
  for (const [index, cells] of ascending.entries()) {
    const [price, last] = [Number(cells[4]), Number(ascending[index - 1]?.[4] ?? 65_114.2)];
    const wanted = price > last ? /^PlusTick$/ : price < last ? /^MinusTick$/ : /^Zero/;
    assert.match(cells[5] ?? '', wanted);
  }
});

test('a bad row stands in the middle of the file and has neither the columns nor the numbers', () => {
  const harness = new Harness({ historyTrades: 500, startAt: NEW });
  const feed = harness.exchange.feed('linear', 'BTCUSDT');
  assert.ok(feed);
  const day = Date.UTC(2025, 6, 1);
  const whole = textFor(feed, day).split('\n');
  const spoilt = textFor(feed, day, 'bad_row').split('\n');
  const bad = spoilt.findIndex((line) => line.includes('cheap'));
  assert.ok(bad > 200 && bad < 300, `${bad}`);
  assert.deepEqual(spoilt.toSpliced(bad, 1), whole);
});
