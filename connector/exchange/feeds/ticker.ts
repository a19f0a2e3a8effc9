/**
 * The ticker of a market: its names in Bybit's order, and their texts of this moment.
 *
 * Last price, extremes, sums, best bid and ask come from the market itself; "24 hours" is the time since the start.
 * Mark price, index price and funding are slow seeded waves around the last price, functions of the second. Fields:
 * bybit-v5.md 3.6, bybit-payload-traps.md 23.
 */

import { turnoverUnits } from '../market/candles.ts';
import type { Instrument } from '../market/instruments.ts';
import { fixedText, priceText, sizeText } from '../market/instruments.ts';
import type { Level } from '../market/matching-book.ts';
import { turnoverDigits } from '../market/statistics.ts';
import type { Feed } from './topics.ts';

const HOUR_MS = 3_600_000;
const FUNDING_HOURS = 8;
const DAY_SECONDS = 86_400;

const COMMON = [
  'symbol',
  'tickDirection',
  'price24hPcnt',
  'lastPrice',
  'prevPrice24h',
  'highPrice24h',
  'lowPrice24h',
  'prevPrice1h',
  'markPrice',
  'indexPrice',
  'openInterest',
  'openInterestValue',
  'turnover24h',
  'volume24h',
  'nextFundingTime',
  'fundingRate',
  'bid1Price',
  'bid1Size',
  'ask1Price',
  'ask1Size',
  'preOpenPrice',
  'preQty',
  'curPreListingPhase',
  'singleOpenInterest',
  'singleOpenInterestValue',
] as const;
const PERPETUAL = [...COMMON, 'fundingIntervalHour', 'fundingCap'];
const DATED = [
  ...COMMON,
  'deliveryTime',
  'basisRate',
  'basis',
  'basisRateYear',
  'deliveryFeeRate',
  'predictedDeliveryPrice',
];
const SPOT = [
  'symbol',
  'lastPrice',
  'highPrice24h',
  'lowPrice24h',
  'prevPrice24h',
  'volume24h',
  'turnover24h',
  'price24hPcnt',
  'usdIndexPrice',
];

/** The names of a ticker's fields, in order. */
export function tickerNames({ category, deliveryAt }: Instrument): readonly string[] {
  if (category === 'spot') return SPOT;
  return deliveryAt === undefined ? PERPETUAL : DATED;
}

/** The texts of those fields at `now` (ms since 1970). */
export function tickerValues(feed: Feed, now: number): readonly string[] {
  return feed.instrument.category === 'spot' ? spotValues(feed, now) : contractValues(feed, now);
}

function spotValues(feed: Feed, now: number): readonly string[] {
  const { instrument, market, statistics } = feed;
  const { total } = statistics;
  return [
    instrument.symbol,
    priceText(instrument, market.lastPrice),
    priceText(instrument, total.high),
    priceText(instrument, total.low),
    priceText(instrument, instrument.basePrice),
    sizeText(instrument, total.volume),
    turnoverText(instrument, total),
    changeOf(feed).toFixed(4),
    priceText(instrument, indexPrice(feed, now)),
  ];
}

function contractValues(feed: Feed, now: number): readonly string[] {
  const { instrument, market, statistics } = feed;
  const { total, openInterest } = statistics;
  const mark = markPrice(feed, now);
  const [bidPrice, bidSize] = bestOf(instrument, market.book.bids);
  const [askPrice, askSize] = bestOf(instrument, market.book.asks);
  const isDated = instrument.deliveryAt !== undefined;
  return [
    instrument.symbol,
    market.direction,
    changeOf(feed).toFixed(6),
    priceText(instrument, market.lastPrice),
    priceText(instrument, instrument.basePrice),
    priceText(instrument, total.high),
    priceText(instrument, total.low),
    priceText(instrument, statistics.candles.priceAt(now - HOUR_MS)),
    priceText(instrument, mark),
    priceText(instrument, indexPrice(feed, now)),
    sizeText(instrument, openInterest),
    worthText(instrument, openInterest, mark),
    turnoverText(instrument, total),
    sizeText(instrument, total.volume),
    isDated ? '' : String(nextFunding(now)),
    isDated ? '' : fundingRate(feed, now),
    bidPrice,
    bidSize,
    askPrice,
    askSize,
    '',
    '',
    '',
    sizeText(instrument, openInterest / 2),
    worthText(instrument, openInterest / 2, mark),
    ...(isDated ? datedValues(feed, now) : [String(FUNDING_HOURS), '0.005']),
  ];
}

/** The delivery time is a date on the socket, and ms in REST. */
function datedValues(feed: Feed, now: number): readonly string[] {
  const { instrument, market } = feed;
  const index = indexPrice(feed, now);
  const delivery = instrument.deliveryAt ?? 0;
  const rate = (market.lastPrice - index) / index;
  const years = Math.max(1 / 365, (delivery - now) / 1000 / DAY_SECONDS / 365);
  return [
    new Date(delivery).toISOString().replace('.000Z', 'Z'),
    rate.toFixed(8),
    priceDifference(instrument, market.lastPrice - index),
    (rate / years).toFixed(8),
    '0.0005',
    '',
  ];
}

function priceDifference(instrument: Instrument, ticks: number): string {
  return `${ticks < 0 ? '-' : ''}${priceText(instrument, Math.abs(ticks))}`;
}

/** The best level of a ladder as price and size; an empty side has empty texts. */
export function bestOf(instrument: Instrument, ladder: readonly Level[]): readonly [string, string] {
  const best = ladder.at(-1);
  return best === undefined ? ['', ''] : [priceText(instrument, best.price), sizeText(instrument, best.size)];
}

/** A turnover as the market writes it. */
export function turnoverText(
  instrument: Instrument,
  sum: { readonly turnoverHigh: number; readonly turnoverLow: number },
): string {
  const units = turnoverUnits(sum);
  if (units === 0n) return '0';
  return fixedText(units, turnoverDigits(instrument), instrument.category !== 'spot');
}

function changeOf({ market, instrument }: Feed): number {
  return (market.lastPrice - instrument.basePrice) / instrument.basePrice;
}

/** What contracts are worth at a price: quote coin on linear, base coin on inverse; two digits, four on inverse. */
function worthText(instrument: Instrument, lots: number, ticks: number): string {
  const size = (lots * instrument.lotUnits) / 10 ** instrument.sizeDigits;
  const price = (ticks * instrument.tickUnits) / 10 ** instrument.priceDigits;
  return instrument.category === 'inverse' ? (size / price).toFixed(4) : (size * price).toFixed(2);
}

function indexPrice({ market, statistics }: Feed, now: number): number {
  const second = Math.floor(now / 1000);
  const wave = Math.sin(second / 37 + statistics.phase * 2 * Math.PI);
  return Math.max(1, Math.round(market.lastPrice * (1 + 0.0003 * wave)));
}

function markPrice(feed: Feed, now: number): number {
  const second = Math.floor(now / 1000);
  const wave = Math.sin(second / 11 + feed.statistics.phase * 2 * Math.PI);
  return Math.max(1, Math.round(indexPrice(feed, now) * (1 + 0.0001 * wave)));
}

/** Changes by the minute, from -0.01 % to 0.03 %. */
function fundingRate({ statistics }: Feed, now: number): string {
  const minute = Math.floor(now / 60_000);
  return (0.0001 + 0.0002 * Math.sin(minute / 97 + statistics.phase * 2 * Math.PI)).toFixed(8);
}

function nextFunding(now: number): number {
  const period = FUNDING_HOURS * HOUR_MS;
  return (Math.floor(now / period) + 1) * period;
}
