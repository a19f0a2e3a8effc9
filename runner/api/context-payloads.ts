/** The payloads of what is reckoned from the trades of a day, as zod schemas (payloads.ts has the others). */
import { z } from 'zod';
import { categories } from '../../shared/market.ts';
import { coverageSources, exactnesses, reasons } from '../context/day/coverage.ts';
import { sessions } from '../context/day/sessions.ts';

const time = z.string().describe('ISO 8601, UTC, milliseconds');
const timeOrNull = z.string().nullable().describe('ISO 8601, UTC, milliseconds; null while there is none');
const count = z.number();
const number = z.number().nullable().describe('Null exactly when it is absent: see `quality`');
const decimal = z.string().describe('A decimal in all its digits');
const day = z.string().describe('The day, UTC');

const about = { symbol: z.string(), category: z.enum(categories), ts: time };
const tickSource = z
  .enum(['exchange', 'setting'])
  .describe('Where the width of a bin comes from: the tick size of the exchange, or PROFILE_TICK_SIZE');
const binSize = decimal.describe('Width of a bin of the profile');

const quality = z.object({
  exactness: z.enum(exactnesses),
  reasons: z.array(z.enum(reasons)).describe('Why it is not exact'),
});

/** Levels that are one number, in the order in which they are told. */
export const levelNames = [
  'VWAP',
  'POCd',
  'VAHd',
  'VALd',
  'PDH',
  'PDL',
  'VAHprev',
  'VALprev',
  'POCprev',
  'VWAPprev',
] as const;
export type LevelName = (typeof levelNames)[number];

export const levelsSchema = z.object({
  ...about,
  date: day,
  previous_date: day,
  vwap_mode: z
    .enum(['base', 'quote'])
    .describe('What a trade weighs in VWAP and VWAPprev: its quantity, or price * quantity'),
  bin_size: binSize,
  previous_bin_size: binSize,
  tick_source: tickSource,
  VWAP: number,
  POCd: number,
  VAHd: number,
  VALd: number,
  PDH: number,
  PDL: number,
  VAHprev: number,
  VALprev: number,
  POCprev: number,
  VWAPprev: number,
  OR: z
    .object({ hi: number, lo: number, startTs: time, endTs: time })
    .describe('Opening range: high and low from 08:00:00 up to 08:10:00 UTC'),
  quality: z.record(z.enum([...levelNames, 'OR']), quality).describe('How true each level is'),
});

export const statNames = [
  'rangeToday',
  'cd_pre',
  'pre_market_buy_volume',
  'pre_market_sell_volume',
  'live_buy_volume',
  'live_sell_volume',
  'live_delta',
] as const;
export type StatName = (typeof statNames)[number];

const statsSchema = z.object({
  rangeToday: number,
  cd_pre: number,
  pre_market_buy_volume: number,
  pre_market_sell_volume: number,
  live_buy_volume: number,
  live_sell_volume: number,
  live_delta: number,
  quality: z.record(z.enum(statNames), quality),
});

const coverage = z
  .array(z.object({ from: time, to: time, source: z.enum(coverageSources) }))
  .describe('What each span of the day comes from; its end is not in it');

export const contextSchema = z.object({
  ...about,
  session: z.enum(sessions),
  price: z.number().nullable().describe('Of the last trade'),
  levels: levelsSchema.omit({ symbol: true, category: true, ts: true }),
  stats: statsSchema,
  coverage,
  previous_coverage: coverage,
});

const footprintRow = z.object({
  price: z.number().describe('Lower edge of the bin'),
  volume: z.number(),
  buy_vol: z.number(),
  sell_vol: z.number(),
  rank: count,
});

export const strategyMetricsSchema = z.object({
  ...about,
  vwap: number,
  poc: number,
  delta: number.describe('buy_volume less sell_volume of today'),
  buy_volume: number.describe('Of takers that bought; in an inverse market USD, else the base coin'),
  sell_volume: number,
  footprint: z.array(footprintRow).describe('The largest bins of today, the largest first, at most 20'),
  bin_size: binSize,
  tick_source: tickSource,
  quality: z.record(z.enum(['vwap', 'poc', 'delta', 'footprint']), quality),
});

const part = z.number();
export const regimeSchema = z.object({
  ...about,
  session: z.enum(sessions),
  regime: z.enum(['TREND', 'RANGE']).nullable(),
  trend_score: z.number().nullable(),
  range_score: z.number().nullable(),
  threshold: z.number().describe('A trend must beat the range by so much'),
  parts: z
    .object({ near: part, delta: part, concentration: part, session: part })
    .nullable()
    .describe('What the scores are made of, each 0 to 1'),
  missing: z.array(z.string()).describe('What is not known, so that there is no regime'),
  exactness: z.enum(exactnesses),
  reasons: z.array(z.enum(reasons)),
});

const place = z.object({ price: z.number(), time, trade_id: z.string() }).nullable();
export const debugVwapSchema = z.object({
  ...about,
  date: day,
  vwap: number,
  vwap_quote: number,
  exactness: z.enum(exactnesses),
  reasons: z.array(z.enum(reasons)),
  volume: decimal.describe('Sum of quantities'),
  notional: decimal.describe('Sum of price * quantity'),
  squares: decimal.describe('Sum of price * price * quantity'),
  trades: count.describe('In these sums'),
  klines: count.describe('One-minute candles that are known, also of minutes that trades cover'),
  first_trade: place,
  last_trade: place,
  coverage,
});

export const debugPocSchema = z.object({
  ...about,
  date: day,
  poc: number,
  vah: number,
  val: number,
  bin_size: binSize,
  tick_source: tickSource,
  exactness: z.enum(exactnesses),
  reasons: z.array(z.enum(reasons)),
  bins: z.array(footprintRow).describe('The ten largest, the largest first'),
});

export const exchangeInfoSchema = z.object({
  symbol: z.string(),
  category: z.enum(categories),
  tickSize: decimal.nullable(),
  stepSize: decimal.nullable(),
  minQty: decimal.nullable(),
  minNotional: decimal.nullable().describe('In quote coin'),
  ts: timeOrNull.describe('When the exchange said so; null while it is not known'),
});

export const debugTradesSchema = z.object({
  ...about,
  date: day,
  live: count.describe('Trades of today that were told one by one: by the feed, or healed'),
  backfill: count.describe('Trades of today that came from stored history'),
  covered: count.describe('Told although stored history has them: counted once'),
  refused: count.describe(
    'Left out: absurd numbers, a time ahead of the exchange clock, or too many before the feed began',
  ),
  klines: count.describe('One-minute candles of today'),
  previous_live: count,
  previous_backfill: count,
  too_old: count.describe('Left out since the start: of a day before yesterday'),
  in_future: count.describe('Left out since the start: more than 10 s ahead of the exchange clock'),
});

export type QualityPayload = z.output<typeof quality>;
export type LevelsPayload = z.output<typeof levelsSchema>;
export type StatsPayload = z.output<typeof statsSchema>;
export type ContextPayload = z.output<typeof contextSchema>;
export type StrategyMetricsPayload = z.output<typeof strategyMetricsSchema>;
export type RegimePayload = z.output<typeof regimeSchema>;
export type DebugVwapPayload = z.output<typeof debugVwapSchema>;
export type DebugPocPayload = z.output<typeof debugPocSchema>;
export type ExchangeInfoPayload = z.output<typeof exchangeInfoSchema>;
export type DebugTradesPayload = z.output<typeof debugTradesSchema>;
