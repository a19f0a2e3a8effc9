/**
 * Ticker frames into what they say (bybit-v5.md 3.6): all fields, or those that changed.
 *
 * Linear and inverse send a snapshot, then deltas of any subset of the fields; spot sends snapshots only, without bid and ask
 * and with an index price in USD. What a frame does not mention has not changed. Text without content says that there is no
 * value (a contract without funding, a pre-listing price): it takes the field away, and never becomes 0. So does a price of 0.
 */
import type { TickerEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { DataFrame } from './frames.ts';
import { decimal, isRecord, signedDecimal } from './values.ts';

/** The fields that a ticker has beyond what every market event has. */
export type TickerFields = Omit<
  TickerEvent,
  'type' | 'n' | 'category' | 'symbol' | 'timestamp' | 'sent_at' | 'received_at'
>;
type Name = keyof TickerFields;

export type TickerPatch = {
  readonly action: 'snapshot' | 'delta';
  /** In the exchange's order; undefined takes the field away. */
  readonly fields: readonly (readonly [name: Name, value: number | undefined])[];
};

/** `undefined`: there is no value. `'bad'`: it cannot be read. */
type Read = (value: unknown) => number | undefined | 'bad';

const readers: Readonly<Record<string, readonly [name: Name, read: Read]>> = {
  lastPrice: ['last_price', price],
  markPrice: ['mark_price', price],
  indexPrice: ['index_price', price],
  bid1Price: ['bid_price', price],
  bid1Size: ['bid_qty', amount],
  ask1Price: ['ask_price', price],
  ask1Size: ['ask_qty', amount],
  highPrice24h: ['high_24h', price],
  lowPrice24h: ['low_24h', price],
  volume24h: ['volume_24h', amount],
  turnover24h: ['turnover_24h', amount],
  openInterest: ['open_interest', amount],
  fundingRate: ['funding_rate', rate],
  nextFundingTime: ['next_funding_at', time],
};

/** One ticker frame, or what is wrong with it. One field that cannot be read spoils the frame: what it said is not known. */
export function readTicker(frame: DataFrame, instrument: Instrument): TickerPatch | string {
  const data = frame.data;
  if (!isRecord(data)) return 'data is not an object';
  if (data['symbol'] !== instrument.symbol) return `symbol is not ${instrument.symbol}`;
  if (frame.type !== 'snapshot' && frame.type !== 'delta') return 'type is neither snapshot nor delta';
  const fields: (readonly [Name, number | undefined])[] = [];
  for (const key in data) {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (reader === undefined) continue;
    const [name, read] = reader;
    const value = read(data[key]);
    if (value === 'bad') return `${key} cannot be read`;
    fields.push([name, value]);
  }
  return { action: frame.type, fields };
}

function price(text: unknown): number | undefined | 'bad' {
  const value = amount(text);
  return value === 0 ? undefined : value;
}

function amount(text: unknown): number | undefined | 'bad' {
  return text === '' ? undefined : (decimal(text) ?? 'bad');
}

function rate(text: unknown): number | undefined | 'bad' {
  return text === '' ? undefined : (signedDecimal(text) ?? 'bad');
}

/** Milliseconds as text; contracts without funding say '' or 0. */
function time(text: unknown): number | undefined | 'bad' {
  const value = amount(text);
  if (value === 0 || value === undefined) return undefined;
  return Number.isSafeInteger(value) ? value : 'bad';
}
