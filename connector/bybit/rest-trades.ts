/**
 * The answer of /v5/market/recent-trade as trades (bybit-v5.md 6.5).
 *
 * The list is newest first, and rows of one millisecond are in that order too: turned round it is the order of matching. The
 * names differ from those of the stream's trades, and `time` and `seq` are texts; the ids are the same.
 */
import { ok, type Result } from '../../shared/errors.ts';
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { UnixMicros } from '../../shared/time.ts';
import type { Rows } from '../rest/market-rest.ts';
import { readRows, timeText } from './rest-rows.ts';
import { isCount, isRecord, positive } from './values.ts';

export function readRecentTrades(
  result: unknown,
  instrument: Instrument,
  receivedAt: UnixMicros,
): Result<Rows<TradeEvent>> {
  const read = readRows(result, (row) => readTrade(row, instrument, receivedAt));
  if (!read.ok) return read;
  // Sorting is stable and changes nothing in a list that is as it should be: nothing promises its order in writing.
  const rows = read.value.rows.toReversed().toSorted((one, other) => one.timestamp - other.timestamp);
  return ok({ ...read.value, rows });
}

function readTrade(row: unknown, instrument: Instrument, receivedAt: UnixMicros): TradeEvent | string {
  if (!isRecord(row)) return 'a trade is not an object';
  const { execId: id, side } = row;
  const timestamp = timeText(row['time']);
  const price = positive(row['price']);
  const qty = positive(row['size']);
  if (timestamp === undefined) return 'time is not a time';
  if (side !== 'Buy' && side !== 'Sell') return 'side is neither Buy nor Sell';
  if (price === undefined) return 'price is not a price';
  if (qty === undefined) return 'size is not a size';
  if (typeof id !== 'string' || id.length === 0 || id.length > 64) return 'execId is not an id';
  if (row['symbol'] !== instrument.symbol) return `symbol is not ${instrument.symbol}`;
  const seq = sequence(row['seq']);
  return {
    type: 'trade',
    category: instrument.category,
    symbol: instrument.symbol,
    timestamp,
    received_at: receivedAt,
    price,
    qty,
    side: side === 'Buy' ? 'buy' : 'sell',
    is_buyer_maker: side === 'Sell',
    id,
    ...(seq === undefined ? {} : { seq }),
    ...(row['isBlockTrade'] === true ? { block: true } : {}),
    ...(row['isRPITrade'] === true ? { rpi: true } : {}),
    origin: 'healed',
  };
}

/** A text here, a number in the stream. */
function sequence(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return isCount(number) ? number : undefined;
}
