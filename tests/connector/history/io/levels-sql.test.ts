/**
 * Levels that the runner's classes make of a stored day equal, to the last digit, those of SQL that knows nothing of ours, over the Parquet
 * file: of generated days, and of what the real exchange sent (where ../shared is there).
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import Big from 'big.js';
import { edgesOf } from '../../../../connector/history/run/io/edge-sums.ts';
import { totalsEvents } from '../../../../connector/history/run/totals-events.ts';
import { type DayKey, dayFiles } from '../../../../connector/history/store/paths.ts';
import { spanOfDay } from '../../../../connector/history/store/spans.ts';
import type { TradeRow } from '../../../../connector/history/store/verification.ts';
import { TotalsParts } from '../../../../runner/backfill/totals-parts.ts';
import type { DayFigures } from '../../../../runner/context/day/figures.ts';
import { InstrumentDays } from '../../../../runner/context/day/instrument-days.ts';
import { naiveArea, naiveQuotient } from '../../../runner/context/day/naive.ts';
import { type CacheWorld, cacheWorld, linearKey, midnight } from './cache-world.ts';
import { linesOf, recorded } from './lines.ts';

const DAY = 86_400_000;
const SESSION = 8 * 3_600_000;
const recording = path.join(
  import.meta.dirname,
  '../../../../../shared/data/recorded/linear-2026-08-09.jsonl',
);

type Told = Readonly<Record<string, string>>;

/** Every number is text: sums of decimals with as many places as they need. `scale`: ten to the places of the tick. */
async function bySql(
  file: string,
  tick: string,
  start: number,
): Promise<{ readonly sums: Told; readonly bins: readonly Told[] }> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const query = async (sql: string): Promise<readonly Told[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson() as Told[];
  const few = 'CAST(p AS DECIMAL(19, 5))';
  const trades = `(SELECT timestamp, side, CAST(CAST(price AS VARCHAR) AS DECIMAL(19, 8)) AS p,
    CAST(CAST(qty AS VARCHAR) AS DECIMAL(19, 8)) AS q FROM read_parquet('${file}'))`;
  const volume = (where: string): string => `CAST(coalesce(sum(q) FILTER (WHERE ${where}), 0) AS VARCHAR)`;
  const opening = `timestamp >= ${start + SESSION} AND timestamp < ${start + SESSION + 600_000}`;
  const [sums = {}] =
    await query(`SELECT CAST(count(*) AS VARCHAR) AS trades, CAST(sum(q) AS VARCHAR) AS volume,
    CAST(sum(CAST(p * q AS DECIMAL(38, 16))) AS VARCHAR) AS notional,
    CAST(sum(CAST(${few} * ${few} AS DECIMAL(24, 10)) * CAST(q AS DECIMAL(14, 3))) AS VARCHAR) AS squares, CAST(max(p) AS VARCHAR) AS high, CAST(min(p) AS VARCHAR) AS low,
    ${volume(`side = 'buy' AND timestamp < ${start + SESSION}`)} AS early_buy,
    ${volume(`side = 'sell' AND timestamp < ${start + SESSION}`)} AS early_sell,
    ${volume(`side = 'buy' AND timestamp >= ${start + SESSION}`)} AS late_buy,
    ${volume(`side = 'sell' AND timestamp >= ${start + SESSION}`)} AS late_sell,
    CAST(max(p) FILTER (WHERE ${opening}) AS VARCHAR) AS opening_high, CAST(min(p) FILTER (WHERE ${opening}) AS VARCHAR) AS opening_low
    FROM ${trades}`);
  const scale = new Big(1).div(tick).toFixed();
  const bins =
    await query(`SELECT CAST(CAST(floor(p * ${scale}) AS BIGINT) AS VARCHAR) AS bin, CAST(sum(q) AS VARCHAR) AS volume,
    ${volume(`side = 'buy'`)} AS buy, ${volume(`side = 'sell'`)} AS sell, row_number() OVER (ORDER BY sum(q) DESC, bin::BIGINT) AS rank
    FROM ${trades} GROUP BY 1 ORDER BY CAST(bin AS BIGINT)`);
  connection.closeSync();
  database.closeSync();
  return { sums, bins };
}

/** As they travel from a history child into the runner. */
async function byUs(world: CacheWorld, key: DayKey, tick: string): Promise<DayFigures> {
  const span = spanOfDay(key.date);
  const totals = await world.store.dayTotals(key, tick, span);
  const edges = await edgesOf(world.store, key, tick, span);
  assert.ok(totals.ok && edges.ok);
  const days = new InstrumentDays(key, span.to - 1, { profileTickSize: tick });
  days.setTickSize(tick);
  const parts = new TotalsParts();
  for (const event of totalsEvents(totals.value, span, edges.value)) {
    const part = parts.add(event);
    if (part !== undefined) assert.equal(days.join(part), undefined);
  }
  return days.figures().today;
}

async function requireSame(world: CacheWorld, key: DayKey, tick: string): Promise<number> {
  const us = await byUs(world, key, tick);
  const { sums, bins } = await bySql(
    dayFiles(world.root, key, 'trades').parquet,
    tick,
    spanOfDay(key.date).from,
  );
  const zero = new Big(0);
  const area = naiveArea(
    bins.map(({ bin, volume }) => ({
      index: Number(bin),
      buy: zero,
      sell: zero,
      volume: new Big(volume ?? 0),
    })),
  );
  const price = (index: number | undefined): number | null =>
    index === undefined ? null : new Big(index).times(tick).toNumber();
  const number = (text: string | null | undefined): number | null => (text == null ? null : Number(text));
  assert.deepEqual(
    {
      trades: us.counts.trades,
      vwap: us.vwap.value,
      quote: us.vwap_quote.value,
      high: us.high.value,
      low: us.low.value,
      poc: us.poc.value,
      vah: us.vah.value,
      val: us.val.value,
      opening: us.opening_range.value,
      early: [us.pre_market_buy_volume.value, us.pre_market_sell_volume.value],
      late: [us.live_buy_volume.value, us.live_sell_volume.value],
      footprint: us.footprint.value,
    },
    {
      trades: number(sums['trades']),
      vwap: naiveQuotient(new Big(sums['notional'] ?? 0), new Big(sums['volume'] ?? 0)),
      quote: naiveQuotient(new Big(sums['squares'] ?? 0), new Big(sums['notional'] ?? 0)),
      high: number(sums['high']),
      low: number(sums['low']),
      poc: price(area?.poc),
      vah: price(area?.vah),
      val: price(area?.val),
      opening:
        sums['opening_high'] == null
          ? null
          : { hi: number(sums['opening_high']), lo: number(sums['opening_low']) },
      early: [number(sums['early_buy']), number(sums['early_sell'])],
      late: [number(sums['late_buy']), number(sums['late_sell'])],
      footprint: bins
        .filter(({ rank }) => Number(rank) <= 20)
        .toSorted((one, other) => Number(one['rank']) - Number(other['rank']))
        .map(({ bin, volume, buy, sell, rank }) => ({
          price: price(Number(bin)),
          ...{ volume: Number(volume), buy_vol: Number(buy), sell_vol: Number(sell), rank: Number(rank) },
        })),
    },
  );
  return us.counts.trades;
}

/** Trades of a whole day at prices that wander, with quantities of many sizes. */
function generated(seed: number, trades: number): readonly TradeRow[] {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  let ticks = 935_000;
  return Array.from({ length: trades }, (_, index) => {
    ticks += Math.round((random() - 0.5) * 20);
    const at = Math.floor((index / trades) * (DAY - 1));
    const qty = Number((Math.ceil(random() ** 6 * 1e6) / 1e3).toFixed(3));
    const side = random() < 0.5 ? 'buy' : 'sell';
    return recorded(at, { price: Number((ticks / 10).toFixed(1)), qty, side, id: `g${index}` });
  });
}

describe('levels equal those of SQL over the Parquet file, to the last digit', () => {
  for (const seed of [1, 2, 3])
    it(`of a generated day (${seed})`, async (t) => {
      const world = cacheWorld(t);
      const stored = await world.store.appendLines(
        linesOf(world, [generated(seed, 5_000)], { covered: [[0, DAY]] }),
      );
      assert.ok(stored.ok, JSON.stringify(stored));
      assert.equal(await requireSame(world, linearKey, '0.1'), 5_000);
    });

  it('of what the real exchange sent', {
    skip: !existsSync(recording) && '../shared is not there',
  }, async (t) => {
    const rows = tradesOf(recording);
    let total = 0;
    for (const symbol of new Set(rows.map((row) => row.symbol))) {
      const world = cacheWorld(t);
      const key: DayKey = { ...linearKey, symbol, date: '2026-08-09' };
      const shift = 8 * DAY;
      const own = rows.filter((row) => row.symbol === symbol).map(({ row }) => row);
      const covered = [[shift, shift + DAY]] as const;
      const stored = await world.store.appendLines(linesOf(world, [own], { key, covered }));
      assert.ok(stored.ok, JSON.stringify(stored));
      total += await requireSame(world, key, symbol === 'DOGEUSDT' ? '0.00001' : '0.01');
    }
    assert.equal(total, 327);
  });
});

/** The trades of a recorded socket, read here. */
function tradesOf(file: string): readonly { readonly symbol: string; readonly row: TradeRow }[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const { t, frame = '' } = JSON.parse(line) as { readonly t: string; readonly frame?: string };
    if (t !== 'recv' || !frame.includes('publicTrade')) return [];
    const { topic = '', data = [] } = JSON.parse(frame) as {
      readonly topic?: string;
      readonly data?: readonly {
        readonly T: number;
        readonly s: string;
        readonly S: string;
        readonly v: string;
        readonly p: string;
        readonly i: string;
      }[];
    };
    if (!topic.startsWith('publicTrade')) return [];
    return data.map(({ T, s, S, v, p, i }) => ({
      symbol: s,
      row: recorded(T - midnight, {
        id: i,
        price: Number(p),
        qty: Number(v),
        side: S === 'Buy' ? 'buy' : 'sell',
      }),
    }));
  });
}
