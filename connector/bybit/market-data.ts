/**
 * Data frames into our events: publicTrade -> trade, orderbook -> depth (bybit-v5.md 3.1, 3.2).
 *
 * Every number is checked here, since this is where the exchange's word enters: a row that cannot be read becomes a reason,
 * never a NaN. Prices of trades are not rounded to the tick (a few spot prints are finer than it).
 */
import { type DepthEvent, MAX_LEVELS, type TradeEvent } from '../../shared/events/market-events.ts';
import type { Depth, Instrument } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { DataFrame } from './frames.ts';
import { readLevels } from './levels.ts';
import { isCount, isRecord, isTime, positive, type Rows } from './values.ts';

/** The trades of one frame in match order. */
export function readTrades(
  frame: DataFrame,
  instrument: Instrument,
  receivedAt: UnixMicros,
): Rows<TradeEvent> {
  if (!Array.isArray(frame.data)) return { rows: [], bad: 'data is not a list' };
  const rows: TradeEvent[] = [];
  let bad: string | undefined;
  for (const row of frame.data as readonly unknown[]) {
    const trade = readTrade(row, frame.ts, instrument, receivedAt);
    if (typeof trade === 'string') bad ??= trade;
    else rows.push(trade);
  }
  return { rows, bad };
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
  const bids = readLevels(data['b'], MAX_LEVELS);
  const asks = readLevels(data['a'], MAX_LEVELS);
  if (bids === undefined || asks === undefined)
    return `a level is not [price, size], or there are more than ${MAX_LEVELS} on a side`;
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
  if (!isTime(timestamp)) return 'T is not a time';
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
