/**
 * Kline frames into candles (bybit-v5.md 3.5).
 *
 * One frame may hold several rows: at the end of a candle linear and inverse send the closed one and the new one together, spot
 * sends two frames. The rows name no symbol; the topic does.
 */
import type { KlineEvent } from '../../shared/events/market-events.ts';
import type { Instrument, Interval } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { DataFrame } from './frames.ts';
import { decimal, isCandleStart, isRecord, isTime, positive, type Rows } from './values.ts';

/** What of the topic every candle carries. */
export type KlineTopic = Instrument & { readonly interval: Interval };

/** The candles of one frame, oldest first. */
export function readKlines(frame: DataFrame, topic: KlineTopic, receivedAt: UnixMicros): Rows<KlineEvent> {
  if (!Array.isArray(frame.data)) return { rows: [], bad: 'data is not a list' };
  const rows: KlineEvent[] = [];
  let bad: string | undefined;
  for (const row of frame.data as readonly unknown[]) {
    const candle = readKline(row, frame.ts, topic, receivedAt);
    if (typeof candle === 'string') bad ??= candle;
    else rows.push(candle);
  }
  if (rows.length > 1) rows.sort((one, other) => one.start - other.start);
  return { rows, bad };
}

function readKline(
  row: unknown,
  sentAt: number,
  { category, symbol, interval }: KlineTopic,
  receivedAt: UnixMicros,
): KlineEvent | string {
  if (!isRecord(row)) return 'a candle is not an object';
  const { start, end, timestamp, confirm } = row;
  if (row['interval'] !== undefined && row['interval'] !== interval) return `interval is not ${interval}`;
  if (!isCandleStart(start)) return 'start is not a time';
  if (!isTime(end) || end <= start) return 'end is not a time after start';
  if (!isTime(timestamp)) return 'timestamp is not a time';
  if (typeof confirm !== 'boolean') return 'confirm is neither true nor false';
  const open = positive(row['open']);
  const high = positive(row['high']);
  const low = positive(row['low']);
  const close = positive(row['close']);
  const volume = decimal(row['volume']);
  const turnover = decimal(row['turnover']);
  if (open === undefined || high === undefined || low === undefined || close === undefined)
    return 'open, high, low or close is not a price';
  if (volume === undefined || turnover === undefined) return 'volume or turnover is not an amount';
  return {
    type: 'kline',
    category,
    symbol,
    timestamp,
    sent_at: sentAt,
    received_at: receivedAt,
    interval,
    start,
    end,
    open,
    high,
    low,
    close,
    volume,
    turnover,
    closed: confirm,
  };
}
