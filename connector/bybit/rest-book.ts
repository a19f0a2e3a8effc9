/** The answer of /v5/market/orderbook as a book to compare with (bybit-v5.md 6.5); its `u` counts another stream than ours. */
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { BookCheckEvent } from '../../shared/events/market-events.ts';
import type { Instrument } from '../../shared/market.ts';
import type { RestAnswer } from '../rest/request.ts';
import { readLevels } from './levels.ts';
import { isCount, isRecord, isTime } from './values.ts';

export function readBook(
  { result, receivedAt }: RestAnswer,
  instrument: Instrument,
  depth: number,
): Result<BookCheckEvent> {
  if (!isRecord(result)) return fail('answer_bad', 'the book is not an object');
  const { ts, cts, seq } = result;
  if (result['s'] !== instrument.symbol) return fail('answer_bad', `s is not ${instrument.symbol}`);
  if (!isTime(ts)) return fail('answer_bad', 'ts is not a time');
  if (!isCount(seq)) return fail('answer_bad', 'seq is not a sequence');
  const bids = readLevels(result['b'], depth);
  const asks = readLevels(result['a'], depth);
  if (bids === undefined || asks === undefined)
    return fail('answer_bad', `a level is not [price, size], or there are more than ${depth} on a side`);
  return ok({
    type: 'book_check',
    category: instrument.category,
    symbol: instrument.symbol,
    timestamp: isTime(cts) ? cts : ts,
    sent_at: ts,
    received_at: receivedAt,
    depth,
    bids,
    asks,
    seq,
  });
}
