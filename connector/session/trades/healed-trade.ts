/**
 * A trade that comes later than its turn, as it is told.
 *
 * What was cut out of a frame (bybit/trade-splice.ts) has its values behind getters and its line made already: a spread copy would
 * be empty of them, and the line would not say where it comes from. So each field is read by its name.
 */
import type { TradeEvent } from '../../../shared/events/market-events.ts';

/** All but the line's number: a field that is new to the contract does not compile here before it is copied. */
type EachField = { readonly [K in Exclude<keyof Required<TradeEvent>, 'n'>]: TradeEvent[K] };

export function healed(trade: TradeEvent): TradeEvent {
  const copy: EachField = {
    type: trade.type,
    category: trade.category,
    symbol: trade.symbol,
    timestamp: trade.timestamp,
    sent_at: trade.sent_at,
    received_at: trade.received_at,
    price: trade.price,
    qty: trade.qty,
    side: trade.side,
    is_buyer_maker: trade.is_buyer_maker,
    id: trade.id,
    seq: trade.seq,
    block: trade.block,
    rpi: trade.rpi,
    origin: 'healed',
  };
  return copy;
}
