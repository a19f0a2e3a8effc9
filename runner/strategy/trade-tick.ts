/**
 * Our trade as the strategies' TradeTick. The only place where a trade has an integer id.
 *
 * The source documents call the id an int, but linear ids are UUIDs and spot ids exceed 2^53 (source-corrections.md).
 */
import { hash53 } from '../context/hash.ts';
import type { TradeTick } from './api.ts';
import type { TradeMessage } from './messages.ts';

/** Of a safe integer. */
const MOST_DIGITS = 16;
const ZERO = 48;

export function tradeTick(trade: TradeMessage): TradeTick {
  return {
    ts: new Date(trade.timestamp),
    price: trade.price,
    qty: trade.qty,
    side: trade.side,
    isBuyerMaker: trade.isBuyerMaker,
    id: trade.id,
  };
}

/** The number that the text is, when it is a safe integer written plainly; else a 53-bit hash of the text. */
export function integerId(id: string): number {
  const value = id.length <= MOST_DIGITS ? plainInteger(id) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : hash53(id);
}

/** For every trade, so without an expression. */
function plainInteger(text: string): number | undefined {
  let value = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return text === '' || (text.length > 1 && text.startsWith('0')) ? undefined : value;
}
