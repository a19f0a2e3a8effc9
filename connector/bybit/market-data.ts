/**
 * Data frames into our events: publicTrade -> trade, orderbook -> depth (bybit-v5.md 3.1, 3.2).
 *
 * Every number is checked here, since this is where the exchange's word enters: a row that cannot be read becomes a reason,
 * never a NaN. Prices of trades are not rounded to the tick (a few spot prints are finer than it).
 */
import type { DepthEvent, TradeEvent } from '../../shared/events/market-events.ts';
import type { Depth, Instrument, Level } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { DataFrame } from './frames.ts';

export type TradeRows = { readonly trades: readonly TradeEvent[]; readonly bad: string | undefined };

/** The trades of one frame in match order; `bad` names what was wrong with the first row that had to be left out. */
export function readTrades(frame: DataFrame, instrument: Instrument, receivedAt: UnixMicros): TradeRows {
  if (!Array.isArray(frame.data)) return { trades: [], bad: 'data is not a list' };
  const trades: TradeEvent[] = [];
  let bad: string | undefined;
  for (const row of frame.data as readonly unknown[]) {
    const trade = readTrade(row, frame.ts, instrument, receivedAt);
    if (typeof trade === 'string') bad ??= trade;
    else trades.push(trade);
  }
  return { trades, bad };
}

/** One book frame, or what is wrong with it. */
export function readDepth(
  frame: DataFrame,
  instrument: Instrument,
  depth: Depth,
  receivedAt: UnixMicros,
): DepthEvent | string {
  const data = frame.data;
  if (!isRecord(data)) return 'data is not an object';
  const { u, seq } = data;
  if (!isCount(u)) return 'u is not an update id';
  if (data['s'] !== instrument.symbol) return `s is not ${instrument.symbol}`;
  if (frame.type !== 'snapshot' && frame.type !== 'delta') return 'type is neither snapshot nor delta';
  const bids = readLevels(data['b']);
  const asks = readLevels(data['a']);
  if (bids === undefined || asks === undefined) return 'a level is not [price, size]';
  return {
    type: 'depth',
    category: instrument.category,
    symbol: instrument.symbol,
    timestamp: frame.cts ?? frame.ts,
    sent_at: frame.ts,
    received_at: receivedAt,
    action: frame.type,
    depth,
    bids,
    asks,
    last_update_id: u,
    ...(isCount(seq) ? { seq } : {}),
  };
}

function readTrade(
  row: unknown,
  sentAt: number,
  instrument: Instrument,
  receivedAt: UnixMicros,
): TradeEvent | string {
  if (!isRecord(row)) return 'a trade is not an object';
  const { T: timestamp, S: side, i: id, seq } = row;
  const price = positive(row['p']);
  const qty = positive(row['v']);
  if (!isCount(timestamp)) return 'T is not a time';
  if (side !== 'Buy' && side !== 'Sell') return 'S is neither Buy nor Sell';
  if (price === undefined) return 'p is not a price';
  if (qty === undefined) return 'v is not a size';
  if (typeof id !== 'string' || id.length === 0 || id.length > 64) return 'i is not an id';
  if (row['s'] !== instrument.symbol) return `s is not ${instrument.symbol}`;
  return {
    type: 'trade',
    category: instrument.category,
    symbol: instrument.symbol,
    timestamp,
    sent_at: sentAt,
    received_at: receivedAt,
    price,
    qty,
    side: side === 'Buy' ? 'buy' : 'sell',
    is_buyer_maker: side === 'Sell',
    id,
    ...(isCount(seq) ? { seq } : {}),
    ...(row['BT'] === true ? { block: true } : {}),
    ...(row['RPI'] === true ? { rpi: true } : {}),
  };
}

function readLevels(rows: unknown): readonly Level[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  const levels: Level[] = [];
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) return undefined;
    const price = positive(row[0]);
    const qty = decimal(row[1]);
    if (price === undefined || qty === undefined) return undefined;
    levels.push([price, qty]);
  }
  return levels;
}

/** Digits on one side of the point, at most. */
const MOST_DIGITS = 20;

/** Plain decimals only: `Number` would also take '', ' 1', '0x10', '1e400'. */
function decimal(text: unknown): number | undefined {
  return typeof text === 'string' && isPlainDecimal(text) ? Number(text) : undefined;
}

/** The same as /^\d{1,20}(\.\d{1,20})?$/, which takes three times as long, 24 times a book frame. */
function isPlainDecimal(text: string): boolean {
  let digits = 0;
  let hasPoint = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) {
      digits += 1;
      if (digits > MOST_DIGITS) return false;
    } else {
      if (code !== 46 || hasPoint || digits === 0) return false;
      hasPoint = true;
      digits = 0;
    }
  }
  return digits > 0;
}

function positive(text: unknown): number | undefined {
  const value = decimal(text);
  return value !== undefined && value > 0 ? value : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
