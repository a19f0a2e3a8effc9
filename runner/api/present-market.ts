/** Market data as the API shows them: contract names, ISO times, plain mutable copies. */
import type { TradeEvent } from '../../shared/events/market-events.ts';
import type { GapBound, GapEvent } from '../../shared/events/process-events.ts';
import type { Instrument, Level } from '../../shared/market.ts';
import type { BookView } from '../context/book-view.ts';
import type { Candle } from '../context/candle.ts';
import type { BookPayload, CandlePayload, GapPayload, SignalPayload, TradeRow } from './payloads.ts';
import type { SignalView } from './views.ts';

/** The last moment that a Date can hold. A foreign connector may send a later one: it is shown as this, never thrown. */
const LAST_MOMENT_MS = 8_640_000_000_000_000;

/** A header: what of the answer's stretch of time may be missing from it. */
export const INCOMPLETE = 'towline-incomplete';

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(Math.min(ms, LAST_MOMENT_MS)).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

export function presentTrade(trade: TradeEvent): TradeRow {
  return {
    price: trade.price,
    qty: trade.qty,
    side: trade.side === 'buy' ? 'Buy' : 'Sell',
    time: isoTime(trade.timestamp),
    symbol: trade.symbol,
    trade_id: trade.id,
  };
}

/** The first `limit` of a lazily read list, presented. */
export function takePresented<T, P>(
  items: Iterable<T>,
  limit: number,
  present: (item: T) => P,
  keep: (item: T) => boolean = () => true,
): P[] {
  const rows: P[] = [];
  for (const item of items) {
    if (!keep(item)) continue;
    rows.push(present(item));
    if (rows.length >= limit) break;
  }
  return rows;
}

/**
 * The book with at most `levels` a side; undefined when nobody asked the exchange for one. Last known levels of a book that
 * is not valid are kept when `keepInvalid`.
 */
export function presentBook(
  instrument: Instrument,
  book: BookView | undefined,
  levels: number,
  keepInvalid: boolean,
): BookPayload {
  const { symbol, category } = instrument;
  if (book === undefined) {
    const reason = 'no depth of this symbol is subscribed';
    return { symbol, category, valid: false, reason, time: null, last_update_id: null, bids: [], asks: [] };
  }
  const { valid, reason, time, last_update_id } = book;
  const shown = valid || keepInvalid ? levels : 0;
  return {
    symbol,
    category,
    valid,
    reason,
    time: isoOrNull(time),
    last_update_id,
    bids: copyLevels(book.bids, shown),
    asks: copyLevels(book.asks, shown),
  };
}

export function presentCandle(candle: Candle): CandlePayload {
  return {
    time: isoTime(candle.start),
    open: candle.open,
    high: candle.high,
    low: candle.low,
    close: candle.close,
    volume: candle.volume,
    trade_count: candle.count,
    complete: candle.complete,
    revision: candle.revision,
  };
}

export function presentGap(gap: GapEvent): GapPayload {
  return {
    gap_id: gap.gap_id,
    state: gap.state,
    channel: gap.channel,
    category: gap.category,
    symbol: gap.symbol,
    depth: gap.depth ?? null,
    interval: gap.interval ?? null,
    cause: gap.cause,
    from: presentBound(gap.from, gap),
    to: presentBound(gap.to, gap),
    opened_at: isoTime(gap.at),
    healed_by: gap.healed_by ?? null,
    recovered: gap.recovered ?? null,
    missing: gap.missing ?? null,
  };
}

/** The strategy's own fields stand beside ours and cannot replace them. */
export function presentSignal(signal: SignalView): SignalPayload {
  return {
    ...signal.fields,
    timestamp: isoTime(signal.at),
    strategy: signal.strategy,
    category: signal.category,
    symbol: signal.symbol,
    setup_type: signal.setupType,
    reason: signal.reason,
  };
}

function presentBound(bound: GapBound | null, { channel }: GapEvent): GapPayload['from'] {
  if (bound === null) return null;
  const { id, timestamp } = bound;
  return { id, ...(channel === 'trades' ? { trade_id: id } : {}), time: isoTime(timestamp) };
}

function copyLevels(levels: readonly Level[], count: number): [number, number][] {
  return levels.slice(0, count).map(([price, qty]) => [price, qty]);
}
