/** Small valid events for tests; whatever a test does not care about has a plain value. */
import type {
  DepthEvent,
  KlineEvent,
  LiquidationEvent,
  TickerEvent,
  TradeEvent,
} from '../../../shared/events/market-events.ts';
import type { GapEvent, StatusEvent } from '../../../shared/events/process-events.ts';
import type { Instrument } from '../../../shared/market.ts';

/** 2026-07-05T19:10:00Z, the start of a minute and of five minutes. */
export const T0 = Date.UTC(2026, 6, 5, 19, 10);
export const bitcoin: Instrument = { category: 'linear', symbol: 'BTCUSDT' };

export function trade(fields: Partial<TradeEvent> = {}): TradeEvent {
  const side = fields.side ?? 'buy';
  return {
    type: 'trade',
    ...bitcoin,
    timestamp: T0,
    price: 50_000,
    qty: 1,
    side,
    is_buyer_maker: side === 'sell',
    id: 'a',
    ...fields,
  };
}

export function depth(fields: Partial<DepthEvent> = {}): DepthEvent {
  return {
    type: 'depth',
    ...bitcoin,
    timestamp: T0,
    action: 'snapshot',
    depth: 50,
    bids: [[100, 1]],
    asks: [[101, 1]],
    last_update_id: 1,
    ...fields,
  };
}

/** A closed candle of the first minute. */
export function kline(fields: Partial<KlineEvent> = {}): KlineEvent {
  const start = fields.start ?? T0;
  return {
    type: 'kline',
    ...bitcoin,
    timestamp: start + 60_000,
    interval: '1',
    start,
    end: start + 59_999,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 5,
    turnover: 55,
    closed: true,
    ...fields,
  };
}

export function ticker(fields: Partial<TickerEvent> = {}): TickerEvent {
  return { type: 'ticker', ...bitcoin, timestamp: T0, last_price: 100, mark_price: 101, ...fields };
}

export function liquidation(fields: Partial<LiquidationEvent> = {}): LiquidationEvent {
  return { type: 'liquidation', ...bitcoin, timestamp: T0, price: 99, qty: 2, position: 'long', ...fields };
}

export function gap(fields: Partial<GapEvent> = {}): GapEvent {
  return {
    type: 'gap',
    gap_id: 'g-1',
    state: 'open',
    channel: 'trades',
    ...bitcoin,
    cause: 'socket_lost',
    from: { id: 'a', timestamp: T0 },
    to: null,
    at: T0,
    ...fields,
  };
}

export function status(
  name: StatusEvent['status'],
  fields: Partial<Omit<StatusEvent, 'type' | 'status'>> = {},
): StatusEvent {
  return { type: 'status', status: name, ...fields };
}
