/** Stored trades as events of a feed. They tell no receipt: the feed makes one from the latency that its caller gives. */
import type { Category } from '../../../shared/market.ts';
import type { TradeBatch } from '../io/trade-rows.ts';
import type { FeedTrade } from './feed-rows.ts';

/** Batches as `HistoryStore.tradesOf` answers them, for `exportFeed`. */
export async function* eventsOfStored(
  batches: AsyncIterable<TradeBatch>,
  instrument: { readonly category: Category; readonly symbol: string },
): AsyncGenerator<readonly FeedTrade[], void, void> {
  for await (const batch of batches) yield tradesOf(batch, instrument.category, instrument.symbol);
}

function tradesOf(batch: TradeBatch, category: Category, symbol: string): readonly FeedTrade[] {
  const trades: FeedTrade[] = [];
  for (const [index, timestamp] of batch.timestamp.entries()) {
    const [price, qty, side] = [batch.price[index], batch.qty[index], batch.side[index]];
    if (price === undefined || qty === undefined || side === undefined) break;
    const block = batch.block[index] === true;
    trades.push({ type: 'trade', category, symbol, timestamp, price, qty, side, block });
  }
  return trades;
}
