/**
 * The order of trades of one symbol: by the matching engine's time, then by its sequence.
 *
 * Trades of one taker order share both; among them the place in the frame counts, which is the order of arrival. So whoever
 * sorts puts a trade after all that are not later than itself.
 */
import type { TradeEvent } from '../../shared/events/market-events.ts';

/** Negative when `a` comes before `b`, 0 when only the order of arrival tells. A missing seq counts as 0. */
export function compareTrades(a: TradeEvent, b: TradeEvent): number {
  return a.timestamp - b.timestamp || (a.seq ?? 0) - (b.seq ?? 0);
}

/** Is `a` surely older than `b`? Where one of them has no seq, only the time can tell. */
export function isOlder(a: TradeEvent, b: TradeEvent): boolean {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp;
  return a.seq !== undefined && b.seq !== undefined && a.seq < b.seq;
}

/** Did the trade come by the feed, as it happened? Healed and archived rows come later and prove nothing about the feed. */
export function isLive(trade: TradeEvent): boolean {
  return trade.origin === undefined || trade.origin === 'live';
}
