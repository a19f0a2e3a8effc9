/**
 * Liquidation frames into events (bybit-v5.md 3.7).
 *
 * `S` is the side of the position, not of the order that closed it: Buy means that a long was liquidated. Other exchanges mean
 * the opposite. `p` is the bankruptcy price, at which nothing need have been traded. The documentation calls data an object, its
 * example shows a list: both are read.
 */
import type { LiquidationEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { DataFrame } from './frames.ts';
import { isRecord, isTime, positive, type Rows } from './values.ts';

/** The liquidations of one frame. */
export function readLiquidations(
  frame: DataFrame,
  instrument: Instrument,
  receivedAt: UnixMicros,
): Rows<LiquidationEvent> {
  const said: readonly unknown[] = Array.isArray(frame.data) ? frame.data : [frame.data];
  const rows: LiquidationEvent[] = [];
  let bad: string | undefined;
  for (const row of said) {
    const liquidation = readLiquidation(row, frame.ts, instrument, receivedAt);
    if (typeof liquidation === 'string') bad ??= liquidation;
    else rows.push(liquidation);
  }
  return { rows, bad };
}

function readLiquidation(
  row: unknown,
  sentAt: number,
  { category, symbol }: Instrument,
  receivedAt: UnixMicros,
): LiquidationEvent | string {
  if (!isRecord(row)) return 'a liquidation is not an object';
  const { T: timestamp, S: side } = row;
  const price = positive(row['p']);
  const qty = positive(row['v']);
  if (!isTime(timestamp)) return 'T is not a time';
  if (side !== 'Buy' && side !== 'Sell') return 'S is neither Buy nor Sell';
  if (price === undefined) return 'p is not a price';
  if (qty === undefined) return 'v is not a size';
  if (row['s'] !== symbol) return `s is not ${symbol}`;
  return {
    type: 'liquidation',
    category,
    symbol,
    timestamp,
    sent_at: sentAt,
    received_at: receivedAt,
    price,
    qty,
    position: side === 'Buy' ? 'long' : 'short',
  };
}
