/** Archive, candles, newest trades and what was executed tell one story: on a real server, over a midnight. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../helpers/until.ts';
import type { Running } from '../io/running.ts';
import { run } from '../io/running.ts';
import type { ArchiveRow } from './reading.ts';
import { candleOf, klines, rowsOf, sumsOf, textOf, units } from './reading.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAY = Date.UTC(2026, 7, 1);
const BIRTH = DAY + 23 * 3_600_000 + 41 * MINUTE_MS + 33_217;

type Executed = { id: string; T: number; price: string; size: string; side: string };

const markets = [
  { category: 'linear', symbol: 'BTCUSDT', file: (date: string) => `/trading/BTCUSDT/BTCUSDT${date}.csv.gz` },
  { category: 'inverse', symbol: 'BTCUSD', file: (date: string) => `/trading/BTCUSD/BTCUSD${date}.csv.gz` },
  { category: 'spot', symbol: 'ETHUSDT', file: (date: string) => `/spot/ETHUSDT/ETHUSDT_${date}.csv.gz` },
] as const;

async function executed(server: Running, query: string): Promise<readonly Executed[]> {
  const answer = await server.get(`/sim/executions?${query}&limit=200000`);
  assert.equal(answer['evicted'], 0);
  return answer['list'] as Executed[];
}

async function live(server: Running, query: string, count: number): Promise<void> {
  const before = (await executed(server, query)).length;
  await until(`${query} has traded`, async () => (await executed(server, query)).length >= before + count);
}

const asExecuted = ({ id, at, price, size, side }: ArchiveRow) => ({
  id,
  T: at,
  price: units(price),
  size: units(size),
  side: side.toLowerCase(),
});

test('the file of a day that the exchange lived through is what it executed, and every candle is its sum', async () => {
  const server = await run({ historyTrades: 4000, startAt: BIRTH, seed: 'one story' });
  try {
    // Some minutes, and then the night, are jumped over; the midnight itself is lived through.
    for (const { category, symbol } of markets)
      await live(server, `category=${category}&symbol=${symbol}`, 10);
    await server.post('/sim/clock', { to: new Date(DAY + DAY_MS - 400).toISOString() });
    for (const { category, symbol } of markets)
      await live(server, `category=${category}&symbol=${symbol}`, 15);
    await server.post('/sim/flow', { paused: true });
    await server.post('/sim/clock', { to: new Date(DAY + DAY_MS + 4 * 3_600_000).toISOString() });
    for (const { category, symbol, file } of markets) {
      const query = `category=${category}&symbol=${symbol}`;
      const all = await executed(server, query);
      const ofDay = all.filter(({ T }) => T < DAY + DAY_MS);
      const rows = rowsOf(await textOf(server, file('2026-08-01')));
      const lived = rows.filter(({ at }) => at >= BIRTH);
      assert.ok(ofDay.length >= 10 && ofDay.length < all.length && rows.length > lived.length + 300);
      const truth = ofDay.map(({ price, size, side, T, id }, index) => ({
        id: category === 'spot' ? String(rows.length - ofDay.length + index + 1) : id,
        T,
        price: units(price),
        size: units(size),
        side: side.toLowerCase(),
      }));
      assert.deepEqual(lived.map(asExecuted), truth);

      await newestAreTheEnd(server, query, rows, all.length - ofDay.length);
      await candlesAreSums(server, query, rows, category === 'inverse');
    }
  } finally {
    await server.stop();
  }
});

/** The newest trades are the end of the file, and the `after` trades of the day after it. */
async function newestAreTheEnd(
  server: Running,
  query: string,
  rows: readonly ArchiveRow[],
  after: number,
): Promise<void> {
  const answer = await server.get(`/v5/market/recent-trade?${query}&limit=1000`);
  const { list } = answer['result'] as {
    list: { execId: string; time: string; price: string; size: string; side: string; seq: string }[];
  };
  assert.equal(list.length, query.includes('spot') ? 60 : 1000);
  const told = list.slice(after).toReversed();
  const tail = rows.slice(rows.length - told.length);
  const isSpot = query.includes('spot');
  assert.deepEqual(
    told.map(({ execId, time, price, size, side }) => [
      isSpot || execId,
      time,
      units(price),
      units(size),
      side,
    ]),
    tail.map(({ id, at, price, size, side }) => [
      isSpot || id,
      String(at),
      units(price),
      units(size),
      side.charAt(0).toUpperCase() + side.slice(1),
    ]),
  );
  const rising = (numbers: readonly bigint[]) =>
    assert.ok(numbers.every((one, index) => index === 0 || one >= (numbers[index - 1] ?? 0n)));
  rising(list.map(({ seq }) => BigInt(seq)).toReversed());
  if (isSpot) rising(list.map(({ execId }) => BigInt(execId)).toReversed());
}

/** Minutes, hours and the day; where the live market begins its candle opens at the base price, as the market did. */
async function candlesAreSums(
  server: Running,
  query: string,
  rows: readonly ArchiveRow[],
  isInverse: boolean,
): Promise<void> {
  for (const [interval, length] of [
    ['1', MINUTE_MS],
    ['15', 15 * MINUTE_MS],
    ['60', 60 * MINUTE_MS],
    ['D', DAY_MS],
  ] as const) {
    const candles = await klines(server, `${query}&interval=${interval}`, DAY, DAY + DAY_MS);
    assert.equal(candles.length, DAY_MS / length, `candles of ${interval}`);
    for (const [index, candle] of candles.entries()) {
      const start = DAY + index * length;
      const truth = candleOf(rows, start, start + length, isInverse);
      assert.equal(Number(candle[0]), start);
      const sums = sumsOf(candle);
      const holdsBirth = start <= BIRTH && BIRTH < start + length;
      if (holdsBirth) {
        assert.deepEqual(
          [sums.volume, sums.turnover, sums.close],
          [truth?.volume, truth?.turnover, truth?.close],
        );
        assert.ok(sums.high >= (truth?.high ?? 0n) && sums.low <= (truth?.low ?? 0n));
      } else assert.deepEqual(sums, truth, `${query} ${interval} ${new Date(start).toISOString()}`);
    }
  }
}

test('candles of made days are the sums of their files, by day, week and month, on both sides of an hour', async () => {
  const server = await run({ historyTrades: 1500, startAt: BIRTH, seed: 'made' });
  try {
    for (const { category, symbol, file } of markets) {
      const query = `category=${category}&symbol=${symbol}`;
      const days = Array.from({ length: 7 }, (_, index) => Date.UTC(2026, 6, 20 + index));
      const texts: string[] = [];
      for (const day of days)
        texts.push(await textOf(server, file(new Date(day).toISOString().slice(0, 10))));
      const rows = texts.flatMap(rowsOf);
      const [from, to] = [days[0] ?? 0, (days[6] ?? 0) + DAY_MS];
      for (const [interval, length] of [
        ['1', MINUTE_MS],
        ['240', 240 * MINUTE_MS],
        ['D', DAY_MS],
        ['W', 7 * DAY_MS],
      ] as const) {
        const candles = await klines(server, `${query}&interval=${interval}`, from, to);
        assert.equal(candles.length, (to - from) / length);
        // Minutes are many: those of one day tell what those of seven do.
        const some = interval === '1' ? candles.slice(0, 1440) : candles;
        const seen = interval === '1' ? rows.filter(({ at }) => at < from + DAY_MS) : rows;
        for (const [index, candle] of some.entries()) {
          const start = from + index * length;
          assert.deepEqual(sumsOf(candle), candleOf(seen, start, start + length, category === 'inverse'));
        }
      }
    }
  } finally {
    await server.stop();
  }
});

test('an exchange that was just born gives a full list of newest trades: what its archive says it had before', async () => {
  const server = await run({ historyTrades: 8000, startAt: BIRTH, seed: 'just born' });
  try {
    for (const { category, symbol } of markets)
      await live(server, `category=${category}&symbol=${symbol}`, 3);
    await server.post('/sim/flow', { paused: true });
    await server.post('/sim/clock', { to: new Date(DAY + DAY_MS + 4 * 3_600_000).toISOString() });
    for (const { category, symbol, file } of markets) {
      const rows = rowsOf(await textOf(server, file('2026-08-01')));
      assert.ok(rows.findIndex(({ at }) => at >= BIRTH) > 0);
      await newestAreTheEnd(server, `category=${category}&symbol=${symbol}`, rows, 0);
    }
  } finally {
    await server.stop();
  }
});

test('made days join each other and the live market without a jump', async () => {
  const server = await run({ historyTrades: 3000, startAt: BIRTH, seed: 'joints' });
  try {
    const query = 'category=linear&symbol=BTCUSDT';
    await live(server, query, 10);
    const first = units((await executed(server, query))[0]?.price ?? '');
    const candles = await klines(server, `${query}&interval=1`, DAY - DAY_MS, BIRTH);
    const closes = candles.map((candle) => sumsOf(candle).close);
    const near = (one: bigint, other: bigint, permille: bigint) =>
      (one > other ? one - other : other - one) * 1000n <= other * permille;
    for (const [index, close] of closes.entries())
      assert.ok(near(close, closes[Math.max(0, index - 1)] ?? 0n, 3n), `minute ${index}`);
    assert.ok(near(closes.at(-1) ?? 0n, first, 1n));
  } finally {
    await server.stop();
  }
});

test('the same seed gives the same bytes in another life, at another time', async () => {
  const paths = ['/trading/ETHUSDT/ETHUSDT2026-07-30.csv.gz', '/spot/BTCUSDT/BTCUSDT_2023-05-05.csv.gz'];
  const texts: string[][] = [];
  for (const [seed, startAt] of [
    ['same', BIRTH],
    ['same', BIRTH + 3 * DAY_MS],
    ['other', BIRTH],
  ] as const) {
    const server = await run({ historyTrades: 500, startAt, seed });
    try {
      texts.push([await textOf(server, paths[0] ?? ''), await textOf(server, paths[1] ?? '')]);
    } finally {
      await server.stop();
    }
  }
  assert.deepEqual(texts[1], texts[0]);
  assert.notDeepEqual(texts[2]?.[0], texts[0]?.[0]);
  assert.notDeepEqual(texts[2]?.[1], texts[0]?.[1]);
});
