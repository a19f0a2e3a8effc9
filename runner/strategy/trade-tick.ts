/**
 * Our trade as the strategies' TradeTick. The only place where a trade has an integer id.
 *
 * The source documents call the id an int, but linear ids are UUIDs and spot ids exceed 2^53 (source-corrections.md).
 */
import { hash53 } from '../context/hash.ts';
import type { TradeTick } from './api.ts';
import type { TradeMessage } from './messages.ts';

export function tradeTick(trade: TradeMessage): TradeTick {
  return {
    ts: new Date(trade.timestamp),
    price: trade.price,
    qty: trade.qty,
    side: trade.side,
    isBuyerMaker: trade.isBuyerMaker,
    id: integerId(trade.id),
  };
}

/** The number that the text is, when it is a safe integer written plainly; else a 53-bit hash of the text. */
export function integerId(id: string): number {
  if (/^(0|[1-9]\d{0,15})$/.test(id)) {
    const value = Number(id);
    if (Number.isSafeInteger(value)) return value;
  }
  return hash53(id);
}
